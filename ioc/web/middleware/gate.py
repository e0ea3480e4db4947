"""The door, in front of everything: who asks, whether too fast, and whether what Flask never sees may be had."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

from ioc.auth.permissions import Action, PermissionDeniedError, is_allowed
from ioc.auth.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import StoreError
from ioc.web.errors.denials import AuditSink, DeniedRequest, audit_resource
from ioc.web.errors.json_errors import CONTENT_TYPE, bilingual, json_error_body
from ioc.web.live.endpoint import Environ, StartResponse, WsgiApp
from ioc.web.middleware.authentication import CLIENT_INFO_KEY, PRINCIPAL_KEY, Authenticator
from ioc.web.middleware.client_ip import TrustedProxies
from ioc.web.middleware.rate_limit import RateLimiter

log = logging.getLogger("ioc.access")

PathAction = Callable[[str], Action | None]
ErrorPage = Callable[[Environ, str, int], WsgiApp]  # a message of gate, a status; it is put down, too
_RETRY_SECONDS = 5  # seconds, when the store is away
RATE_LIMITED = "rate-limited"  # of the trail: asked before anybody looks what for
# Where scripts and programs ask.
JSON_PREFIXES = (
    "/api/", "/_dash", "/live/", "/toi", "/metrics", "/readyz", "/healthz", "/hinh/", "/geo/", "/assets/", "/vao/",
)  # fmt: skip


def _discard_denial(_refusal: DeniedRequest) -> None:
    return None


def _no_flush() -> None:
    return None


def _no_login_history(_visitor: Principal) -> None:
    return None


@dataclass(frozen=True, slots=True)
class GateConfig:
    """What the gate goes by. Without people and screens it knows this machine, and nobody else.

    `told`: of refusals. `settled`: has those told that were only counted. `news`: what whoever has just signed in is
    told.
    """

    authenticator: Authenticator = field(default_factory=Authenticator)
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    audit_sink: AuditSink = _discard_denial
    flush_denials: Callable[[], object] = _no_flush
    access_policy: AccessPolicy = field(default_factory=AccessPolicy)
    login_history: Callable[[Principal], LoginHistory | None] = _no_login_history


class GateMiddleware:
    """Puts `ioc.visitor` into the environ of each request; Flask's own routes are asked in authorization.py.

    `raw`: what a path takes that is answered before Flask, None for all others. `page`: no, said to a person.
    """

    def __init__(self, inner: WsgiApp, path_action: PathAction, config: GateConfig, error_page: ErrorPage) -> None:
        self._inner, self._path_action, self._config, self._error_page = inner, path_action, config, error_page

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        self._config.flush_denials()
        reach = self._config.trusted_proxies.client_info(environ)
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = reach.address, "https" if reach.is_secure else "http"
        environ[CLIENT_INFO_KEY], environ[PRINCIPAL_KEY] = reach, Principal(address=reach.address)
        try:
            environ[PRINCIPAL_KEY] = visitor = self._config.authenticator.authenticate(environ, reach)
        except StoreError as error:
            log.error("nobody can be known: %s", error.failure)
            return self._deny(environ, start, 503, "away", _RETRY_SECONDS)
        path = environ.get("PATH_INFO", "")
        if wait := self._config.rate_limiter.retry_after(visitor, path, environ.get("REQUEST_METHOD", "")):
            if wants_json(path, environ.get("HTTP_ACCEPT", "")):  # the page puts it down itself
                self._config.audit_sink(DeniedRequest(visitor, RATE_LIMITED, audit_resource(path), "too_fast"))
            return self._deny(environ, start, 429, "too_fast", ceil(wait))
        action = self._path_action(path)
        if action is None or is_allowed(visitor, action):
            return self._inner(environ, start)
        denied = PermissionDeniedError(visitor, action)
        self._config.audit_sink(
            DeniedRequest(visitor, action, audit_resource(path), visitor.revoked_reason or denial_key(denied))
        )
        return json_denial(start, 401 if denied.must_sign_in else 403, denial_key(denied))

    def _deny(self, environ: Environ, start: StartResponse, status: int, key: str, seconds: int) -> Iterable[bytes]:
        """To a program or to a person: to come again after so long."""
        after = ("Retry-After", str(seconds))
        if wants_json(environ.get("PATH_INFO", ""), environ.get("HTTP_ACCEPT", "")):
            return json_denial(start, status, key, [after])
        page = self._error_page(environ, key, status)
        return page(environ, lambda line, headers, *rest: start(line, [*headers, after], *rest))


def wants_json(path: str, accepts: str) -> bool:
    """Whether JSON is the answer; a page is for people, whose browsers ask for one."""
    return path.startswith(JSON_PREFIXES) or "text/html" not in accepts


def denial_key(denied: PermissionDeniedError) -> str:
    """The sentence gate.<key> that says why."""
    if denied.principal.required_action:
        return f"duty_{denied.principal.required_action}"
    if denied.principal.kind is PrincipalKind.API_KEY:
        return "not_its_own"
    if denied.principal.revoked_reason:
        return revoked_key(denied.principal)
    return "sign_in" if denied.must_sign_in else "not_yours"


def revoked_key(visitor: Principal) -> str:
    """Of who is nobody any more. Why a key, or a wall elsewhere, is not taken is told to the trail alone."""
    if visitor.revoked_reason is RevokedReason.DISPLAY_REVOKED:
        return "gone_screen_revoked"
    return f"gone_{visitor.revoked_reason.partition('_')[0]}"


def json_denial(
    start: StartResponse, status: int, key: str, extra_headers: Iterable[tuple[str, str]] = ()
) -> Iterable[bytes]:
    """An answer of JSON that says no."""
    told = json_error_body(key, bilingual(f"requests.{key}"))
    headers = [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(told))), ("Cache-Control", "no-store")]
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    start(f"{status} {HTTPStatus(status).phrase}", [*headers, ("X-Content-Type-Options", "nosniff"), *extra_headers])
    return (told,)

"""Outer WSGI middleware: client address, authentication, rate limit, permission for paths outside Flask."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

from ioc.auth.permissions import Action, PermissionDeniedError, is_allowed
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, RevokedReason
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import AuditSink, DeniedRequest, audit_resource
from ioc.web.errors.json_errors import CONTENT_TYPE, failure_body
from ioc.web.middleware.authentication import CLIENT_INFO_KEY, PRINCIPAL_KEY, Authenticator
from ioc.web.middleware.client_ip import TrustedProxies
from ioc.web.middleware.rate_limit import RateLimiter
from ioc.web.wsgi import Environ, StartResponse, WsgiApp

log = logging.getLogger("ioc.access")

PathAction = Callable[[str], Action | None]
ErrorPage = Callable[[Environ, ErrorCode, int], WsgiApp]  # draws the page of a code with a status, and audits it
_LOGIN_PATH = "/dang-nhap"
_RATE_LIMIT_WAIT_KEY = "ioc.rate_limit_wait"  # of the environ: seconds to wait; set once the request was counted
_RETRY_SECONDS = 5  # while the store is unavailable
RATE_LIMITED = "rate-limited"  # audit action: the request was denied before its own action was looked up
# Paths that scripts and programs request: an error is answered with JSON.
JSON_PREFIXES = (
    "/api/", "/_dash", "/live/", "/toi", "/metrics", "/readyz", "/healthz", "/hinh/", "/geo/", "/assets/", "/vao/",
)  # fmt: skip
_REQUIRED_ACTION_CODES = {
    RequiredAction.CHANGE_PASSWORD: RequestCode.PASSWORD_CHANGE_REQUIRED,
    RequiredAction.ENROL_MFA: RequestCode.MFA_SETUP_REQUIRED,
}


def _discard_denial(_denial: DeniedRequest) -> None:
    return None


def _no_flush() -> None:
    return None


def _no_login_history(_principal: Principal) -> None:
    return None


@dataclass(frozen=True, slots=True)
class GateConfig:
    """Configuration of the gate. The default authenticates requests of this machine only.

    `audit_sink`: gets every denial. `flush_denials`: writes denials that were only counted; called with every request.
    `login_history`: what a user who has just signed in is shown.
    """

    authenticator: Authenticator = field(default_factory=Authenticator)
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    audit_sink: AuditSink = _discard_denial
    flush_denials: Callable[[], object] = _no_flush
    access_policy: AccessPolicy = field(default_factory=AccessPolicy)
    login_history: Callable[[Principal], LoginHistory | None] = _no_login_history


class GateMiddleware:
    """Puts the principal into the environ of each request; Flask's own routes are checked in authorization.py.

    `path_action`: the action that a path requires which is answered before Flask, None for all others.
    """

    def __init__(self, inner: WsgiApp, path_action: PathAction, config: GateConfig, error_page: ErrorPage) -> None:
        self._inner, self._path_action, self._config, self._error_page = inner, path_action, config, error_page

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """The response. May be called again with the same environ after WouldBlockError.

        Then it is authenticated again: its body or a queue may have taken long. It counts once for the rate limits.
        """
        self._config.flush_denials()
        denial = self._admit(environ, start)
        return self._inner(environ, start) if denial is None else denial

    def _admit(self, environ: Environ, start: StartResponse) -> Iterable[bytes] | None:
        """The response to a request that is denied, None for one that is admitted. Sets client and principal."""
        client = environ.get(CLIENT_INFO_KEY) or self._config.trusted_proxies.client_info(environ)
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = client.address, "https" if client.is_secure else "http"
        environ[CLIENT_INFO_KEY], environ[PRINCIPAL_KEY] = client, Principal(address=client.address)
        if client.is_contradictory:
            path = environ.get("PATH_INFO", "")
            self._record(environ[PRINCIPAL_KEY], "forwarded-headers", path, RequestCode.FORWARDED)
            return json_denial(start, 400, RequestCode.FORWARDED)
        path = environ.get("PATH_INFO", "")
        try:
            environ[PRINCIPAL_KEY] = self._config.authenticator.authenticate(environ, client)
        except StoreError as error:
            log.error("authentication unavailable: %s", error.failure)
            if path != _LOGIN_PATH:  # which shows everybody the same
                return self._deny(environ, start, 503, RequestCode.STORE_UNAVAILABLE, _RETRY_SECONDS)
        principal = environ[PRINCIPAL_KEY]
        if wait := self._retry_after(environ, principal, path):
            if wants_json(path, environ.get("HTTP_ACCEPT", "")):  # the error page audits the denial itself
                self._record(principal, RATE_LIMITED, path, RequestCode.RATE_LIMITED)
            return self._deny(environ, start, 429, RequestCode.RATE_LIMITED, ceil(wait))
        if "\0" in path:  # no key of ours has one, and PostgreSQL does not even look it up
            return self._deny(environ, start, 404, RequestCode.NOT_FOUND)
        action = self._path_action(path)
        if action is None or is_allowed(principal, action):
            return None
        denied = PermissionDeniedError(principal, action)
        code = denial_code(denied)
        self._record(principal, action, path, principal.revoked_reason or code)
        return json_denial(start, 401 if denied.must_sign_in else 403, code)

    def _retry_after(self, environ: Environ, principal: Principal, path: str) -> float:
        """Seconds until the request is within its rates, 0 if it is now."""
        if _RATE_LIMIT_WAIT_KEY in environ:
            return float(environ[_RATE_LIMIT_WAIT_KEY])
        wait = self._config.rate_limiter.retry_after(principal, path, environ.get("REQUEST_METHOD", ""))
        environ[_RATE_LIMIT_WAIT_KEY] = wait
        return wait

    def _record(self, principal: Principal, action: str, path: str, code: ErrorCode) -> None:
        self._config.audit_sink(DeniedRequest(principal, action, audit_resource(path), Failure(code)))

    def _deny(
        self, environ: Environ, start: StartResponse, status: int, code: ErrorCode, retry_seconds: int = 0
    ) -> Iterable[bytes]:
        """JSON for a program, a page for a person, with Retry-After where there is a time to wait."""
        more = [("Retry-After", str(retry_seconds))] if retry_seconds else []
        if wants_json(environ.get("PATH_INFO", ""), environ.get("HTTP_ACCEPT", "")):
            return json_denial(start, status, code, more)
        ensure_may_block()
        page = self._error_page(environ, code, status)
        return page(environ, lambda line, headers, *rest: start(line, [*headers, *more], *rest))


def wants_json(path: str, accept: str) -> bool:
    """Whether an error is answered with JSON; a page is for people, whose browsers accept text/html."""
    return path.startswith(JSON_PREFIXES) or "text/html" not in accept


def denial_code(denied: PermissionDeniedError) -> ErrorCode:
    """The error response for a denied request."""
    principal = denied.principal
    if principal.required_action:
        return _REQUIRED_ACTION_CODES[principal.required_action]
    if principal.kind is PrincipalKind.API_KEY:
        return RequestCode.KEY_NOT_PERMITTED
    otherwise = RequestCode.LOGIN_REQUIRED if denied.must_sign_in else RequestCode.NOT_PERMITTED
    return revoked_code(principal) or otherwise


def revoked_code(principal: Principal) -> ErrorCode | None:
    """The failure shown for a credential that is not accepted; None where no credential was sent.

    Why an API key or a display is not accepted is written to the audit log only.
    """
    match principal.revoked_reason:
        case None:
            return None
        case RevokedReason.SESSION_ENDED | RevokedReason.DISPLAY_REVOKED as reason:
            return reason
        case reason if reason.credential_kind is PrincipalKind.DISPLAY:
            return RequestCode.DISPLAY_REJECTED
    return RequestCode.KEY_REJECTED


def json_denial(
    start: StartResponse, status: int, code: ErrorCode, extra_headers: Iterable[tuple[str, str]] = ()
) -> Iterable[bytes]:
    """A JSON error response before Flask."""
    body = failure_body(code)
    headers = [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    start(f"{status} {HTTPStatus(status).phrase}", [*headers, ("X-Content-Type-Options", "nosniff"), *extra_headers])
    return (body,)

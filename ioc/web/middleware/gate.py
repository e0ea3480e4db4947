"""Outer WSGI middleware: client address, authentication, rate limit, permission for paths outside Flask."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from math import ceil

from ioc.domain.access.permissions import Action, PermissionDeniedError, may_open
from ioc.domain.access.principal import Principal
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.blocking import WouldBlockError
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import AuditSink, DeniedRequest, take_denial
from ioc.web.errors.permission_codes import permission_error
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authentication import AUTHENTICATE_KEY, CLIENT_INFO_KEY, PRINCIPAL_KEY, Authenticator
from ioc.web.middleware.client_ip import ClientInfo, TrustedProxies
from ioc.web.middleware.rate_limit import RateLimiter
from ioc.web.middleware.work_owners import WorkOwners, is_known_owner
from ioc.web.wsgi import Environ, StartResponse, WsgiApp

log = logging.getLogger("ioc.access")

PathAction = Callable[[str], Action | None]
Respond = Callable[[Environ, RequestError], WsgiApp]
_LOGIN_PATH = "/dang-nhap"
_RATE_LIMIT_WAIT_KEY = "ioc.rate_limit_wait"  # of the environ: seconds to wait; set once the request was counted
_LOOKUP_KEY = "ioc.lookup"  # set once the look-up of its credentials was counted


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

    It audits every denial, its own and those within. `path_action`: the action that a path requires which is answered
    before Flask, None for all others. `respond`: the response to a request that goes no further.
    """

    def __init__(self, inner: WsgiApp, path_action: PathAction, config: GateConfig, respond: Respond) -> None:
        self._inner, self._path_action, self._config, self._respond = inner, path_action, config, respond
        self._work_owners = WorkOwners()

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """The response. May be called again with the same environ after WouldBlockError.

        Then it is authenticated again: its body or a queue may have taken long. It counts once for the rate limits.
        """
        self._config.flush_denials()
        take_denial(environ)  # of a first pass
        error = self._admit(environ)
        if error is None:
            body = self._inner(environ, start)
            self._audit(environ)
            return body
        response = self._respond(environ, error)
        self._audit(environ)
        return response(environ, start)

    def _audit(self, environ: Environ) -> None:
        if denied := take_denial(environ):
            self._config.audit_sink(denied)

    def _admit(self, environ: Environ) -> RequestError | None:
        """Why a request goes no further, None for one that is admitted. Sets client and principal."""
        client = environ.get(CLIENT_INFO_KEY) or self._config.trusted_proxies.client_info(environ)
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = client.address, "https" if client.is_secure else "http"
        environ[CLIENT_INFO_KEY], environ[PRINCIPAL_KEY] = client, Principal(address=client.address)
        path = environ.get("PATH_INFO", "")
        if client.is_contradictory:
            return RequestError(RequestCode.FORWARDED, action="forwarded-headers", resource=path)
        self._work_owners.expect(environ, is_secure=client.is_secure)
        environ[AUTHENTICATE_KEY] = partial(self._config.authenticator.authenticate, environ, client)
        try:
            environ[PRINCIPAL_KEY] = environ[AUTHENTICATE_KEY]()
        except WouldBlockError:
            if wait := self._retry_lookup_after(environ, client):
                return _rate_limited(wait, path)
            raise
        except StoreError as error:
            log.error("authentication unavailable: %s", error.failure)
            if path != _LOGIN_PATH:  # which shows everybody the same
                return RequestError(RequestCode.STORE_UNAVAILABLE)
        principal = environ[PRINCIPAL_KEY]
        self._work_owners.remember(environ, principal, is_secure=client.is_secure)
        if wait := self._retry_after(environ, principal, path):
            return _rate_limited(wait, path)
        if "\0" in path:  # no key of ours has one, and PostgreSQL does not even look it up
            return RequestError(RequestCode.NOT_FOUND)
        action = self._path_action(path)
        if action is None or may_open(principal, action):
            return None
        return permission_error(PermissionDeniedError(principal, action), environ)

    def _retry_lookup_after(self, environ: Environ, client: ClientInfo) -> float:
        """Seconds until credentials may be looked up that were not accepted before, 0 for now and for others."""
        if client.is_local or is_known_owner(environ) or _LOOKUP_KEY in environ:
            return 0.0
        environ[_LOOKUP_KEY] = True
        return self._config.rate_limiter.retry_lookup_after(client.address)

    def _retry_after(self, environ: Environ, principal: Principal, path: str) -> float:
        """Seconds until the request is within its rates, 0 if it is now."""
        if _RATE_LIMIT_WAIT_KEY in environ:
            return float(environ[_RATE_LIMIT_WAIT_KEY])
        wait = self._config.rate_limiter.retry_after(principal, path, environ.get("REQUEST_METHOD", ""))
        environ[_RATE_LIMIT_WAIT_KEY] = wait
        return wait


def _rate_limited(wait: float, path: str) -> RequestError:
    """`wait`: seconds. The limit applies before the action is known."""
    headers = {"Retry-After": str(ceil(wait))}
    return RequestError(RequestCode.RATE_LIMITED, action="rate-limited", resource=path, headers=headers)

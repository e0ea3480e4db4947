"""Denials of requests: each is marked on the request, and audited once by the gate with principal, action and reason.

The commands of ioc/auth audit no denial themselves: their error says what is to be audited. `mark_if_denied` is called
where an error becomes a response (handlers.py, form_errors.py). A response with one of the statuses of DENIAL_REASONS
is a denial by itself.
"""

from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.failure import Failure
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import DENIAL_REASONS, RequestError, is_denial
from ioc.web.live.page_registry import PageRegistry
from ioc.web.middleware.authentication import SAFE_METHODS, principal_of
from ioc.web.middleware.authorization import current_callback, current_principal, requested_path, view_action
from ioc.web.wsgi import Environ

_READ_ONLY_KINDS = frozenset({PrincipalKind.API_KEY, PrincipalKind.DISPLAY})  # a writing method is no slip of theirs
# Audit actions of public paths.
_PUBLIC_ATTEMPTS = {
    "/dang-nhap": "login", "/dang-xuat": "logout", "/man-hinh": "display-enrolment", "/vao/": "webhook",
}  # fmt: skip
_POLLED = ("/live/", "/toi")  # by every open page (assets/22-live.js, assets/21-user.js)
_MAX_RESOURCE_LENGTH = 200
_DENIAL_KEY = "ioc.denial"  # of the environ


class DeniedRequest(NamedTuple):
    """`action`: one of the permissions, or what was attempted. `resource`: the object, at least the path."""

    principal: Principal
    action: str
    resource: str
    failure: Failure


AuditSink = Callable[[DeniedRequest], object]


class _MarkedDenial(NamedTuple):
    failure: Failure
    action: str = ""
    resource: str = ""


def mark_denied(environ: Environ, error: RequestError) -> None:
    """Marks a request as denied, with what is audited of `error`."""
    environ[_DENIAL_KEY] = _MarkedDenial(error.cause, error.action, error.resource)


def mark_if_denied(environ: Environ, error: RequestError) -> None:
    """Marks a request as denied where its error is a denial."""
    if is_denial(error.failure, error.status):
        mark_denied(environ, error)


def take_denial(environ: Environ) -> DeniedRequest | None:
    """What is to be audited of a request, None for nothing. The mark is taken off."""
    denial = environ.pop(_DENIAL_KEY, None)
    principal = principal_of(environ)
    if denial is None or _is_poll_after_session(environ, principal):
        return None
    resource = denial.resource or environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    return DeniedRequest(principal, denial.action, resource[:_MAX_RESOURCE_LENGTH], denial.failure)


def _is_poll_after_session(environ: Environ, principal: Principal) -> bool:
    """Whether an open page asks by itself, as it does each second, after the session ended: nobody tried anything."""
    is_poll = environ["PATH_INFO"].startswith(_POLLED) and environ["REQUEST_METHOD"] in SAFE_METHODS
    return is_poll and principal.revoked_reason is RevokedReason.SESSION_ENDED


def install(server: Flask, pages: PageRegistry) -> None:
    """Marks every denial of `server`, with its action and resource."""

    @server.after_request
    def complete_mark(response: Response) -> Response:
        denial = request.environ.get(_DENIAL_KEY) or _denial_by_status(response.status_code)
        if denial is not None:
            action = denial.action or _attempted_action(server, pages)
            request.environ[_DENIAL_KEY] = _MarkedDenial(denial.failure, action, denial.resource or requested_path())
        return response


def _denial_by_status(status: int) -> _MarkedDenial | None:
    if status == 405 and request.method != "HEAD" and current_principal().kind in _READ_ONLY_KINDS:
        return _MarkedDenial(Failure(RequestCode.READ_ONLY))
    return _MarkedDenial(Failure(DENIAL_REASONS[status])) if status in DENIAL_REASONS else None


def _attempted_action(server: Flask, pages: PageRegistry) -> str:
    of_view = current_callback()[1] or view_action(server, request.endpoint or _get_endpoint(server))
    action = of_view or pages.match(requested_path())[0].action
    if action is not Action.VIEW_PUBLIC:
        return action
    return next((word for path, word in _PUBLIC_ATTEMPTS.items() if request.path.startswith(path)), action)


def _get_endpoint(server: Flask) -> str:
    """The endpoint of GET at this path, for a method that the path does not accept."""
    try:
        return str(server.url_map.bind_to_environ(request.environ).match(method="GET")[0])
    except HTTPException:
        return ""

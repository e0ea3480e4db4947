"""Denials of requests: each is recorded on the request and audited once, with principal, action and reason.

A response with one of the statuses of DENIAL_REASONS is a denial by itself; any other response is one when the view
called `mark_denied` (a form that is shown again).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from ioc.auth.errors import INPUT_CODES, AuthError
from ioc.auth.permissions import Action
from ioc.auth.principal import Principal, PrincipalKind
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.web.errors.codes import RequestCode
from ioc.web.live.page_registry import PageRegistry
from ioc.web.middleware.authorization import current_principal, requested_path, view_action

# For responses whose view stated no reason. 404 and 400 are no denials: nothing that exists was withheld. One 400 is
# audited nevertheless, by the gate: forwarded headers that contradict each other.
DENIAL_REASONS: Mapping[int, RequestCode] = {
    401: RequestCode.LOGIN_REQUIRED, 403: RequestCode.NOT_PERMITTED, 409: RequestCode.CONFLICT,
    413: RequestCode.TOO_LARGE, 415: RequestCode.UNSUPPORTED_CONTENT_TYPE, 429: RequestCode.RATE_LIMITED,
}  # fmt: skip
_READ_ONLY_KINDS = frozenset({PrincipalKind.API_KEY, PrincipalKind.DISPLAY})  # a writing method is no slip of theirs
# Audit actions of public paths.
_PUBLIC_ATTEMPTS = {"/dang-nhap": "login", "/man-hinh": "display-enrolment", "/vao/": "webhook"}
_MAX_RESOURCE_LENGTH = 200


class DeniedRequest(NamedTuple):
    """`action`: one of ioc.auth.permissions, or what was attempted. `resource`: the object, at least the path."""

    principal: Principal
    action: str
    resource: str
    failure: Failure


AuditSink = Callable[[DeniedRequest], object]


class _PendingDenial(NamedTuple):
    failure: Failure
    action: str = ""
    resource: str = ""
    is_recorded: bool = False


def mark_denied(
    failure: Failure | ErrorCode, action: str = "", resource: str = "", *, is_recorded: bool = False
) -> None:
    """Records that the current request is denied.

    `action`, `resource`: where the route and the path do not state them. `is_recorded`: it is audited already.
    """
    failure = failure if isinstance(failure, Failure) else Failure(failure)
    g.denial = _PendingDenial(failure, action, resource, is_recorded)


def mark_form_denied(error: AuthError | None) -> None:
    """Records the error of a form that is shown again; mistyped input is no denial."""
    if error is not None and error.code not in INPUT_CODES:
        mark_denied(error.cause, resource=audit_resource(request.path), is_recorded=error.is_audited)


def install(server: Flask, pages: PageRegistry, sink: AuditSink) -> None:
    """Calls `sink` with every denial of `server`."""

    @server.after_request
    def record_denial(response: Response) -> Response:
        denial = g.get("denial") or _denial_by_status(response.status_code)
        if denial is not None and not denial.is_recorded:
            action = denial.action or _attempted_action(server, pages)
            resource = denial.resource or audit_resource(requested_path())
            sink(DeniedRequest(current_principal(), action, resource, denial.failure))
        return response


def audit_resource(path: str) -> str:
    """A path as it is audited."""
    return path[:_MAX_RESOURCE_LENGTH]


def _denial_by_status(status: int) -> _PendingDenial | None:
    if status == 405 and request.method != "HEAD" and current_principal().kind in _READ_ONLY_KINDS:
        return _PendingDenial(Failure(RequestCode.READ_ONLY))
    return _PendingDenial(Failure(DENIAL_REASONS[status])) if status in DENIAL_REASONS else None


def _attempted_action(server: Flask, pages: PageRegistry) -> str:
    action = view_action(server, request.endpoint or _get_endpoint(server)) or pages.match(requested_path())[0].action
    if action is not Action.VIEW_PUBLIC:
        return action
    return next((word for path, word in _PUBLIC_ATTEMPTS.items() if request.path.startswith(path)), action)


def _get_endpoint(server: Flask) -> str:
    """The endpoint of GET at this path, for a method that the path does not accept."""
    try:
        return str(server.url_map.bind_to_environ(request.environ).match(method="GET")[0])
    except HTTPException:
        return ""

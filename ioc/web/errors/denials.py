"""Every refusal is a line of the trail: whoever answers no, it is noted here and put down once, with who, what and why.

What answers with one of `CODES` is put down by itself; what refuses otherwise (a form that comes back) is noted.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from ioc.auth.errors import INPUT_ERROR_KEYS, AuthError
from ioc.auth.permissions import Action
from ioc.auth.principal import Principal, PrincipalKind
from ioc.web.live.page_registry import PageRegistry
from ioc.web.middleware.authorization import current_principal, requested_path, view_action

# Why, where whoever answered has not said it. 404 and 400 are no refusals: nobody was denied what there is.
DENIAL_REASONS: Mapping[int, str] = {
    401: "sign_in", 403: "not_yours", 409: "not_now", 413: "too_large", 415: "wrong_kind", 429: "too_fast",
}  # fmt: skip
_READ_ONLY_KINDS = frozenset(
    {PrincipalKind.API_KEY, PrincipalKind.DISPLAY}
)  # a method that writes is no slip of theirs
# What everybody may ask is still tried for something.
_PUBLIC_ATTEMPTS = {"/dang-nhap": "login", "/man-hinh": "display-enrolment", "/vao/": "webhook"}
_MAX_RESOURCE_LENGTH = 200


class DeniedRequest(NamedTuple):
    """`action`: one of ioc.auth.permissions, or what was tried in a word. `about`: the object, an address at least."""

    principal: Principal
    action: str
    resource: str
    reason: str


AuditSink = Callable[[DeniedRequest], object]


class _PendingDenial(NamedTuple):
    reason: str
    action: str
    resource: str
    is_recorded: bool


def mark_denied(reason: str, action: str = "", resource: str = "", *, is_recorded: bool = False) -> None:
    """The request at hand is refused. `action`, `about`: where its route and its address do not tell them.

    `told`: it stands in the trail already.
    """
    g.refusal = _PendingDenial(reason, action, resource, is_recorded)


def mark_form_denied(refused: AuthError | None) -> None:
    """A form comes back; what was only mistyped is no refusal."""
    if refused is not None and refused.key not in INPUT_ERROR_KEYS:
        cause = refused.parts.get("why", "")  # of a provider's answer: for the trail, not for whoever came with it
        mark_denied(
            refused.key,
            resource=f"{audit_resource(request.path)} {cause}" if cause else "",
            is_recorded=refused.is_audited,
        )


def install(server: Flask, pages: PageRegistry, sink: AuditSink) -> None:
    """Has what is refused put down by `told`."""

    @server.after_request
    def put_down(answer: Response) -> Response:
        noted = g.get("refusal") or _denial_by_status(answer.status_code)
        if noted is not None and not noted.is_recorded:
            who = current_principal()
            sink(
                DeniedRequest(
                    who,
                    noted.action or _attempted_action(server, pages),
                    noted.resource or audit_resource(requested_path()),
                    noted.reason,
                )
            )
        return answer


def audit_resource(path: str) -> str:
    """An address as the trail keeps it."""
    return path[:_MAX_RESOURCE_LENGTH]


def _denial_by_status(status: int) -> _PendingDenial | None:
    if status == 405 and current_principal().kind in _READ_ONLY_KINDS:
        return _PendingDenial("read_only", "", "", False)
    return _PendingDenial(DENIAL_REASONS[status], "", "", False) if status in DENIAL_REASONS else None


def _attempted_action(server: Flask, pages: PageRegistry) -> str:
    found = view_action(server, request.endpoint or _get_endpoint(server)) or pages.match(requested_path())[0].action
    open_to_all = next((word for path, word in _PUBLIC_ATTEMPTS.items() if request.path.startswith(path)), found)
    return open_to_all if found is Action.VIEW_PUBLIC else found


def _get_endpoint(server: Flask) -> str:
    """The endpoint that reads at this address, for a method that it does not know."""
    try:
        return str(server.url_map.bind_to_environ(request.environ).match(method="GET")[0])
    except HTTPException:
        return ""

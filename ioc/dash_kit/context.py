"""What a page may ask about the request that it answers: who asks, in which language; and the services behind it.

Also what a callback does to its answer besides its outputs: the cookie of a new session, the audit entry of a denial.

The web package installs it; outside a request, as when Dash validates layouts, everybody is anonymous.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, parse_qs, urlsplit

from flask import Flask, current_app, has_request_context, request

from components.ui.error_messages import describe_refusal
from components.ui.i18n import LANGS
from ioc.domain.access.permissions import NO_TARGET, AccessTarget, Action, is_allowed
from ioc.domain.access.principal import ANONYMOUS, Principal
from ioc.domain.base.failure import FailureError

Service = TypeVar("Service")
_EXTENSION = "ioc.dash_kit"


@dataclass(frozen=True, slots=True)
class PageServices:
    """`principal`: of the current request. `services`: class -> the one object of it that pages use.

    `keep_session`: sets the session's cookie. `note_refusal`: audits an error if it is a denial.
    """

    principal: Callable[[], Principal]
    services: Mapping[type, object]
    keep_session: Callable[[str], None]
    note_refusal: Callable[[FailureError], None]


def install(server: Flask, services: PageServices) -> None:
    """Makes `services` known to the pages of `server`."""
    server.extensions[_EXTENSION] = services


def principal() -> Principal:
    """Who makes the current request."""
    return _installed().principal() if has_request_context() else ANONYMOUS


def may(action: Action, target: AccessTarget = NO_TARGET) -> bool:
    """Whether the principal may do `action`: what a page shows. The command asks again."""
    return is_allowed(principal(), action, target)


def service(kind: type[Service]) -> Service:
    """The service of class `kind`. KeyError when the web process has none."""
    return cast("Service", _installed().services[kind])


def keep_session(cookie: str) -> None:
    """Gives the browser the cookie of the session that follows its own, with the answer to the running callback."""
    _installed().keep_session(cookie)


def field_text(error: FailureError) -> str:
    """The text of an error that a callback has caught, for its field; the error is audited if it is a denial.

    An error that is raised is audited by itself.
    """
    _installed().note_refusal(error)
    return describe_refusal(error.failure, getattr(error, "retry_after_seconds", 0), lang())


def field_texts(error: FailureError, field_of: Mapping[Any, str]) -> dict[str, str]:
    """The texts of an error that a callback has caught, and of its `more`, by the fields that they are about.

    `field_of`: by code. Where the error is of no field it is raised again.
    """
    if error.failure.code not in field_of:
        raise error
    texts = dict[str, str]()
    for each in (error, *error.more):
        if field := field_of.get(each.failure.code):
            texts.setdefault(field, field_text(each))
    return texts


def lang() -> str:
    """The language of the page that the request is about: of its address, else of the cookie."""
    if not has_request_context():
        return LANGS[0]
    query = parse_qs(referring_page().query)
    wanted = (request.args.get("lang"), *query.get("lang", ()), request.cookies.get("lang"))
    return next((each for each in wanted if each in LANGS), LANGS[0])


def referring_page() -> SplitResult:
    """The address of the page that the current request comes from, as the browser names it; empty for none."""
    try:
        return urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # not an address
        return urlsplit("")


def address_of(path: str) -> str:
    """The address of `path` at the host that the browser asked."""
    return f"{request.host_url.rstrip('/')}{path}" if has_request_context() else path


def _installed() -> PageServices:
    return cast("PageServices", current_app.extensions[_EXTENSION])

"""Services of the views, and helpers that several views share."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import htpy as h
from flask import Response, redirect, request

from ioc.auth.services import AuthServices
from ioc.auth.sessions import NewSession
from ioc.domain.access.principal import Principal
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store
from ioc.web.middleware.authentication import SESSION_COOKIE
from ioc.web.middleware.cookies import is_led_by_other_origin, lacks_strict_cookies, set_cookie
from ioc.web.views.layout import page_context, render_page

_RETURNED = "lai"  # parameter: a page has led to this address by itself, which it does once


@dataclass(frozen=True, slots=True)
class Services:
    """`agency_names`: of all agencies, by key. `display_pages`: path -> title of the pages that a display may show.

    `current_agencies`: keys of those that exist now, for which a user may act. `first_page`: where a
    person begins who asked for no page.
    """

    store: Store
    auth: AuthServices
    clock: Clock
    policy: AccessPolicy
    agency_names: Callable[[], Mapping[str, LocalizedText]]
    display_pages: Callable[[], Mapping[str, str]]
    current_agencies: Callable[[], Collection[str]] = frozenset
    first_page: Callable[[Principal], str] = lambda _principal: "/"

    def page_after_login(self, path: str, principal: Principal) -> str:
        """`path`, or the first page of the principal for the root."""
        return self.first_page(principal) if path == "/" else path


def redirect_to(path: str) -> Response:
    """Redirects after a form was sent (303), so that a reload sends nothing twice."""
    response = redirect(path, 303)
    response.headers["Cache-Control"] = "no-store"
    assert isinstance(response, Response)
    return response


def continue_at(path: str) -> Response:
    """A page that leads on to `path` at once, by itself.

    For a browser that comes from another site: with a redirect it would leave out its Strict cookies again.
    """
    context = page_context()
    link = h.p[h.a(".tool.tool-main", href=path)[context.t("views.go_on")]]
    return render_page(context.t("views.go_on"), link, is_bare=True, leads_to=path)


def page_that_brings_cookies() -> Response | None:
    """The page that leads on to this address, where the browser has left out its Strict cookies; None once it has."""
    if not lacks_strict_cookies() or _RETURNED in request.args:
        return None
    return continue_at(f"{request.path}?{urlencode({**request.args, _RETURNED: '1'})}")


def page_that_leads_on() -> Response | None:
    """For a GET that writes: the page that leads on to it, where another origin has led the browser here; else None.

    So nothing is written for an image or a form of a foreign page, only for a person who opens the address.
    """
    if not is_led_by_other_origin():
        return None
    return continue_at(f"{quote(request.path)}?{urlencode(list(request.args.items(multi=True)))}")


def with_session_cookie(response: Response, session: NewSession) -> Response:
    """`response` with the cookie of the new session."""
    set_cookie(response, SESSION_COOKIE, session.cookie)
    return response


def user_agent() -> str:
    """The User-Agent header, shortened."""
    return request.user_agent.string[:200]

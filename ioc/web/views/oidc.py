"""/dang-nhap/oidc: to the agency's identity provider; /dang-nhap/oidc/ve: the return from it."""

from urllib.parse import quote, unquote

from flask import Blueprint, Response, request

from ioc.auth.errors import AuthError
from ioc.auth.oidc import STATE_SECONDS
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import PrincipalKind
from ioc.web.errors.handlers import safe_return_path
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.cookies import delete_cookie, get_cookie, set_cookie
from ioc.web.middleware.get_only import get_only
from ioc.web.views.login import login_page, login_response
from ioc.web.views.services import (
    Services,
    page_that_brings_cookies,
    page_that_leads_on,
    redirect_to,
    user_agent,
)

STATE_COOKIE = "ioc-left"  # "state~path" of a login at the provider: what must come back, and where it leads then


def blueprint(services: Services) -> Blueprint:
    """Both redirects; where access.yaml names no provider they lead to the password form."""
    pages = Blueprint("oidc", __name__, url_prefix="/dang-nhap/oidc")

    @pages.get("")
    @requires(Action.VIEW_PUBLIC)
    @get_only
    def leave() -> Response:
        if services.auth.oidc is None:
            return redirect_to("/dang-nhap")
        if page := page_that_leads_on():
            return page
        next_path = safe_return_path(request.args.get("tiep", ""))
        if current_principal().kind is PrincipalKind.USER:
            return redirect_to(services.page_after_login(next_path, current_principal()))
        try:
            authorization = services.auth.oidc.begin_login(f"{request.host_url}dang-nhap/oidc/ve")
        except AuthError as error:
            return login_page(services, error)
        response = redirect_to(authorization.url)
        state = f"{authorization.state_cookie}~{quote(next_path, safe='')}"
        # The return comes from another site and must carry this cookie, the only one that is Lax.
        set_cookie(response, STATE_COOKIE, state, seconds=STATE_SECONDS, samesite="Lax")
        return response

    @pages.get("/ve")
    @requires(Action.VIEW_PUBLIC)
    @get_only
    def complete() -> Response:
        return page_that_brings_cookies() or _complete(services)  # the session that it ends is in a Strict one

    return pages


def _complete(services: Services) -> Response:
    state, _, next_path = get_cookie(STATE_COOKIE).rpartition("~")
    if services.auth.oidc is None or not state:
        return redirect_to("/dang-nhap")
    query = {key: request.args.get(key, "")[:2048] for key in ("code", "state")}
    address = current_principal().address
    try:
        result = services.auth.oidc.complete_login(state, query, address, user_agent=user_agent())
    except AuthError as error:
        response = login_page(services, error)
    else:
        response = login_response(services, result, safe_return_path(unquote(next_path)))
    delete_cookie(response, STATE_COOKIE)
    return response

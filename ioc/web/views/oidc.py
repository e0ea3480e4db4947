"""/dang-nhap/oidc: to the agency's provider of identities, and /dang-nhap/oidc/ve: back from it."""

from urllib.parse import quote, unquote, urlencode

from flask import Blueprint, Response, request

from ioc.auth.account_service import NewSession
from ioc.auth.errors import AuthError
from ioc.auth.oidc import STATE_SECONDS
from ioc.auth.permissions import Action
from ioc.web.errors.handlers import safe_return_path
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.cookies import delete_cookie, get_cookie, set_cookie
from ioc.web.views.login import MFA_COOKIE, MFA_COOKIE_SECONDS, login_page
from ioc.web.views.services import Services, redirect_to, user_agent, with_session_cookie

STATE_COOKIE = "ioc-left"  # the cookie of who has left for the provider: what it must come back with, and the way on


def blueprint(services: Services) -> Blueprint:
    """Both ways; where access.yaml names no provider they lead to the password."""
    pages = Blueprint("provider", __name__, url_prefix="/dang-nhap/oidc")

    @pages.get("")
    @requires(Action.VIEW_PUBLIC)
    def left() -> Response:
        if services.oidc_client is None:
            return redirect_to("/dang-nhap")
        way = safe_return_path(request.args.get("tiep", ""))
        try:
            begun = services.oidc_client.begin_login(f"{request.host_url}dang-nhap/oidc/ve")
        except AuthError as refused:
            return login_page(services, refused)
        answer = redirect_to(begun.url)
        # Lax: the provider's answer comes from another site, and must find it.
        set_cookie(answer, STATE_COOKIE, f"{begun.state_cookie}~{quote(way, safe='')}", seconds=STATE_SECONDS)
        return answer

    @pages.get("/ve")
    @requires(Action.VIEW_PUBLIC)
    def back() -> Response:
        kept, _, way = get_cookie(STATE_COOKIE).rpartition("~")
        if services.oidc_client is None or not kept:
            return redirect_to("/dang-nhap")
        given = {key: request.args.get(key, "")[:2048] for key in ("code", "state")}
        try:
            made = services.oidc_client.complete_login(
                kept, given, current_principal().address, user_agent=user_agent()
            )
        except AuthError as refused:
            answer = login_page(services, refused)
        else:
            on = safe_return_path(unquote(way))
            if isinstance(made, NewSession):
                answer = with_session_cookie(redirect_to(on), made)
            else:
                answer = redirect_to(f"/dang-nhap/ma?{urlencode({'tiep': on})}")
                set_cookie(answer, MFA_COOKIE, made.token, seconds=MFA_COOKIE_SECONDS)
        delete_cookie(answer, STATE_COOKIE)
        return answer

    return pages

"""/dang-nhap/oidc: to the agency's provider of identities, and /dang-nhap/oidc/ve: back from it."""

from urllib.parse import quote, unquote, urlencode

from flask import Blueprint, Response, request

from ioc.auth.errors import Refused
from ioc.auth.oidc import SECONDS
from ioc.auth.permissions import Action
from ioc.auth.users import SignedIn
from ioc.web.errors.handlers import own
from ioc.web.middleware.authorization import names, visitor
from ioc.web.middleware.cookies import give, held, take
from ioc.web.views.login import STEP, STEP_SECONDS, password_page
from ioc.web.views.services import Office, agent, signed, to

LEFT = "ioc-left"  # the cookie of who has left for the provider: what it must come back with, and the way on


def blueprint(office: Office) -> Blueprint:
    """Both ways; where access.yaml names no provider they lead to the password."""
    pages = Blueprint("provider", __name__, url_prefix="/dang-nhap/oidc")

    @pages.get("")
    @names(Action.PUBLIC)
    def left() -> Response:
        if office.provider is None:
            return to("/dang-nhap")
        way = own(request.args.get("tiep", ""))
        try:
            begun = office.provider.begin(f"{request.host_url}dang-nhap/oidc/ve")
        except Refused as refused:
            return password_page(office, refused)
        answer = to(begun.url)
        # Lax: the provider's answer comes from another site, and must find it.
        give(answer, LEFT, f"{begun.held}~{quote(way, safe='')}", seconds=SECONDS)
        return answer

    @pages.get("/ve")
    @names(Action.PUBLIC)
    def back() -> Response:
        kept, _, way = held(LEFT).rpartition("~")
        if office.provider is None or not kept:
            return to("/dang-nhap")
        given = {key: request.args.get(key, "")[:2048] for key in ("code", "state")}
        try:
            made = office.provider.finish(kept, given, visitor().address, agent=agent())
        except Refused as refused:
            answer = password_page(office, refused)
        else:
            on = own(unquote(way))
            if isinstance(made, SignedIn):
                answer = signed(to(on), made)
            else:
                answer = to(f"/dang-nhap/ma?{urlencode({'tiep': on})}")
                give(answer, STEP, made.token, seconds=STEP_SECONDS)
        take(answer, LEFT)
        return answer

    return pages

"""/man-hinh: what a screen opens that is to be enrolled: its code, read from across the room; then its page."""

import htpy as h
from flask import Blueprint, Response, request

from ioc.auth.displays import Screens
from ioc.auth.errors import Refused
from ioc.auth.permissions import Action
from ioc.auth.principal import Kind
from ioc.web.errors.audit import note_form
from ioc.web.middleware.authentication import SCREEN
from ioc.web.middleware.authorization import names, visitor
from ioc.web.middleware.cookies import give, held, take
from ioc.web.middleware.gate import sentence
from ioc.web.views.layout import Words, page, words
from ioc.web.views.services import Office, agent, to
from ioc.web.views.widgets import status

ASKS = "ioc-ask"  # the cookie of a screen that waits: "code.secret"
FOREVER = 400 * 86400  # seconds: what browsers keep a cookie for at the most; it is given anew with each page
_ASK_SECONDS = 900
_AGAIN = "4"  # seconds until the page looks again


def blueprint(office: Office) -> Blueprint:
    """Waiting to be enrolled. It looks again by itself, without a script."""
    pages = Blueprint("screen", __name__)
    _keep(pages, office.screens)

    @pages.get("/man-hinh")
    @names(Action.PUBLIC)
    def waits() -> Response:
        if visitor().kind is Kind.SCREEN:
            return to(page_of(office, visitor().name))
        code, _, secret = held(ASKS).partition(".")
        if secret and (cookie := office.screens.collect(secret)):
            return _taken(office, cookie)
        return _shown(office, code, secret)

    return pages


def page_of(office: Office, key: str) -> str:
    """Where the screen `key` belongs."""
    return office.screens.page(key) or "/tuong"


def _taken(office: Office, cookie: str) -> Response:
    """Enrolled: the identity is the browser's from now on."""
    known = office.screens.visitor(cookie, visitor().address)
    answer = to(page_of(office, known.name) if known.kind is Kind.SCREEN else "/man-hinh")
    give(answer, SCREEN, cookie, seconds=FOREVER, strict=True)
    take(answer, ASKS)
    return answer


def _shown(office: Office, code: str, secret: str) -> Response:
    said = words()
    fresh = None
    if not office.screens.waits(secret):
        try:
            fresh = office.screens.ask(visitor().address, agent())
        except Refused as refused:
            note_form(refused)
            return _page(said.say("forms.waiting_full"), status=status(refused))
        code, secret = fresh.code, fresh.secret
    answer = _page(said.say("forms.waiting_how"), code)
    if fresh:
        give(answer, ASKS, f"{code}.{secret}", seconds=_ASK_SECONDS, strict=True)
    return answer


def _page(how: str, code: str = "", status: int = 200) -> Response:
    said = words()
    inside = h.div(".waiting")[
        _lost(said),
        code and h.output(".code", aria_label=said.say("forms.screen_code"))[code],
        h.p[how],
        h.p(".quiet")[said.say("forms.waiting_until")],
        request.args.get("tiep") and h.p(".quiet")[h.a(".link", href="/dang-nhap")[said.say("forms.waiting_person")]],
    ]
    return page(said.say("forms.waiting_title"), inside, bare=True, refresh=_AGAIN, status=status)


def _lost(said: Words) -> h.Element | None:
    """Which wall this browser was, and that it is none now."""
    was = said.visitor
    if not was.gone.startswith("screen"):
        return None
    text = said.say(f"gate.{sentence(was)}")
    return h.p(role="status")[h.b[f"{was.shown}: "] if was.shown else None, text]


def _keep(pages: Blueprint, screens: Screens) -> None:
    """With each page a screen's cookie is given anew, or another one once it grows old: no wall goes dark by age."""

    @pages.after_app_request
    def given_anew(response: Response) -> Response:
        cookie = held(SCREEN)
        if cookie and response.mimetype == "text/html" and visitor().kind is Kind.SCREEN:
            fresh = screens.renewed(cookie, visitor().address)
            give(response, SCREEN, fresh or cookie, seconds=FOREVER, strict=True)
        return response

"""/dang-nhap: the password, then the second factor; /dang-xuat."""

from urllib.parse import urlencode

import htpy as h
from flask import Blueprint, Response, request

from components.ui.icons import mark
from ioc.auth.errors import Refused
from ioc.auth.permissions import Action
from ioc.auth.principal import Gone, Kind
from ioc.auth.users import SignedIn
from ioc.web.errors.handlers import own
from ioc.web.middleware.authentication import SESSION
from ioc.web.middleware.authorization import names, visitor
from ioc.web.middleware.cookies import give, held, take
from ioc.web.views.layout import Words, page, words
from ioc.web.views.services import Office, agent, signed, to
from ioc.web.views.widgets import button, done, field, form, given, status, wrong

STEP = "ioc-step"  # the cookie of who has shown the password and not yet the second factor
STEP_SECONDS = 300
_LONGEST_PASSWORD = 1024


def blueprint(office: Office) -> Blueprint:
    """Signing in and out."""
    pages = Blueprint("sign_in", __name__)

    @pages.get("/dang-nhap")
    @names(Action.PUBLIC)
    def asked() -> Response:
        if visitor().kind is Kind.PERSON:
            return to(_way_on())
        return password_page(office, None)

    @pages.post("/dang-nhap")
    @names(Action.PUBLIC)
    def sent() -> Response:
        try:
            typed = request.form.get("mat-khau", "")[:_LONGEST_PASSWORD]
            made = office.people.sign_in(given("ten"), typed, visitor().address, agent=agent())
        except Refused as refused:
            return password_page(office, refused)
        if isinstance(made, SignedIn):
            return signed(to(_way_on()), made)
        answer = to(f"/dang-nhap/ma?{urlencode({'tiep': _way_on()})}")
        give(answer, STEP, made.token, seconds=STEP_SECONDS)
        return answer

    _second(pages, office)
    _out(pages, office)
    return pages


def _second(pages: Blueprint, office: Office) -> None:
    @pages.get("/dang-nhap/ma")
    @names(Action.PUBLIC)
    def code_asked() -> Response:
        return _code(None) if held(STEP) else to("/dang-nhap")

    @pages.post("/dang-nhap/ma")
    @names(Action.PUBLIC)
    def code_sent() -> Response:
        try:
            made = office.people.second(held(STEP), given("ma"), visitor().address)
        except Refused as refused:
            return password_page(office, refused) if refused.key == "waited" else _code(refused)
        answer = signed(to(_way_on()), made)
        take(answer, STEP)
        return answer


def _out(pages: Blueprint, office: Office) -> None:
    @pages.post("/dang-xuat")
    @names(Action.PUBLIC)
    def out() -> Response:
        if visitor().kind is Kind.PERSON:
            office.people.sign_out(visitor())
        answer = to("/dang-nhap?xong=out")
        take(answer, SESSION)
        return answer

    @pages.get("/dang-xuat")
    @names(Action.PUBLIC)
    def out_asked() -> Response:
        return to("/tai-khoan")


def _way_on() -> str:
    return own(request.form.get("tiep") or request.args.get("tiep", ""))


def password_page(office: Office, refused: Refused | None) -> Response:
    """Name and password, and why it was refused."""
    said = words()
    way = _way_on()
    inside = form(
        "/dang-nhap",
        h.input(type="hidden", name="tiep", value=way),
        field(said.say("forms.name"), "ten", given("ten"), auto="username", focus=True),
        field(said.say("forms.password"), "mat-khau", kind="password", auto="current-password", longest=256),
        button(said.say("forms.sign_in"), main=True),
    )
    provider = (
        None
        if office.rules.openid is None
        else h.a(".tool", href=f"/dang-nhap/oidc?{urlencode({'tiep': way})}")[said.say("forms.by_provider")]
    )
    wall = h.p(".quiet.form-row")[
        said.say("forms.is_wall"), " ", h.a(".link", href="/man-hinh")[said.say("forms.enrol_here")]
    ]
    box = h.section(".box.form-box.form-wide")[
        h.p(".quiet")[said.say("forms.sign_in_why")],
        _over(said, refused),
        wrong(said, refused),
        done(said),
        inside,
        provider,
        wall,
    ]
    return page(said.say("forms.sign_in"), box, bare=True, status=status(refused))


def _over(said: Words, refused: Refused | None) -> h.Element | None:
    """That the session which this browser still shows has ended."""
    if refused is not None or visitor().gone is not Gone.SESSION or request.args.get("xong"):
        return None
    return h.div(".said.said-wrong", role="status")[mark("late"), h.p[said.say("gate.gone_session")]]


def _code(refused: Refused | None) -> Response:
    said = words()
    inside = form(
        "/dang-nhap/ma",
        h.input(type="hidden", name="tiep", value=_way_on()),
        h.div(".code-field")[
            field(said.say("forms.code"), "ma", auto="one-time-code", focus=True, longest=20,
                  hint=said.say("forms.code_hint"))
        ],
        button(said.say("forms.go_on"), main=True),
    )  # fmt: skip
    again = h.a(".link", href="/dang-nhap")[said.say("forms.start_again")]
    box = h.section(".box.form-box.form-wide")[wrong(said, refused), inside, h.p[again]]
    return page(said.say("forms.second_step"), box, bare=True, status=status(refused))

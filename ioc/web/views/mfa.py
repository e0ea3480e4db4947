"""/tai-khoan/lop-hai: an authenticator, its picture to be scanned, the code that proves it, recovery codes."""

import re

import htpy as h
from flask import Blueprint, Response, request
from markupsafe import Markup

from ioc.auth import mfa
from ioc.auth.errors import Refused
from ioc.auth.mfa import Enrolment
from ioc.auth.permissions import Action
from ioc.auth.principal import Duty
from ioc.web.middleware.authorization import names, visitor
from ioc.web.views.layout import Words, page, words
from ioc.web.views.services import Office, signed, to
from ioc.web.views.widgets import act, button, done, field, form, given, status, wrong

HERE = "/tai-khoan/lop-hai"
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')  # of a drawing that is to fit its box
_SECRET = re.compile(r"[A-Z2-7]{16,64}", re.ASCII)


def blueprint(office: Office) -> Blueprint:
    """The second factor of whoever is signed in."""
    pages = Blueprint("factor", __name__, url_prefix=HERE)

    @pages.get("")
    @names(Action.OWN)
    def shown() -> Response:
        return _state(office, None)

    @pages.post("/bat-dau")
    @names(Action.OWN)
    def begun() -> Response:
        try:
            made = office.people.begin_factor(visitor(), _password())
        except Refused as refused:
            return _state(office, refused)
        return _scan(made, None)

    @pages.post("/xac-nhan")
    @names(Action.OWN)
    def confirmed() -> Response:
        try:
            made = office.people.confirm_factor(visitor(), given("ma"))
        except Refused as refused:
            # Drawn from what this browser was shown; what counts is what the store keeps.
            secret = given("bi-mat")
            again = _SECRET.fullmatch(secret)
            return _scan(mfa.enrolment(visitor().name, secret), refused) if again else _state(office, refused)
        return signed(_codes(made.codes, "factor"), made.signed)

    @pages.post("/bo")
    @names(Action.OWN)
    def dropped() -> Response:
        try:
            made = office.people.drop_factor(visitor(), _password())
        except Refused as refused:
            return _state(office, refused)
        return signed(to("/tai-khoan?xong=factor_dropped"), made)

    @pages.post("/ma-du-phong")
    @names(Action.OWN)
    def renewed() -> Response:
        try:
            made = office.people.new_recovery_codes(visitor(), _password())
        except Refused as refused:
            return _state(office, refused)
        return signed(_codes(made.codes, "codes"), made.signed)

    return pages


def _password() -> str:
    return request.form.get("mat-khau", "")[:1024]


def _state(office: Office, refused: Refused | None) -> Response:
    """Where it stands, and what can be done about it."""
    said, mine = words(), visitor()
    stands, ask = office.people.has_factor(mine), office.people.has_password(mine) and _ask(said)
    box = h.section(".box.form-box.form-wide")[
        mine.duty is Duty.FACTOR and h.p(".form-lead")[said.say("gate.duty_factor")], wrong(said, refused), done(said),
        h.p[said.say("forms.factor_why")],
        stands and h.p(".quiet")[said.say("forms.codes_left", n=office.people.recovery_left(mine))],
        form(f"{HERE}/bat-dau", ask,
             button(said.say("forms.factor_again" if stands else "forms.factor_begin"), main=True)),
        stands and _more(said, ask),
        mine.duty is Duty.FACTOR and act("/dang-xuat", said.say("forms.sign_out")),
    ]  # fmt: skip
    return page(said.say("forms.factor"), box, bare=True, status=status(refused))


def _more(said: Words, ask: h.Node) -> h.Element:
    return h.details(".more")[
        h.summary[said.say("forms.factor_more")],
        form(f"{HERE}/ma-du-phong", ask, button(said.say("forms.codes_new"))),
        form(f"{HERE}/bo", ask, button(said.say("forms.factor_drop"), danger=True)),
    ]


def _ask(said: Words) -> h.Element:
    return field(said.say("forms.password_old"), "mat-khau", kind="password", auto="current-password", longest=256)


def _scan(made: Enrolment, refused: Refused | None) -> Response:
    said = words()
    spaced = " ".join(re.findall(".{1,4}", made.secret))
    box = h.section(".box.form-box.form-wide")[
        wrong(said, refused),
        h.ol(".steps")[(h.li[said.say(f"forms.factor_step_{n}")] for n in (1, 2, 3))],
        h.div(".qr")[_picture(made)],
        h.details(".more")[h.summary[said.say("forms.factor_type")], h.output(".secret")[spaced]],
        form(
            f"{HERE}/xac-nhan",
            h.input(type="hidden", name="bi-mat", value=made.secret),
            h.div(".code-field")[
                field(said.say("forms.code_app"), "ma", auto="one-time-code", focus=True, longest=10,
                      inputmode="numeric")
            ],
            button(said.say("forms.factor_confirm"), main=True),
        ),
    ]  # fmt: skip
    return page(said.say("forms.factor"), box, bare=True, status=status(refused))


def _picture(made: Enrolment) -> Markup:
    """The drawing, as large as its box. It is of our own making: no text of anybody's stands in it."""
    return Markup(_SIZE.sub(r'viewBox="0 0 \1 \2"', made.svg, count=1))  # nosec B704


def _codes(codes: tuple[str, ...], what: str) -> Response:
    """Shown in the answer to the form itself: nothing keeps them, so no later page could. `what`: is done."""
    said = words()
    box = h.section(".box.form-box.form-wide")[
        h.div(".said.said-done", role="status")[h.p[said.say(f"forms.done_{what}")]],
        h.p[said.say("forms.codes_why")],
        h.ul(".codes")[(h.li[one] for one in codes)],
        h.a(".tool.tool-main", href="/tai-khoan")[said.say("forms.codes_kept")],
    ]
    return page(said.say("forms.codes"), box, bare=True)

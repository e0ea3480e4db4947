"""/tai-khoan: one's own account: who one is, the password, the sessions. The second factor: ioc/web/views/mfa.py."""

from collections.abc import Iterable

import htpy as h
from flask import Blueprint, Response, request

from components.ui.icons import mark
from ioc.auth.errors import Refused
from ioc.auth.permissions import Action, may
from ioc.auth.principal import Duty
from ioc.storage.access.sessions import Entered, Session
from ioc.web.errors.handlers import DUTIES
from ioc.web.middleware.authorization import demand, names, visitor
from ioc.web.views.layout import Words, page, words
from ioc.web.views.login_notice import before_line, doubtful
from ioc.web.views.services import Office, signed, to
from ioc.web.views.submission_layout import DESKS
from ioc.web.views.user_agents import browser, system
from ioc.web.views.widgets import act, button, done, field, form, status, table, when, wrong


def blueprint(office: Office) -> Blueprint:
    """Everybody's own account."""
    pages = Blueprint("account", __name__, url_prefix="/tai-khoan")

    @pages.get("")
    @names(Action.OWN)
    def shown() -> Response:
        duty = visitor().duty
        return to(DUTIES[duty]) if duty else _account(office, None)

    @pages.get("/mat-khau")
    @names(Action.OWN)
    def password_asked() -> Response:
        return _password(None)

    @pages.post("/mat-khau")
    @names(Action.OWN)
    def password_sent() -> Response:
        old, new, again = (request.form.get(name, "")[:1024] for name in ("cu", "moi", "lai"))
        try:
            if new != again:
                raise Refused("password_differs")
            made = office.people.change_password(visitor(), old, new)
        except Refused as refused:
            return _password(refused)
        return signed(to("/tai-khoan?xong=password"), made)

    @pages.post("/phien")
    @names(Action.OWN)
    def end() -> Response:
        mine = demand(Action.OWN)
        try:
            if request.form.get("phien") == "*":
                office.people.end_all(mine.name, mine, but=mine.session)
            else:
                office.people.end(_number(request.form.get("phien", "")), mine, owner=mine.name)
        except Refused as refused:
            return _account(office, refused)
        return to("/tai-khoan?xong=ended")

    return pages


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Refused("no_session")
    return int(text)


def _account(office: Office, refused: Refused | None) -> Response:
    said, mine = words(), visitor()
    factor = office.people.has_factor(mine)
    agency = office.agencies().get(mine.agency)
    facts = (
        ("forms.name", mine.name), ("forms.shown", mine.shown), ("forms.roles", roles(said, mine.roles)),
        ("forms.agency", agency.said(said.lang) if agency else mine.agency or "–"),
        ("forms.factor", said.say("forms.factor_on" if factor else "forms.factor_off")),
    )  # fmt: skip
    ways = [("/tai-khoan/mat-khau", "forms.change_password"), ("/tai-khoan/lop-hai", "forms.factor_change")]
    ways += [(path, word) for action, path, word in DESKS if may(mine, action)]
    if any(may(mine, one) for one in (Action.ADMINISTER, Action.WALL, Action.TRAIL)):
        ways.append(("/quan-tri", "shell.admin"))
    who = h.section(".box.form-box")[
        h.dl(".facts")[((h.dt[said.say(key)], h.dd[value]) for key, value in facts)],
        h.div(".form-row")[
            (h.a(".tool", href=path)[said.say(key)] for path, key in ways),
            act("/dang-xuat", said.say("forms.sign_out")),
        ],
    ]
    rows = office.people.sessions(mine.name)
    told = _before(said, office.people.entered(mine))
    listed = h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.sessions")],
        h.p(".quiet")[said.say("forms.sessions_why")],
        sessions_table(said, rows, "/tai-khoan/phien", mine.session),
        len(rows) > 1
        and h.div(".form-row")[act("/tai-khoan/phien", said.say("forms.end_others"), hidden={"phien": "*"})],
    ]
    return page(
        said.say("forms.account"), wrong(said, refused), done(said), told, who, listed, status=status(refused)
    )  # fmt: skip


def _before(said: Words, entered: Entered) -> h.Element:
    """The sign-in before this one; and what to do where somebody else may have been at it."""
    line = h.p[before_line(entered, said.lang)]
    if not doubtful(entered):
        return h.div(".said")[mark("normal"), line]
    new = entered.strange and h.p[said.say("forms.before_new"), " ", _strange(said, entered), "."]
    return h.div(".said.said-wrong", role="status")[
        mark("attention"), h.div[line, new, h.p[said.say("forms.before_doubt")]]
    ]


def _strange(said: Words, entered: Entered) -> str:
    return ", ".join(said.say(f"forms.strange_{one}") for one in sorted(entered.strange))


def roles(said: Words, some: Iterable[str]) -> str:
    """Their words."""
    return ", ".join(said.say(f"forms.role_{one}") for one in sorted(some)) or "–"


def sessions_table(said: Words, rows: Iterable[Session], action: str, mine: int = 0) -> h.Element:
    """Where somebody is signed in; each can be ended there."""
    heads = [said.say(f"forms.{one}") for one in ("browser", "address", "since", "last_act")]
    return table(
        [*heads, ""],
        (
            [
                h.fragment[agent(said, one.agent), _new(said, one)], one.address, when(one.created),
                when(one.active),
                h.span(".quiet")[said.say("forms.this_one")] if one.id == mine
                else act(action, said.say("forms.end"), hidden={"phien": str(one.id)}),
            ]
            for one in rows
        ),
    )  # fmt: skip


def agent(said: Words, told: str) -> h.Element:
    """A browser and its system; what it calls itself stands behind them, for who has to know exactly."""
    parts = {"browser": browser(told) or said.say("forms.browser_other"), "system": system(told)}
    return h.span(title=told or None)[said.say("forms.browser_on", **parts) if parts["system"] else parts["browser"]]


def _new(said: Words, one: Session) -> h.Element | None:
    """That it came from a place that was new to the account."""
    if not one.entered.strange:
        return None
    return h.div[h.small(".state")[mark("attention"), _strange(said, one.entered)]]


def _password(refused: Refused | None) -> Response:
    said, mine = words(), visitor()
    lent = mine.duty is Duty.PASSWORD
    inside = form(
        "/tai-khoan/mat-khau",
        not lent and field(said.say("forms.password_old"), "cu", kind="password", auto="current-password", longest=256),
        field(said.say("forms.password_new"), "moi", kind="password", auto="new-password", longest=256, focus=lent,
              hint=said.say("forms.password_hint")),
        field(said.say("forms.password_again"), "lai", kind="password", auto="new-password", longest=256),
        button(said.say("forms.save"), main=True),
    )  # fmt: skip
    box = h.section(".box.form-box.form-wide")[
        lent and h.p(".form-lead")[said.say("gate.duty_password")], wrong(said, refused), inside,
        lent and act("/dang-xuat", said.say("forms.sign_out")),
    ]  # fmt: skip
    return page(said.say("forms.change_password"), box, bare=True, status=status(refused))

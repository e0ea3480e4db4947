"""One account, as an administrator sees it: what it may, its way in, where it is signed in."""

from collections.abc import Iterable
from urllib.parse import quote

import htpy as h
from flask import Response, request

from components.ui.format import clock
from components.ui.icons import mark
from ioc.auth.errors import Refused
from ioc.auth.principal import Role
from ioc.auth.user_admin import Person
from ioc.web.middleware.authorization import visitor
from ioc.web.views.account import sessions_table
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import Words, words
from ioc.web.views.services import Office
from ioc.web.views.widgets import act, button, checks, choice, done, field, form, given, status, when, wrong

HERE = "/quan-tri/tai-khoan"


def person_page(office: Office, name: str, refused: Refused | None) -> Response:
    """The account `name`; the list where there is none."""
    said = words()
    one = next((person for person in office.people.accounts() if person.name == name), None)
    if one is None:
        missing = Refused("no_account", name=name[:60])
        return admin_page(said, said.say("forms.accounts"), HERE, wrong(said, missing), _back(said), status=404)
    boxes = (_facts(said, one), _rights(office, said, one), _way_in(said, one), _sessions(office, said, one))
    title = one.shown or one.name
    return admin_page(said, title, HERE, wrong(said, refused), done(said), *boxes, _back(said), status=status(refused))


def _back(said: Words) -> h.Element:
    return h.p[h.a(".link", href=HERE)[said.say("forms.all_accounts")]]


def _facts(said: Words, one: Person) -> h.Element:
    factor = said.say("forms.factor_on" if one.factor else "forms.factor_off")
    facts: tuple[tuple[str, h.Node], ...] = (
        ("forms.name", one.name), ("forms.state", state(said, one)), ("forms.factor", factor),
        ("forms.created", when(one.created)), ("forms.last_used", last_used(one)),
    )  # fmt: skip
    return h.section(".box.form-box")[h.dl(".facts")[((h.dt[said.say(key)], h.dd[value]) for key, value in facts)]]


def _rights(office: Office, said: Words, one: Person) -> h.Element:
    tried = "ho-ten" in request.form  # what was typed stands again when it was refused
    roles = request.form.getlist("vai-tro") if tried else one.roles
    return h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.rights")],
        form(
            f"{HERE}/{quote(one.name)}",
            h.div(".form-fields")[
                field(said.say("forms.shown"), "ho-ten", given("ho-ten") if tried else one.shown, need=False),
                choice(said.say("forms.agency"), "co-quan", agency_options(office, said, one.agency),
                       given("co-quan") if tried else one.agency),
            ],
            checks(said.say("forms.roles"), "vai-tro", role_options(said), roles, hint=said.say("forms.roles_hint")),
            h.div(".form-row")[button(said.say("forms.save"), main=True)],
        ),
    ]  # fmt: skip


def _way_in(said: Words, one: Person) -> h.Element:
    here = f"{HERE}/{quote(one.name)}"
    reset = form(
        f"{here}/dat-lai",
        one.factor and checks("", "lop-hai", [("1", said.say("forms.reset_factor"))]),
        h.div(".form-row")[button(said.say("forms.reset"))],
    )
    lock = (
        act(f"{here}/mo", said.say("forms.enable"))
        if one.disabled
        else act(f"{here}/khoa", said.say("forms.disable"), danger=True)
    )
    mine = visitor().name == one.name
    unlock = one.locked is not None and h.div(".form-row")[act(f"{here}/mo-khoa", said.say("forms.unlock"))]
    return h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.way_in")],
        mine and h.p[h.a(".tool", href="/tai-khoan")[said.say("forms.account")]],
        not mine and h.p(".quiet")[said.say("forms.outside" if one.outside else "forms.reset_why")],
        not mine and unlock,
        not mine and not one.outside and reset,
        not mine and h.div(".form-row")[lock],
    ]


def _sessions(office: Office, said: Words, one: Person) -> h.Element:
    rows = office.people.sessions(one.name)
    here = f"{HERE}/{quote(one.name)}/phien"
    return h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.sessions")],
        sessions_table(said, rows, here) if rows else h.p(".nothing")[said.say("forms.sessions_none")],
        len(rows) > 1 and h.div(".form-row")[act(here, said.say("forms.end_all"), hidden={"phien": "*"})],
    ]


def last_used(one: Person) -> str:
    """When somebody signed in to it, "–" for never."""
    return "–" if one.used == one.created else when(one.used)


def state(said: Words, one: Person) -> h.Element:
    """How an account stands: its mark and its word."""
    key = "off" if one.disabled else "locked" if one.locked else "once" if one.once else "on"
    sign = {"off": "power", "locked": "attention", "once": "late", "on": "normal"}[key]
    until = clock(one.locked) if one.locked else ""
    return h.span(class_=["state", f"is-{key}"])[mark(sign), said.say(f"forms.account_{key}", until=until)]


def agency_options(office: Office, said: Words, held: str) -> list[tuple[str, str]]:
    """None, then by their words those that owe figures, and the one that the account has."""
    owing = {*office.owing(), held}
    named = ((key, one.said(said.lang)) for key, one in office.agencies().items() if key in owing)
    some = sorted(named, key=lambda pair: pair[1])
    return [("", said.say("forms.agency_none")), *some]


def role_options(said: Words) -> Iterable[tuple[str, str]]:
    """All roles with their words."""
    return [(one.value, said.say(f"forms.role_{one}")) for one in Role]

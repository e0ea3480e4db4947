"""/quan-tri/tai-khoan: everybody's accounts: who they are, what they may, and their way in when it is lost."""

from urllib.parse import quote

import htpy as h
from flask import Blueprint, Response, request

from ioc.auth.errors import Refused
from ioc.auth.permissions import Action
from ioc.auth.principal import Role
from ioc.auth.user_admin import Person
from ioc.web.middleware.authorization import demand, names
from ioc.web.views.account import roles
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import Words, words
from ioc.web.views.services import Office, to
from ioc.web.views.user_detail import HERE, agency_options, last_used, person_page, role_options, state
from ioc.web.views.widgets import button, checks, choice, done, field, form, given, once, status, table, text, wrong

_ADMINISTER = names(Action.ADMINISTER)


def blueprint(office: Office) -> Blueprint:
    """The list, adding to it, and one account."""
    pages = Blueprint("people", __name__, url_prefix=HERE)

    @pages.get("")
    @_ADMINISTER
    def listed() -> Response:
        return _list(office, None)

    @pages.post("")
    @_ADMINISTER
    def added() -> Response:
        by, name = demand(Action.ADMINISTER), given("ten").casefold()
        try:
            secret = office.people.add(name, given("ho-ten"), _roles(), _agency(office), by)
        except Refused as refused:
            return _list(office, refused)
        return _given_out(name, secret)

    @pages.get("/<name>")
    @_ADMINISTER
    def one(name: str) -> Response:
        return person_page(office, name, None)

    @pages.post("/<name>")
    @_ADMINISTER
    def changed(name: str) -> Response:
        by, name = demand(Action.ADMINISTER), text(name, 60)
        try:
            office.people.change(name, by, roles=_roles(), agency=_agency(office), shown=given("ho-ten"))
        except Refused as refused:
            return person_page(office, name, refused)
        return to(f"{HERE}/{quote(name)}?xong=saved")

    @pages.post("/<name>/<act>")
    @_ADMINISTER
    def acted(name: str, act: str) -> Response:
        return _acted(office, name, act)

    return pages


def _acted(office: Office, name: str, act: str) -> Response:
    by, name = demand(Action.ADMINISTER), text(name, 60)
    people = office.people
    plain = {"khoa": people.disable, "mo": people.enable, "mo-khoa": people.unlock}
    try:
        if act == "dat-lai":
            return _given_out(name, people.reset(name, by, factor=request.form.get("lop-hai") == "1"))
        if act == "phien":
            _end(office, name)
        elif act in plain:
            plain[act](name, by)
        else:
            return to(f"{HERE}/{quote(name)}")
    except Refused as refused:
        return person_page(office, name, refused)
    done_word = {"phien": "ended", "khoa": "disabled", "mo": "enabled", "mo-khoa": "unlocked"}[act]
    return to(f"{HERE}/{quote(name)}?xong={done_word}")


def _end(office: Office, name: str) -> None:
    by, which = demand(Action.ADMINISTER), request.form.get("phien", "")
    if which == "*":
        office.people.end_all(name, by)
    elif which.isascii() and which.isdigit() and len(which) < 18:
        office.people.end(int(which), by, owner=name)
    else:
        raise Refused("no_session")


def _roles() -> list[Role]:
    return [one for one in Role if one in request.form.getlist("vai-tro")]


def _agency(office: Office) -> str:
    """One that there is, "" for none."""
    return given("co-quan") if given("co-quan") in office.agencies() else ""


def _list(office: Office, refused: Refused | None) -> Response:
    said = words()
    some = office.people.accounts()
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.accounts"), h.small[said.say("forms.accounts_n", n=len(some))]],
        table([said.say(f"forms.{one}") for one in ("name", "roles", "agency", "last_used", "state")] + [""],
              (_row(office, said, one) for one in some)),
    ]  # fmt: skip
    return admin_page(said, said.say("forms.accounts"), HERE, wrong(said, refused), done(said), rows,
                      _adding(office, said, open_=refused is not None), status=status(refused))  # fmt: skip


def _row(office: Office, said: Words, one: Person) -> list[h.Node]:
    agency = office.agencies().get(one.agency)
    return [
        h.fragment[h.b[one.shown or one.name], h.small(".quiet")[one.name]], roles(said, one.roles),
        agency.said(said.lang) if agency else one.agency, last_used(one), state(said, one),
        h.a(".tool", href=f"{HERE}/{quote(one.name)}")[said.say("forms.open")],
    ]  # fmt: skip


def _adding(office: Office, said: Words, *, open_: bool) -> h.Element:
    chosen = request.form.getlist("vai-tro")
    inside = form(
        HERE,
        h.div(".form-fields")[
            field(said.say("forms.name"), "ten", given("ten"), hint=said.say("forms.name_hint"), longest=60),
            field(said.say("forms.shown"), "ho-ten", given("ho-ten")),
            choice(
                said.say("forms.agency"),
                "co-quan",
                agency_options(office, said, given("co-quan")),
                given("co-quan"),
                hint="" if office.owing() else said.say("forms.agency_owes_none"),
            ),
        ],
        checks(said.say("forms.roles"), "vai-tro", role_options(said), chosen, hint=said.say("forms.roles_hint")),
        h.div(".form-row")[button(said.say("forms.add"), main=True)],
    )
    return h.section(".box.form-box")[h.details(".more", open=open_)[h.summary[said.say("forms.account_add")], inside]]


def _given_out(name: str, secret: str) -> Response:
    """The one-time password, in the answer to the form itself: nothing keeps it, so no later page could show it."""
    said = words()
    box = h.section(".box.form-box")[
        h.p(".form-lead")[said.say("forms.given_out", name=name)],
        once(said, said.say("forms.one_time"), secret),
        h.div(".form-row")[h.a(".tool.tool-main", href=f"{HERE}/{quote(name)}")[said.say("forms.go_on")]],
    ]
    return admin_page(said, said.say("forms.one_time"), HERE, box)

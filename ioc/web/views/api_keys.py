"""/quan-tri/chuong-trinh: programs of other machines: a key is made and shown once, and revoked with one press."""

import htpy as h
from flask import Blueprint, Response, request

from components.ui.icons import mark
from ioc.auth.errors import Refused
from ioc.auth.permissions import Action
from ioc.auth.principal import Scope
from ioc.storage.access.api_keys import Program
from ioc.web.middleware.authorization import demand, names
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import Words, words
from ioc.web.views.services import Office, to
from ioc.web.views.widgets import (
    act,
    button,
    checks,
    done,
    field,
    form,
    given,
    networks,
    networks_field,
    once,
    status,
    table,
    text,
    when,
    wrong,
)

HERE = "/quan-tri/chuong-trinh"
_ADMINISTER = names(Action.ADMINISTER)


def blueprint(office: Office) -> Blueprint:
    """The list, making, revoking."""
    pages = Blueprint("programs", __name__, url_prefix=HERE)

    @pages.get("")
    @_ADMINISTER
    def listed() -> Response:
        return _list(office, None)

    @pages.post("")
    @_ADMINISTER
    def made() -> Response:
        by, chosen = demand(Action.ADMINISTER), request.form.getlist("quyen")
        try:
            scopes = [one for one in Scope if one in chosen]
            secret = office.programs.make(given("ten", 60), scopes, networks(), by)
        except Refused as refused:
            return _list(office, refused)
        return _given_out(given("ten", 60), secret)

    @pages.post("/<key>/thu-hoi")
    @_ADMINISTER
    def revoked(key: str) -> Response:
        by = demand(Action.ADMINISTER)
        try:
            office.programs.revoke(text(key, 60), by)
        except Refused as refused:
            return _list(office, refused)
        return to(f"{HERE}?xong=program_revoked")

    return pages


def _list(office: Office, refused: Refused | None) -> Response:
    said, some = words(), office.programs.listed()
    heads = ("program_name", "program_scopes", "address", "program_made", "program_used", "state")
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.programs")],
        h.p(".quiet")[said.say("forms.programs_why")],
        table([said.say(f"forms.{one}") for one in heads] + [""], (_row(said, one) for one in some))
        if some
        else h.p(".nothing")[said.say("forms.programs_none")],
    ]
    return admin_page(
        said, said.say("forms.programs"), HERE, wrong(said, refused), done(said), rows, _adding(said),
        status=status(refused),
    )  # fmt: skip


def _row(said: Words, one: Program) -> list[h.Node]:
    off = one.revoked is not None
    state = h.span(class_=["state", "is-off" if off else ""])[
        mark("power" if off else "normal"), said.say("forms.screen_off" if off else "forms.screen_on")
    ]
    scopes = (h.div[said.say(f"access.scope_{scope}")] for scope in sorted(one.scopes))
    revoke = act(f"{HERE}/{one.key}/thu-hoi", said.say("forms.screen_revoke"), danger=True)
    return [
        h.fragment[h.b[one.shown], h.small(".quiet")[one.key]], h.fragment[scopes],
        h.fragment[one.address or "–", one.range and h.small(".quiet")[one.range]],
        h.fragment[when(one.made), h.small(".quiet")[one.made_by]],
        when(one.seen) if one.seen else said.say("forms.program_never"), state, None if off else revoke,
    ]  # fmt: skip


def _adding(said: Words) -> h.Element:
    scopes = [(one.value, said.say(f"forms.scope_{one}")) for one in Scope]
    inside = form(
        HERE,
        h.div(".form-fields")[
            field(said.say("forms.program_name"), "ten", given("ten", 60), hint=said.say("forms.program_name_hint"),
                  longest=60),
            networks_field(said.say("forms.screen_range"), networks(), said.say("forms.program_range_hint")),
        ],
        checks(said.say("forms.program_scopes"), "quyen", scopes, request.form.getlist("quyen")),
        h.div(".form-row")[button(said.say("forms.program_make"), main=True)],
    )  # fmt: skip
    return h.section(".box.form-box")[h.h2(".box-title")[said.say("forms.program_add")], inside]


def _given_out(name: str, secret: str) -> Response:
    """The key, in the answer to the form itself: nothing keeps it, so no later page could show it."""
    said = words()
    box = h.section(".box.form-box")[
        h.p(".form-lead")[said.say("forms.program_given", name=name)],
        once(said, said.say("forms.program_key"), secret),
        h.p(".quiet")[said.say("forms.program_how")],
        h.div(".form-row")[h.a(".tool.tool-main", href=HERE)[said.say("forms.go_on")]],
    ]
    return admin_page(said, said.say("forms.program_key"), HERE, box)

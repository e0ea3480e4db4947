"""/quan-tri/man-hinh: the screens: which wait, which are enrolled, when each was last seen; revoked with one press."""

from collections.abc import Iterable

import htpy as h
from flask import Blueprint, Response, request

from components.screens.shell import DESTINATIONS
from components.ui.icons import mark
from ioc.auth.errors import Refused
from ioc.auth.permissions import Action
from ioc.storage.access.displays import Ask, Screen
from ioc.web.middleware.authorization import demand, names
from ioc.web.views.account import agent
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import Words, words
from ioc.web.views.services import Office, to
from ioc.web.views.widgets import (
    act,
    button,
    choice,
    done,
    field,
    form,
    given,
    networks,
    networks_field,
    status,
    table,
    text,
    when,
    wrong,
)

HERE, WALL = "/quan-tri/man-hinh", "/tuong"
_WORDS = {one.path: one.word for one in DESTINATIONS} | {WALL: "forms.wall_page", "/cham-so-lieu": "handed.page"}
_WALL = names(Action.WALL)


def blueprint(office: Office) -> Blueprint:
    """The list, enrolling, revoking, renaming."""
    pages = Blueprint("screens", __name__, url_prefix=HERE)

    @pages.get("")
    @_WALL
    def listed() -> Response:
        return _list(office, None)

    @pages.post("")
    @_WALL
    def enrolled() -> Response:
        by = demand(Action.WALL)
        try:
            office.screens.enrol(given("ma"), given("ten"), _page(office), networks(), by)
        except Refused as refused:
            return _list(office, refused)
        return to(f"{HERE}?xong=enrolled")

    @pages.get("/<key>")
    @_WALL
    def one(key: str) -> Response:
        return _one(office, key, None)

    @pages.post("/<key>")
    @_WALL
    def changed(key: str) -> Response:
        by, key = demand(Action.WALL), text(key, 60)
        try:
            office.screens.change(key, given("ten"), _page(office), networks(), by)
        except Refused as refused:
            return _one(office, key, refused)
        return to(f"{HERE}?xong=saved")

    @pages.post("/<key>/thu-hoi")
    @_WALL
    def revoked(key: str) -> Response:
        by, key = demand(Action.WALL), text(key, 60)
        try:
            office.screens.revoke(key, by)
        except Refused as refused:
            return _list(office, refused)
        return to(f"{HERE}?xong=revoked")

    return pages


def _page(office: Office) -> str:
    """The path of one of our pages, the wall's where something else was sent."""
    return given("trang") if given("trang") in office.pages() else WALL


def _pages(office: Office, said: Words) -> list[tuple[str, str]]:
    """What a screen may show, the wall's own page first; a page without a word of ours by its title."""
    named = ((path, said.say(_WORDS[path]) if path in _WORDS else title) for path, title in office.pages().items())
    some = sorted(named, key=lambda pair: (pair[0] != WALL, pair[1]))
    return [(path, f"{title} – {path}") for path, title in some]


def _list(office: Office, refused: Refused | None) -> Response:
    said = words()
    some = office.screens.listed()
    names_ = ("screen_name", "screen_page", "address", "last_seen", "state")
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[said.say("forms.screens")],
        h.p(".quiet")[said.say("forms.screens_why")],
        table([said.say(f"forms.{one}") for one in names_] + [""], (_row(said, one) for one in some))
        if some
        else h.p(".nothing")[said.say("forms.screens_none")],
    ]
    return admin_page(
        said, said.say("forms.screens"), HERE, wrong(said, refused), done(said), _adding(office, said), rows,
        status=status(refused),
    )  # fmt: skip


def _row(said: Words, one: Screen) -> list[h.Node]:
    off = one.revoked is not None
    state = h.span(class_=["state", "is-off" if off else ""])[
        mark("power" if off else "normal"), said.say("forms.screen_off" if off else "forms.screen_on")
    ]
    here = f"{HERE}/{one.key}"
    acts = h.fragment[
        h.a(".tool", href=here)[said.say("forms.open")],
        act(f"{here}/thu-hoi", said.say("forms.screen_revoke"), danger=True),
    ]
    return [
        h.fragment[h.b[one.shown], h.small(".quiet")[one.key]], one.page,
        h.fragment[one.address or "–", one.range and h.small(".quiet")[one.range]],
        when(one.seen) if one.seen.timestamp() > 0 else said.say("forms.screen_never"), state, None if off else acts,
    ]  # fmt: skip


def _adding(office: Office, said: Words) -> h.Element:
    steps = h.ol(".steps")[
        h.li[said.say("forms.screen_how_1", address=f"{request.host_url.rstrip('/')}/man-hinh")],
        h.li[said.say("forms.screen_how_2")],
        h.li[said.say("forms.screen_how_3")],
    ]
    code = field(said.say("forms.screen_code"), "ma", given("ma", 12), longest=12)
    inside = form(
        HERE, h.div(".form-fields")[code, _fields(office, said, given("ten"), given("trang") or WALL, networks())],
        h.div(".form-row")[button(said.say("forms.screen_enrol"), main=True)],
    )  # fmt: skip
    asking = office.screens.asking()
    waiting = _waiting(said, asking) if asking else None
    return h.section(".box.form-box")[h.h2(".box-title")[said.say("forms.screen_add")], steps, inside, waiting]


def _fields(office: Office, said: Words, name: str, page: str, within: str) -> list[h.Node]:
    return [
        field(said.say("forms.screen_name"), "ten", name, hint=said.say("forms.screen_name_hint"), longest=60),
        choice(said.say("forms.screen_page"), "trang", _pages(office, said), page),
        networks_field(said.say("forms.screen_range"), within, said.say("forms.screen_range_hint")),
    ]


def _waiting(said: Words, some: Iterable[Ask]) -> h.Element:
    """Screens that ask now: a code that stands on no screen of ours is somebody else's."""
    heads = [said.say(f"forms.{one}") for one in ("screen_waiting", "address", "browser")]
    rows: Iterable[list[h.Node]] = (
        [h.span(".waiting-code")[f"{one.code[:4]}-{one.code[4:]}"], one.address, agent(said, one.agent)] for one in some
    )
    return table(heads, rows, last_acts=False)


def _one(office: Office, key: str, refused: Refused | None) -> Response:
    said = words()
    found = next((one for one in office.screens.listed() if one.key == key and not one.revoked), None)
    if found is None:
        return _list(office, refused or Refused("screen_none"))
    inside = form(
        f"{HERE}/{key}", h.div(".form-fields")[_fields(office, said, found.shown, found.page, found.range)],
        h.div(".form-row")[button(said.say("forms.save"), main=True)],
    )  # fmt: skip
    facts = (("enrolled", f"{when(found.enrolled)} · {found.enrolled_by}"), ("last_seen", when(found.seen)),
             ("address", found.address or "–"))  # fmt: skip
    told = h.dl(".facts")[((h.dt[said.say(f"forms.{name}")], h.dd[value]) for name, value in facts)]
    revoke = act(f"{HERE}/{key}/thu-hoi", said.say("forms.screen_revoke"), danger=True)
    box = h.section(".box.form-box")[told, inside, h.div(".form-row")[revoke]]
    return admin_page(said, found.shown, HERE, wrong(said, refused), box, status=status(refused))

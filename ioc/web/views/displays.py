"""/quan-tri/man-hinh: the screens: which wait, which are enrolled, when each was last seen; revoked with one press."""

from collections.abc import Iterable

import htpy as h
from flask import Blueprint, Response, request

from components.screens.shell import DESTINATIONS
from components.ui.icons import mark
from ioc.auth.errors import AuthError
from ioc.auth.permissions import Action
from ioc.storage.access.displays import Display, EnrolmentRequest
from ioc.web.middleware.authorization import require, requires
from ioc.web.views.account import user_agent_label
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.widgets import (
    action_button,
    button,
    choice,
    clean_text,
    done_notice,
    error_notice,
    field,
    form,
    form_value,
    format_moment,
    http_status,
    networks_field,
    submitted_networks,
    table,
)

BASE_PATH, WALL_PATH = "/quan-tri/man-hinh", "/tuong"
_PAGE_TITLE_KEYS = {one.path: one.label_key for one in DESTINATIONS} | {
    WALL_PATH: "forms.wall_page",
    "/cham-so-lieu": "submissions.page",
}
_requires_manage_displays = requires(Action.MANAGE_DISPLAYS)


def blueprint(services: Services) -> Blueprint:
    """The list, enrolling, revoking, renaming."""
    pages = Blueprint("screens", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_manage_displays
    def listed() -> Response:
        return _list_page(services, None)

    @pages.post("")
    @_requires_manage_displays
    def enrolled() -> Response:
        by = require(Action.MANAGE_DISPLAYS)
        try:
            services.displays.enrol(
                form_value("ma"), form_value("ten"), _submitted_page(services), submitted_networks(), by
            )
        except AuthError as refused:
            return _list_page(services, refused)
        return redirect_to(f"{BASE_PATH}?xong=enrolled")

    @pages.get("/<key>")
    @_requires_manage_displays
    def one(key: str) -> Response:
        return _display_page(services, key, None)

    @pages.post("/<key>")
    @_requires_manage_displays
    def changed(key: str) -> Response:
        by, key = require(Action.MANAGE_DISPLAYS), clean_text(key, 60)
        try:
            services.displays.change(key, form_value("ten"), _submitted_page(services), submitted_networks(), by)
        except AuthError as refused:
            return _display_page(services, key, refused)
        return redirect_to(f"{BASE_PATH}?xong=saved")

    @pages.post("/<key>/thu-hoi")
    @_requires_manage_displays
    def revoked(key: str) -> Response:
        by, key = require(Action.MANAGE_DISPLAYS), clean_text(key, 60)
        try:
            services.displays.revoke(key, by)
        except AuthError as refused:
            return _list_page(services, refused)
        return redirect_to(f"{BASE_PATH}?xong=revoked")

    return pages


def _submitted_page(services: Services) -> str:
    """The path of one of our pages, the wall's where something else was sent."""
    return form_value("trang") if form_value("trang") in services.display_pages() else WALL_PATH


def _page_options(services: Services, context: PageContext) -> list[tuple[str, str]]:
    """What a screen may show, the wall's own page first; a page without a word of ours by its title."""
    named = (
        (path, context.t(_PAGE_TITLE_KEYS[path]) if path in _PAGE_TITLE_KEYS else title)
        for path, title in services.display_pages().items()
    )
    some = sorted(named, key=lambda pair: (pair[0] != WALL_PATH, pair[1]))
    return [(path, f"{title} – {path}") for path, title in some]


def _list_page(services: Services, error: AuthError | None) -> Response:
    said = page_context()
    some = services.displays.list_all()
    names_ = ("screen_name", "screen_page", "address", "last_seen", "state")
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[said.t("forms.screens")],
        h.p(".quiet")[said.t("forms.screens_why")],
        table([said.t(f"forms.{one}") for one in names_] + [""], (_display_row(said, one) for one in some))
        if some
        else h.p(".nothing")[said.t("forms.screens_none")],
    ]
    return admin_page(
        said,
        said.t("forms.screens"),
        BASE_PATH,
        error_notice(said, error),
        done_notice(said),
        _enrol_form(services, said),
        rows,
        status=http_status(error),
    )


def _display_row(context: PageContext, display: Display) -> list[h.Node]:
    off = display.revoked_at is not None
    state = h.span(class_=["state", "is-off" if off else ""])[
        mark("power" if off else "normal"), context.t("forms.screen_off" if off else "forms.screen_on")
    ]
    here = f"{BASE_PATH}/{display.key}"
    acts = h.fragment[
        h.a(".tool", href=here)[context.t("forms.open")],
        action_button(f"{here}/thu-hoi", context.t("forms.screen_revoke"), is_danger=True),
    ]
    return [
        h.fragment[h.b[display.display_name], h.small(".quiet")[display.key]],
        display.page,
        h.fragment[
            display.last_address or "–", display.allowed_networks and h.small(".quiet")[display.allowed_networks]
        ],
        format_moment(display.last_seen) if display.last_seen.timestamp() > 0 else context.t("forms.screen_never"),
        state,
        None if off else acts,
    ]


def _enrol_form(services: Services, context: PageContext) -> h.Element:
    steps = h.ol(".steps")[
        h.li[context.t("forms.screen_how_1", address=f"{request.host_url.rstrip('/')}/man-hinh")],
        h.li[context.t("forms.screen_how_2")],
        h.li[context.t("forms.screen_how_3")],
    ]
    code = field(context.t("forms.screen_code"), "ma", form_value("ma", 12), max_length=12)
    inside = form(
        BASE_PATH,
        h.div(".form-fields")[
            code,
            _display_fields(
                services, context, form_value("ten"), form_value("trang") or WALL_PATH, submitted_networks()
            ),
        ],
        h.div(".form-row")[button(context.t("forms.screen_enrol"), is_primary=True)],
    )
    asking = services.displays.pending_requests()
    waiting = _pending_table(context, asking) if asking else None
    return h.section(".box.form-box")[h.h2(".box-title")[context.t("forms.screen_add")], steps, inside, waiting]


def _display_fields(services: Services, context: PageContext, name: str, page: str, networks_text: str) -> list[h.Node]:
    return [
        field(context.t("forms.screen_name"), "ten", name, hint=context.t("forms.screen_name_hint"), max_length=60),
        choice(context.t("forms.screen_page"), "trang", _page_options(services, context), page),
        networks_field(context.t("forms.screen_range"), networks_text, context.t("forms.screen_range_hint")),
    ]


def _pending_table(context: PageContext, requests: Iterable[EnrolmentRequest]) -> h.Element:
    """Screens that ask now: a code that stands on no screen of ours is somebody else's."""
    heads = [context.t(f"forms.{one}") for one in ("screen_waiting", "address", "browser")]
    rows: Iterable[list[h.Node]] = (
        [
            h.span(".waiting-code")[f"{one.code[:4]}-{one.code[4:]}"],
            one.address,
            user_agent_label(context, one.user_agent),
        ]
        for one in requests
    )
    return table(heads, rows, has_actions=False)


def _display_page(services: Services, key: str, error: AuthError | None) -> Response:
    said = page_context()
    found = next((one for one in services.displays.list_all() if one.key == key and not one.revoked_at), None)
    if found is None:
        return _list_page(services, error or AuthError("screen_none"))
    inside = form(
        f"{BASE_PATH}/{key}",
        h.div(".form-fields")[_display_fields(services, said, found.display_name, found.page, found.allowed_networks)],
        h.div(".form-row")[button(said.t("forms.save"), is_primary=True)],
    )
    facts = (
        ("enrolled", f"{format_moment(found.enrolled_at)} · {found.enrolled_by}"),
        ("last_seen", format_moment(found.last_seen)),
        ("address", found.last_address or "–"),
    )
    told = h.dl(".facts")[((h.dt[said.t(f"forms.{name}")], h.dd[value]) for name, value in facts)]
    revoke = action_button(f"{BASE_PATH}/{key}/thu-hoi", said.t("forms.screen_revoke"), is_danger=True)
    box = h.section(".box.form-box")[told, inside, h.div(".form-row")[revoke]]
    return admin_page(said, found.display_name, BASE_PATH, error_notice(said, error), box, status=http_status(error))

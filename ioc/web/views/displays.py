"""/quan-tri/man-hinh: displays: those that wait, those enrolled and when last seen; changing and revoking."""

from collections.abc import Iterable

import htpy as h
from flask import Blueprint, Response, request

from components.access.user_agent import user_agent_text
from components.screens.shell import DESTINATIONS
from components.ui.format import format_moment
from ioc.auth.displays import DisplaySettings
from ioc.auth.errors import AuthCode, AuthError
from ioc.domain.access.permissions import Action
from ioc.storage.access.displays import Display, EnrolmentRequest
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.admin import admin_page
from ioc.web.views.display_enrolment import PLACE_PARAMETER
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.widgets import (
    action_button,
    button,
    choice,
    clean_text,
    credential_badge,
    done_notice,
    field,
    form,
    form_value,
    networks_field,
    submitted_networks,
    submitted_version,
    table,
    version_field,
)

BASE_PATH, WALL_PATH = "/quan-tri/man-hinh", "/tuong"
_PAGE_TITLE_KEYS = {page.path: page.label_key for page in DESTINATIONS} | {
    WALL_PATH: "views.wall_page",
    "/cham-so-lieu": "submissions.page",
}
_requires_manage_displays = requires(Action.MANAGE_DISPLAYS)


def blueprint(services: Services) -> Blueprint:
    """The list, enrolling, changing and revoking."""
    pages = Blueprint("displays", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_manage_displays
    def show_list() -> Response:
        return _list_page(services, None)

    @pages.post("")
    @_requires_manage_displays
    def enrol() -> Response:
        by = current_principal()
        try:
            services.auth.displays.enrol(form_value("ma"), _submitted_settings(services), by)
        except AuthError as error:
            return _list_page(services, error)
        return redirect_to(f"{BASE_PATH}?xong=enrolled")

    @pages.get("/<key>")
    @_requires_manage_displays
    def show(key: str) -> Response:
        return _display_page(services, key, None)

    @pages.post("/<key>")
    @_requires_manage_displays
    def change(key: str) -> Response:
        by, key = current_principal(), clean_text(key, 60)
        try:
            services.auth.displays.change(key, _submitted_settings(services), by, version=submitted_version())
        except AuthError as error:
            return _display_page(services, key, error)
        return redirect_to(f"{BASE_PATH}?xong=saved")

    @pages.post("/<key>/thu-hoi")
    @_requires_manage_displays
    def revoke(key: str) -> Response:
        by, key = current_principal(), clean_text(key, 60)
        try:
            services.auth.displays.revoke(key, by)
        except AuthError as error:
            return _list_page(services, error)
        return redirect_to(f"{BASE_PATH}?xong=revoked")

    return pages


def _submitted_settings(services: Services) -> DisplaySettings:
    """The settings as typed; the wall's page for a path that is none."""
    page = form_value("trang") if form_value("trang") in services.display_pages() else WALL_PATH
    return DisplaySettings(form_value("ten"), page, submitted_networks())


def _page_options(services: Services, context: PageContext) -> list[tuple[str, str]]:
    """The pages that a display may show, the wall first; a page without a message of its own by its title."""
    titles = {
        path: context.t(_PAGE_TITLE_KEYS[path]) if path in _PAGE_TITLE_KEYS else title
        for path, title in services.display_pages().items()
    }
    ordered = sorted(titles.items(), key=lambda item: (item[0] != WALL_PATH, item[1]))
    return [(path, f"{title} – {path}") for path, title in ordered]


def _list_page(services: Services, error: AuthError | None) -> Response:
    context = page_context()
    displays = services.auth.displays.list_all(current_principal())
    heads = ("screen_name", "screen_page", "address", "last_seen", "state")
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.screens")],
        h.p(".quiet")[context.t("views.screens_why")],
        table([context.t(f"views.{head}") for head in heads] + [""], (_display_row(context, row) for row in displays))
        if displays
        else h.p(".nothing")[context.t("views.screens_none")],
    ]
    return admin_page(
        context,
        context.t("views.screens"),
        BASE_PATH,
        error_notice(context, error),
        done_notice(context),
        _enrol_form(services, context),
        rows,
        status=http_status(error),
    )


def _display_row(context: PageContext, display: Display) -> list[h.Node]:
    is_revoked, path = display.revoked_at is not None, f"{BASE_PATH}/{display.key}"
    actions = h.fragment[
        h.a(".tool", href=path)[context.t("views.open")],
        action_button(f"{path}/thu-hoi", context.t("views.screen_revoke"), is_danger=True),
    ]
    return [
        h.fragment[h.b[display.display_name], h.small(".quiet")[display.key]],
        display.page,
        h.fragment[
            display.last_address or "–", display.allowed_networks and h.small(".quiet")[display.allowed_networks]
        ],
        format_moment(display.last_seen) if display.last_seen.timestamp() > 0 else context.t("views.screen_never"),
        credential_badge(context, is_revoked=is_revoked),
        None if is_revoked else actions,
    ]


def _enrol_form(services: Services, context: PageContext) -> h.Element:
    steps = h.ol(".steps")[
        h.li[context.t("views.screen_how_1", address=_address_for_displays(services))],
        h.li[context.t("views.screen_how_2")],
        h.li[context.t("views.screen_how_3")],
    ]
    code = field(context.t("views.screen_code"), "ma", form_value("ma", 12), max_length=12)
    inside = form(
        BASE_PATH,
        h.div(".form-fields")[
            code,
            _display_fields(
                services, context, form_value("ten"), form_value("trang") or WALL_PATH, submitted_networks()
            ),
        ],
        h.div(".form-row")[button(context.t("views.screen_enrol"), is_primary=True)],
    )
    requests = services.auth.displays.pending_requests(current_principal())
    waiting = _pending_table(context, requests) if requests else None
    return h.section(".box.form-box")[h.h2(".box-title")[context.t("views.screen_add")], steps, inside, waiting]


def _address_for_displays(services: Services) -> str:
    """What is opened on a new display, with a place in the queue when many wait."""
    displays, by = services.auth.displays, current_principal()
    place = f"?{PLACE_PARAMETER}={displays.place_code(by)}" if displays.is_queue_crowded(by) else ""
    return f"{request.host_url.rstrip('/')}/man-hinh{place}"


def _display_fields(services: Services, context: PageContext, name: str, page: str, networks_text: str) -> list[h.Node]:
    return [
        field(context.t("views.screen_name"), "ten", name, hint=context.t("views.screen_name_hint"), max_length=60),
        choice(context.t("views.screen_page"), "trang", _page_options(services, context), page),
        networks_field(context.t("views.screen_range"), networks_text, context.t("views.screen_range_hint")),
    ]


def _pending_table(context: PageContext, requests: Iterable[EnrolmentRequest]) -> h.Element:
    """Displays that wait now: a code that is on no screen of ours is somebody else's."""
    heads = [context.t(f"views.{head}") for head in ("screen_waiting", "address", "browser")]
    rows: Iterable[list[h.Node]] = (
        [
            h.span(".waiting-code")[f"{enrolment.code[:4]}-{enrolment.code[4:]}"],
            enrolment.address,
            h.span(title=enrolment.user_agent or None)[user_agent_text(enrolment.user_agent, context.lang)],
        ]
        for enrolment in requests
    )
    return table(heads, rows, has_actions=False)


def _display_page(services: Services, key: str, error: AuthError | None) -> Response:
    context = page_context()
    active = (display for display in services.auth.displays.list_all(current_principal()) if not display.revoked_at)
    display = next((display for display in active if display.key == key), None)
    if display is None:
        return _list_page(services, error or AuthError(AuthCode.DISPLAY_NOT_FOUND))
    inside = form(
        f"{BASE_PATH}/{key}",
        version_field(display.version),
        h.div(".form-fields")[
            _display_fields(services, context, display.display_name, display.page, display.allowed_networks)
        ],
        h.div(".form-row")[button(context.t("views.save"), is_primary=True)],
    )
    facts = (
        ("enrolled", f"{format_moment(display.enrolled_at)} · {display.enrolled_by}"),
        ("last_seen", format_moment(display.last_seen)),
        ("address", display.last_address or "–"),
    )
    details = h.dl(".facts")[((h.dt[context.t(f"views.{name}")], h.dd[value]) for name, value in facts)]
    revoke = action_button(f"{BASE_PATH}/{key}/thu-hoi", context.t("views.screen_revoke"), is_danger=True)
    box = h.section(".box.form-box")[details, inside, h.div(".form-row")[revoke]]
    return admin_page(
        context, display.display_name, BASE_PATH, error_notice(context, error), box, status=http_status(error)
    )

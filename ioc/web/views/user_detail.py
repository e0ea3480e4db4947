"""One account, as an administrator sees it: what it may, its way in, where it is signed in."""

from collections.abc import Iterable
from urllib.parse import quote

import htpy as h
from flask import Response, request

from components.ui.format import format_time
from components.ui.icons import mark
from ioc.auth.errors import AuthError
from ioc.auth.principal import Role
from ioc.auth.user_admin import UserAccount
from ioc.web.middleware.authorization import current_principal
from ioc.web.views.account import sessions_table
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services
from ioc.web.views.widgets import (
    action_button,
    button,
    checkboxes,
    choice,
    done_notice,
    error_notice,
    field,
    form,
    form_value,
    format_moment,
    http_status,
)

BASE_PATH = "/quan-tri/tai-khoan"


def user_page(services: Services, name: str, error: AuthError | None) -> Response:
    """The account `name`; the list where there is none."""
    said = page_context()
    one = next((person for person in services.accounts.list_accounts() if person.name == name), None)
    if one is None:
        missing = AuthError("no_account", name=name[:60])
        return admin_page(
            said, said.t("forms.accounts"), BASE_PATH, error_notice(said, missing), _back_link(said), status=404
        )
    boxes = (
        _facts_box(said, one),
        _rights_form(services, said, one),
        _login_box(said, one),
        _sessions_box(services, said, one),
    )
    title = one.display_name or one.name
    return admin_page(
        said,
        title,
        BASE_PATH,
        error_notice(said, error),
        done_notice(said),
        *boxes,
        _back_link(said),
        status=http_status(error),
    )


def _back_link(context: PageContext) -> h.Element:
    return h.p[h.a(".link", href=BASE_PATH)[context.t("forms.all_accounts")]]


def _facts_box(context: PageContext, account: UserAccount) -> h.Element:
    factor = context.t("forms.factor_on" if account.has_mfa else "forms.factor_off")
    facts: tuple[tuple[str, h.Node], ...] = (
        ("forms.name", account.name), ("forms.state", account_badge(context, account)), ("forms.factor", factor),
        ("forms.created", format_moment(account.created_at)), ("forms.last_used", last_used_text(account)),
    )  # fmt: skip
    return h.section(".box.form-box")[h.dl(".facts")[((h.dt[context.t(key)], h.dd[value]) for key, value in facts)]]


def _rights_form(services: Services, context: PageContext, account: UserAccount) -> h.Element:
    tried = "ho-ten" in request.form  # what was typed stands again when it was refused
    roles = request.form.getlist("vai-tro") if tried else account.roles
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("forms.rights")],
        form(
            f"{BASE_PATH}/{quote(account.name)}",
            h.div(".form-fields")[
                field(
                    context.t("forms.shown"),
                    "ho-ten",
                    form_value("ho-ten") if tried else account.display_name,
                    is_required=False,
                ),
                choice(
                    context.t("forms.agency"),
                    "co-quan",
                    agency_options(services, context, account.agency),
                    form_value("co-quan") if tried else account.agency,
                ),
            ],
            checkboxes(
                context.t("forms.roles"), "vai-tro", role_options(context), roles, hint=context.t("forms.roles_hint")
            ),
            h.div(".form-row")[button(context.t("forms.save"), is_primary=True)],
        ),
    ]


def _login_box(context: PageContext, account: UserAccount) -> h.Element:
    here = f"{BASE_PATH}/{quote(account.name)}"
    reset = form(
        f"{here}/dat-lai",
        account.has_mfa and checkboxes("", "lop-hai", [("1", context.t("forms.reset_factor"))]),
        h.div(".form-row")[button(context.t("forms.reset"))],
    )
    lock = (
        action_button(f"{here}/mo", context.t("forms.enable"))
        if account.disabled_at
        else action_button(f"{here}/khoa", context.t("forms.disable"), is_danger=True)
    )
    mine = current_principal().name == account.name
    unlock = (
        account.locked_until is not None
        and h.div(".form-row")[action_button(f"{here}/mo-khoa", context.t("forms.unlock"))]
    )
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("forms.way_in")],
        mine and h.p[h.a(".tool", href="/tai-khoan")[context.t("forms.account")]],
        not mine and h.p(".quiet")[context.t("forms.outside" if account.is_external else "forms.reset_why")],
        not mine and unlock,
        not mine and not account.is_external and reset,
        not mine and h.div(".form-row")[lock],
    ]


def _sessions_box(services: Services, context: PageContext, account: UserAccount) -> h.Element:
    rows = services.accounts.list_sessions(account.name)
    here = f"{BASE_PATH}/{quote(account.name)}/phien"
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("forms.sessions")],
        sessions_table(context, rows, here) if rows else h.p(".nothing")[context.t("forms.sessions_none")],
        len(rows) > 1 and h.div(".form-row")[action_button(here, context.t("forms.end_all"), hidden={"phien": "*"})],
    ]


def last_used_text(account: UserAccount) -> str:
    """When somebody signed in to it, "–" for never."""
    return "–" if account.last_used == account.created_at else format_moment(account.last_used)


def account_badge(context: PageContext, account: UserAccount) -> h.Element:
    """How an account stands: its mark and its word."""
    key = (
        "off"
        if account.disabled_at
        else "locked"
        if account.locked_until
        else "once"
        if account.has_one_time_password
        else "on"
    )
    sign = {"off": "power", "locked": "attention", "once": "late", "on": "normal"}[key]
    until = format_time(account.locked_until) if account.locked_until else ""
    return h.span(class_=["state", f"is-{key}"])[mark(sign), context.t(f"forms.account_{key}", until=until)]


def agency_options(services: Services, context: PageContext, current: str) -> list[tuple[str, str]]:
    """None, then by their words those that owe figures, and the one that the account has."""
    owing = {*services.reporting_agencies(), current}
    named = ((key, one.get(context.lang)) for key, one in services.agency_names().items() if key in owing)
    some = sorted(named, key=lambda pair: pair[1])
    return [("", context.t("forms.agency_none")), *some]


def role_options(context: PageContext) -> Iterable[tuple[str, str]]:
    """All roles with their words."""
    return [(one.value, context.t(f"forms.role_{one}")) for one in Role]

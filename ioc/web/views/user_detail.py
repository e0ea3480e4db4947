"""/quan-tri/tai-khoan/<name>: one account: facts, permissions, access and sessions."""

from collections.abc import Iterable
from urllib.parse import quote

import htpy as h
from flask import Response, request

from components.ui.format import format_time
from components.ui.icons import mark
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.user_admin import UserAccount
from ioc.domain.access.permissions import AccessTarget, Action, is_allowed
from ioc.domain.access.principal import Role
from ioc.domain.base.failure import Failure
from ioc.web.errors.request_error import RequestError
from ioc.web.views.account import sessions_table
from ioc.web.views.admin import admin_page
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services
from ioc.web.views.widgets import (
    action_button,
    button,
    checkboxes,
    choice,
    done_notice,
    field,
    form,
    form_value,
    format_moment,
    version_field,
)

BASE_PATH = "/quan-tri/tai-khoan"


def user_page(services: Services, name: str, error: AuthError | None) -> Response:
    """The page of an account. Raises RequestError: ACCOUNT_NOT_FOUND."""
    context = page_context()
    account = next((row for row in services.auth.users.list_accounts(context.principal) if row.name == name), None)
    if account is None:
        raise RequestError(Failure(AuthCode.ACCOUNT_NOT_FOUND, {"name": name[:60]}))
    boxes = (
        _facts_box(context, account),
        _may_administer(context, account) and _rights_form(services, context, account, error),
        _login_box(context, account),
        _sessions_box(services, context, account),
    )
    title = account.display_name or account.name
    return admin_page(
        context,
        title,
        BASE_PATH,
        error_notice(context, error),
        done_notice(context),
        *boxes,
        _back_link(context),
        status=http_status(error),
    )


def _back_link(context: PageContext) -> h.Element:
    return h.p[h.a(".link", href=BASE_PATH)[context.t("views.all_accounts")]]


def _facts_box(context: PageContext, account: UserAccount) -> h.Element:
    mfa = context.t("views.factor_on" if account.has_mfa else "views.factor_off")
    facts: tuple[tuple[str, h.Node], ...] = (
        ("views.name", account.name), ("views.state", account_badge(context, account)), ("views.factor", mfa),
        ("views.created", format_moment(account.created_at)), ("views.last_used", last_used_text(account)),
    )  # fmt: skip
    return h.section(".box.form-box")[h.dl(".facts")[((h.dt[context.t(key)], h.dd[value]) for key, value in facts)]]


def _rights_form(services: Services, context: PageContext, account: UserAccount, error: AuthError | None) -> h.Element:
    # After an error the input is shown again, but not over what somebody else has changed.
    is_submitted = "ho-ten" in request.form and not (error and error.code is AuthCode.ACCOUNT_CHANGED)
    roles = request.form.getlist("vai-tro") if is_submitted else account.roles
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.rights")],
        form(
            f"{BASE_PATH}/{quote(account.name)}",
            version_field(account.version),
            h.div(".form-fields")[
                field(
                    context.t("views.shown"),
                    "ho-ten",
                    form_value("ho-ten") if is_submitted else account.display_name,
                    is_required=False,
                ),
                choice(
                    context.t("views.agency"),
                    "co-quan",
                    agency_options(services, context, account.agency),
                    form_value("co-quan") if is_submitted else account.agency,
                ),
            ],
            checkboxes(
                context.t("views.roles"), "vai-tro", role_options(context), roles, hint=context.t("views.roles_hint")
            ),
            h.div(".form-row")[button(context.t("views.save"), is_primary=True)],
        ),
    ]


def _may_administer(context: PageContext, account: UserAccount) -> bool:
    """Whether the principal may change the account: not their own."""
    return is_allowed(context.principal, Action.ADMINISTER, AccessTarget(account=account.name))


def _login_box(context: PageContext, account: UserAccount) -> h.Element:
    path = f"{BASE_PATH}/{quote(account.name)}"
    reset = form(
        f"{path}/dat-lai",
        account.has_mfa and checkboxes("", "lop-hai", [("1", context.t("views.reset_factor"))]),
        h.div(".form-row")[button(context.t("views.reset"))],
    )
    toggle = (
        action_button(f"{path}/mo", context.t("views.enable"))
        if account.disabled_at
        else action_button(f"{path}/khoa", context.t("views.disable"), is_danger=True)
    )
    may_administer = _may_administer(context, account)
    unlock = (
        account.locked_until is not None
        and h.div(".form-row")[action_button(f"{path}/mo-khoa", context.t("views.unlock"))]
    )
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.way_in")],
        not may_administer and h.p[h.a(".tool", href="/tai-khoan")[context.t("views.account")]],
        may_administer and h.p(".quiet")[context.t("views.outside" if account.is_external else "views.reset_why")],
        may_administer and unlock,
        may_administer and not account.is_external and reset,
        may_administer and h.div(".form-row")[toggle],
    ]


def _sessions_box(services: Services, context: PageContext, account: UserAccount) -> h.Element:
    rows = services.auth.sessions.list_sessions(account.name, context.principal)
    action = f"{BASE_PATH}/{quote(account.name)}/phien"
    return h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.sessions")],
        sessions_table(context, rows, action) if rows else h.p(".nothing")[context.t("views.sessions_none")],
        len(rows) > 1 and h.div(".form-row")[action_button(action, context.t("views.end_all"), hidden={"phien": "*"})],
    ]


def last_used_text(account: UserAccount) -> str:
    """When the account was last used, "–" for never."""
    return "–" if account.last_used == account.created_at else format_moment(account.last_used)


def account_badge(context: PageContext, account: UserAccount) -> h.Element:
    """The state of an account: sign and word."""
    if account.disabled_at:
        key = "off"
    elif account.locked_until:
        key = "locked"
    else:
        key = "once" if account.has_one_time_password else "on"
    sign = {"off": "power", "locked": "attention", "once": "late", "on": "normal"}[key]
    until = format_time(account.locked_until) if account.locked_until else ""
    return h.span(class_=["state", f"is-{key}"])[mark(sign), context.t(f"views.account_{key}", until=until)]


def agency_options(services: Services, context: PageContext, current: str) -> list[tuple[str, str]]:
    """Options: none, then by name the agencies with a reporting obligation and the current one."""
    keys = {*services.reporting_agencies(), current}
    options = ((key, name.get(context.lang)) for key, name in services.agency_names().items() if key in keys)
    return [("", context.t("views.agency_none")), *sorted(options, key=lambda option: option[1])]


def role_options(context: PageContext) -> Iterable[tuple[str, str]]:
    """Options: all roles."""
    return [(role.value, context.t(f"views.role_{role}")) for role in Role]

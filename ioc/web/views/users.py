"""/quan-tri/tai-khoan: accounts: the list, adding, changing, resetting access."""

from urllib.parse import quote

import htpy as h
from flask import Blueprint, Response, request

from ioc.auth.errors import AuthError
from ioc.auth.user_admin import NewUser, UserAccount, UserChange
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Role
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.account import parse_session_id, role_names
from ioc.web.views.admin import admin_page
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.user_detail import BASE_PATH, account_badge, agency_options, last_used_text, role_options, user_page
from ioc.web.views.widgets import (
    button,
    checkboxes,
    choice,
    clean_text,
    done_notice,
    field,
    form,
    form_value,
    one_time_secret,
    submitted_version,
    table,
)

_requires_administer = requires(Action.ADMINISTER)


def blueprint(services: Services) -> Blueprint:
    """The list, adding, and the acts on one account."""
    pages = Blueprint("users", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_administer
    def show_list() -> Response:
        return _list_page(services, None)

    @pages.post("")
    @_requires_administer
    def add() -> Response:
        by, name = current_principal(), form_value("ten").casefold()
        try:
            password = services.auth.users.add(
                NewUser(name, _submitted_roles(), form_value("ho-ten"), _submitted_agency(services)), by
            )
        except AuthError as error:
            return _list_page(services, error)
        return _one_time_password_page(name, password)

    @pages.get("/<name>")
    @_requires_administer
    def show(name: str) -> Response:
        return user_page(services, name, None)

    @pages.post("/<name>")
    @_requires_administer
    def save(name: str) -> Response:
        by, name = current_principal(), clean_text(name, 60)
        try:
            roles, agency = _submitted_roles(), _submitted_agency(services)
            change = UserChange(roles, agency, form_value("ho-ten"), submitted_version())
            services.auth.users.change(name, change, by)
        except AuthError as error:
            return user_page(services, name, error)
        return redirect_to(f"{BASE_PATH}/{quote(name)}?xong=saved")

    @pages.post("/<name>/<action>")
    @_requires_administer
    def apply(name: str, action: str) -> Response:
        return _apply_action(services, name, action)

    return pages


def _apply_action(services: Services, name: str, action: str) -> Response:
    by, name = current_principal(), clean_text(name, 60)
    users = services.auth.users
    plain = {"khoa": users.disable, "mo": users.enable, "mo-khoa": users.unlock}
    try:
        if action == "dat-lai":
            password = users.reset_password(name, by, with_mfa=request.form.get("lop-hai") == "1")
            return _one_time_password_page(name, password)
        if action == "phien":
            _end_sessions(services, name)
        elif action in plain:
            plain[action](name, by)
        else:
            return redirect_to(f"{BASE_PATH}/{quote(name)}")
    except AuthError as error:
        return user_page(services, name, error)
    done_key = {"phien": "ended", "khoa": "disabled", "mo": "enabled", "mo-khoa": "unlocked"}[action]
    return redirect_to(f"{BASE_PATH}/{quote(name)}?xong={done_key}")


def _end_sessions(services: Services, name: str) -> None:
    by, number = current_principal(), request.form.get("phien", "")
    if number == "*":
        services.auth.sessions.end_all_sessions(name, by)
    else:
        services.auth.sessions.end_session(parse_session_id(number), by, owner=name)


def _submitted_roles() -> list[Role]:
    return [role for role in Role if role in request.form.getlist("vai-tro")]


def _submitted_agency(services: Services) -> str:
    """The key of the chosen agency, "" for none."""
    key = form_value("co-quan")
    return key if key in services.agency_names() else ""


def _list_page(services: Services, error: AuthError | None) -> Response:
    context = page_context()
    accounts = services.auth.users.list_accounts(current_principal())
    heads = [context.t(f"views.{head}") for head in ("name", "roles", "agency", "last_used", "state")]
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.accounts"), h.small[context.t("views.accounts_n", n=len(accounts))]],
        table([*heads, ""], (_account_row(services, context, account) for account in accounts)),
    ]
    return admin_page(
        context, context.t("views.accounts"), BASE_PATH, error_notice(context, error), done_notice(context), rows,
        _add_form(services, context, is_open=error is not None), status=http_status(error),
    )  # fmt: skip


def _account_row(services: Services, context: PageContext, account: UserAccount) -> list[h.Node]:
    agency = services.agency_names().get(account.agency)
    return [
        h.fragment[h.b[account.display_name or account.name], h.small(".quiet")[account.name]],
        role_names(context, account.roles),
        agency.get(context.lang) if agency else account.agency,
        last_used_text(account),
        account_badge(context, account),
        h.a(".tool", href=f"{BASE_PATH}/{quote(account.name)}")[context.t("views.open")],
    ]


def _add_form(services: Services, context: PageContext, *, is_open: bool) -> h.Element:
    chosen = request.form.getlist("vai-tro")
    inside = form(
        BASE_PATH,
        h.div(".form-fields")[
            field(context.t("views.name"), "ten", form_value("ten"), hint=context.t("views.name_hint"), max_length=60),
            field(context.t("views.shown"), "ho-ten", form_value("ho-ten")),
            choice(
                context.t("views.agency"),
                "co-quan",
                agency_options(services, context, form_value("co-quan")),
                form_value("co-quan"),
                hint="" if services.reporting_agencies() else context.t("views.agency_owes_none"),
            ),
        ],
        checkboxes(
            context.t("views.roles"), "vai-tro", role_options(context), chosen, hint=context.t("views.roles_hint")
        ),
        h.div(".form-row")[button(context.t("views.add"), is_primary=True)],
    )
    return h.section(".box.form-box")[
        h.details(".more", open=is_open)[h.summary[context.t("views.account_add")], inside]
    ]


def _one_time_password_page(name: str, password: str) -> Response:
    """The one-time password in the response to the form itself: no later page could show it."""
    context = page_context()
    box = h.section(".box.form-box")[
        h.p(".form-lead")[context.t("views.given_out", name=name)],
        one_time_secret(context, context.t("views.one_time"), password),
        h.div(".form-row")[h.a(".tool.tool-main", href=f"{BASE_PATH}/{quote(name)}")[context.t("views.go_on")]],
    ]
    return admin_page(context, context.t("views.one_time"), BASE_PATH, box)

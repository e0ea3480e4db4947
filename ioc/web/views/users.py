"""/quan-tri/tai-khoan: everybody's accounts: who they are, what they may, and their way in when it is lost."""

from urllib.parse import quote

import htpy as h
from flask import Blueprint, Response, request

from ioc.auth.errors import AuthError
from ioc.auth.permissions import Action
from ioc.auth.principal import Role
from ioc.auth.user_admin import UserAccount
from ioc.web.middleware.authorization import require, requires
from ioc.web.views.account import role_names
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.user_detail import BASE_PATH, account_badge, agency_options, last_used_text, role_options, user_page
from ioc.web.views.widgets import (
    button,
    checkboxes,
    choice,
    clean_text,
    done_notice,
    error_notice,
    field,
    form,
    form_value,
    http_status,
    one_time_secret,
    table,
)

_requires_administer = requires(Action.ADMINISTER)


def blueprint(services: Services) -> Blueprint:
    """The list, adding to it, and one account."""
    pages = Blueprint("people", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_administer
    def listed() -> Response:
        return _list_page(services, None)

    @pages.post("")
    @_requires_administer
    def added() -> Response:
        by, name = require(Action.ADMINISTER), form_value("ten").casefold()
        try:
            secret = services.accounts.add(
                name, form_value("ho-ten"), _submitted_roles(), _submitted_agency(services), by
            )
        except AuthError as refused:
            return _list_page(services, refused)
        return _one_time_password_page(name, secret)

    @pages.get("/<name>")
    @_requires_administer
    def one(name: str) -> Response:
        return user_page(services, name, None)

    @pages.post("/<name>")
    @_requires_administer
    def changed(name: str) -> Response:
        by, name = require(Action.ADMINISTER), clean_text(name, 60)
        try:
            services.accounts.change(
                name,
                by,
                roles=_submitted_roles(),
                agency=_submitted_agency(services),
                display_name=form_value("ho-ten"),
            )
        except AuthError as refused:
            return user_page(services, name, refused)
        return redirect_to(f"{BASE_PATH}/{quote(name)}?xong=saved")

    @pages.post("/<name>/<act>")
    @_requires_administer
    def acted(name: str, act: str) -> Response:
        return _apply_action(services, name, act)

    return pages


def _apply_action(services: Services, name: str, action: str) -> Response:
    by, name = require(Action.ADMINISTER), clean_text(name, 60)
    people = services.accounts
    plain = {"khoa": people.disable, "mo": people.enable, "mo-khoa": people.unlock}
    try:
        if action == "dat-lai":
            return _one_time_password_page(
                name, people.reset_password(name, by, with_mfa=request.form.get("lop-hai") == "1")
            )
        if action == "phien":
            _end_sessions(services, name)
        elif action in plain:
            plain[action](name, by)
        else:
            return redirect_to(f"{BASE_PATH}/{quote(name)}")
    except AuthError as refused:
        return user_page(services, name, refused)
    done_word = {"phien": "ended", "khoa": "disabled", "mo": "enabled", "mo-khoa": "unlocked"}[action]
    return redirect_to(f"{BASE_PATH}/{quote(name)}?xong={done_word}")


def _end_sessions(services: Services, name: str) -> None:
    by, which = require(Action.ADMINISTER), request.form.get("phien", "")
    if which == "*":
        services.accounts.end_all_sessions(name, by)
    elif which.isascii() and which.isdigit() and len(which) < 18:
        services.accounts.end_session(int(which), by, owner=name)
    else:
        raise AuthError("no_session")


def _submitted_roles() -> list[Role]:
    return [one for one in Role if one in request.form.getlist("vai-tro")]


def _submitted_agency(services: Services) -> str:
    """One that there is, "" for none."""
    return form_value("co-quan") if form_value("co-quan") in services.agency_names() else ""


def _list_page(services: Services, error: AuthError | None) -> Response:
    said = page_context()
    some = services.accounts.list_accounts()
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[said.t("forms.accounts"), h.small[said.t("forms.accounts_n", n=len(some))]],
        table([said.t(f"forms.{one}") for one in ("name", "roles", "agency", "last_used", "state")] + [""],
              (_account_row(services, said, one) for one in some)),
    ]  # fmt: skip
    return admin_page(said, said.t("forms.accounts"), BASE_PATH, error_notice(said, error), done_notice(said), rows,
                      _add_form(services, said, is_open=error is not None), status=http_status(error))  # fmt: skip


def _account_row(services: Services, context: PageContext, account: UserAccount) -> list[h.Node]:
    agency = services.agency_names().get(account.agency)
    return [
        h.fragment[h.b[account.display_name or account.name], h.small(".quiet")[account.name]],
        role_names(context, account.roles),
        agency.get(context.lang) if agency else account.agency,
        last_used_text(account),
        account_badge(context, account),
        h.a(".tool", href=f"{BASE_PATH}/{quote(account.name)}")[context.t("forms.open")],
    ]


def _add_form(services: Services, context: PageContext, *, is_open: bool) -> h.Element:
    chosen = request.form.getlist("vai-tro")
    inside = form(
        BASE_PATH,
        h.div(".form-fields")[
            field(context.t("forms.name"), "ten", form_value("ten"), hint=context.t("forms.name_hint"), max_length=60),
            field(context.t("forms.shown"), "ho-ten", form_value("ho-ten")),
            choice(
                context.t("forms.agency"),
                "co-quan",
                agency_options(services, context, form_value("co-quan")),
                form_value("co-quan"),
                hint="" if services.reporting_agencies() else context.t("forms.agency_owes_none"),
            ),
        ],
        checkboxes(
            context.t("forms.roles"), "vai-tro", role_options(context), chosen, hint=context.t("forms.roles_hint")
        ),
        h.div(".form-row")[button(context.t("forms.add"), is_primary=True)],
    )
    return h.section(".box.form-box")[
        h.details(".more", open=is_open)[h.summary[context.t("forms.account_add")], inside]
    ]


def _one_time_password_page(name: str, secret: str) -> Response:
    """The one-time password, in the answer to the form itself: nothing keeps it, so no later page could show it."""
    said = page_context()
    box = h.section(".box.form-box")[
        h.p(".form-lead")[said.t("forms.given_out", name=name)],
        one_time_secret(said, said.t("forms.one_time"), secret),
        h.div(".form-row")[h.a(".tool.tool-main", href=f"{BASE_PATH}/{quote(name)}")[said.t("forms.go_on")]],
    ]
    return admin_page(said, said.t("forms.one_time"), BASE_PATH, box)

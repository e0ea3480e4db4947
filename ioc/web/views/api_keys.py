"""/quan-tri/chuong-trinh: API keys of programs: a key is created, shown once, and revoked."""

import htpy as h
from flask import Blueprint, Response, request

from components.ui.format import format_moment
from ioc.auth.api_keys import NewApiKey
from ioc.auth.errors import AuthError
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Scope
from ioc.storage.access.api_keys import ApiKey
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.admin import admin_page
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.widgets import (
    action_button,
    button,
    checkboxes,
    clean_text,
    credential_badge,
    done_notice,
    field,
    form,
    form_value,
    networks_field,
    one_time_secret,
    submitted_networks,
    table,
)

BASE_PATH = "/quan-tri/chuong-trinh"
_requires_administer = requires(Action.ADMINISTER)


def blueprint(services: Services) -> Blueprint:
    """The list, creating and revoking."""
    pages = Blueprint("api_keys", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_administer
    def show_list() -> Response:
        return _list_page(services, None)

    @pages.post("")
    @_requires_administer
    def create() -> Response:
        by, chosen = current_principal(), request.form.getlist("quyen")
        try:
            scopes = [scope for scope in Scope if scope in chosen]
            secret = services.auth.api_keys.create(NewApiKey(form_value("ten", 60), scopes, submitted_networks()), by)
        except AuthError as error:
            return _list_page(services, error)
        return _new_key_page(form_value("ten", 60), secret)

    @pages.post("/<key>/thu-hoi")
    @_requires_administer
    def revoke(key: str) -> Response:
        by = current_principal()
        try:
            services.auth.api_keys.revoke(clean_text(key, 60), by)
        except AuthError as error:
            return _list_page(services, error)
        return redirect_to(f"{BASE_PATH}?xong=program_revoked")

    return pages


def _list_page(services: Services, error: AuthError | None) -> Response:
    context, keys = page_context(), services.auth.api_keys.list_all(current_principal())
    heads = ("program_name", "program_scopes", "address", "program_made", "program_used", "state")
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.programs")],
        h.p(".quiet")[context.t("views.programs_why")],
        table([context.t(f"views.{head}") for head in heads] + [""], (_key_row(context, key) for key in keys))
        if keys
        else h.p(".nothing")[context.t("views.programs_none")],
    ]
    return admin_page(
        context, context.t("views.programs"), BASE_PATH, error_notice(context, error), done_notice(context), rows,
        _add_form(context), status=http_status(error),
    )  # fmt: skip


def _key_row(context: PageContext, api_key: ApiKey) -> list[h.Node]:
    is_revoked = api_key.revoked_at is not None
    scopes = (h.div[context.t(f"auth.scope_{scope}")] for scope in sorted(api_key.scopes))
    revoke = action_button(f"{BASE_PATH}/{api_key.key}/thu-hoi", context.t("views.screen_revoke"), is_danger=True)
    return [
        h.fragment[h.b[api_key.display_name], h.small(".quiet")[api_key.key]],
        h.fragment[scopes],
        h.fragment[
            api_key.last_address or "–", api_key.allowed_networks and h.small(".quiet")[api_key.allowed_networks]
        ],
        h.fragment[format_moment(api_key.created_at), h.small(".quiet")[api_key.created_by]],
        format_moment(api_key.last_seen) if api_key.last_seen else context.t("views.program_never"),
        credential_badge(context, is_revoked=is_revoked),
        None if is_revoked else revoke,
    ]


def _add_form(context: PageContext) -> h.Element:
    scopes = [(scope.value, context.t(f"views.scope_{scope}")) for scope in Scope]
    inside = form(
        BASE_PATH,
        h.div(".form-fields")[
            field(
                context.t("views.program_name"),
                "ten",
                form_value("ten", 60),
                hint=context.t("views.program_name_hint"),
                max_length=60,
            ),
            networks_field(
                context.t("views.screen_range"), submitted_networks(), context.t("views.program_range_hint")
            ),
        ],
        checkboxes(context.t("views.program_scopes"), "quyen", scopes, request.form.getlist("quyen")),
        h.div(".form-row")[button(context.t("views.program_make"), is_primary=True)],
    )
    return h.section(".box.form-box")[h.h2(".box-title")[context.t("views.program_add")], inside]


def _new_key_page(name: str, secret: str) -> Response:
    """The key in the response to the form itself: it is stored nowhere, so no later page could show it."""
    context = page_context()
    box = h.section(".box.form-box")[
        h.p(".form-lead")[context.t("views.program_given", name=name)],
        one_time_secret(context, context.t("views.program_key"), secret),
        h.p(".quiet")[context.t("views.program_how")],
        h.div(".form-row")[h.a(".tool.tool-main", href=BASE_PATH)[context.t("views.go_on")]],
    ]
    return admin_page(context, context.t("views.program_key"), BASE_PATH, box)

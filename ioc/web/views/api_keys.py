"""/quan-tri/chuong-trinh: programs of other machines: a key is made and shown once, and revoked with one press."""

import htpy as h
from flask import Blueprint, Response, request

from components.ui.icons import mark
from ioc.auth.errors import AuthError
from ioc.auth.permissions import Action
from ioc.auth.principal import Scope
from ioc.storage.access.api_keys import ApiKey
from ioc.web.middleware.authorization import require, requires
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.widgets import (
    action_button,
    button,
    checkboxes,
    clean_text,
    done_notice,
    error_notice,
    field,
    form,
    form_value,
    format_moment,
    http_status,
    networks_field,
    one_time_secret,
    submitted_networks,
    table,
)

BASE_PATH = "/quan-tri/chuong-trinh"
_requires_administer = requires(Action.ADMINISTER)


def blueprint(services: Services) -> Blueprint:
    """The list, making, revoking."""
    pages = Blueprint("programs", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_administer
    def listed() -> Response:
        return _list_page(services, None)

    @pages.post("")
    @_requires_administer
    def made() -> Response:
        by, chosen = require(Action.ADMINISTER), request.form.getlist("quyen")
        try:
            scopes = [one for one in Scope if one in chosen]
            secret = services.api_keys.create(form_value("ten", 60), scopes, submitted_networks(), by)
        except AuthError as refused:
            return _list_page(services, refused)
        return _new_key_page(form_value("ten", 60), secret)

    @pages.post("/<key>/thu-hoi")
    @_requires_administer
    def revoked(key: str) -> Response:
        by = require(Action.ADMINISTER)
        try:
            services.api_keys.revoke(clean_text(key, 60), by)
        except AuthError as refused:
            return _list_page(services, refused)
        return redirect_to(f"{BASE_PATH}?xong=program_revoked")

    return pages


def _list_page(services: Services, error: AuthError | None) -> Response:
    said, some = page_context(), services.api_keys.list_all()
    heads = ("program_name", "program_scopes", "address", "program_made", "program_used", "state")
    rows = h.section(".box.form-box")[
        h.h2(".box-title")[said.t("forms.programs")],
        h.p(".quiet")[said.t("forms.programs_why")],
        table([said.t(f"forms.{one}") for one in heads] + [""], (_key_row(said, one) for one in some))
        if some
        else h.p(".nothing")[said.t("forms.programs_none")],
    ]
    return admin_page(
        said, said.t("forms.programs"), BASE_PATH, error_notice(said, error), done_notice(said), rows, _add_form(said),
        status=http_status(error),
    )  # fmt: skip


def _key_row(context: PageContext, api_key: ApiKey) -> list[h.Node]:
    off = api_key.revoked_at is not None
    state = h.span(class_=["state", "is-off" if off else ""])[
        mark("power" if off else "normal"), context.t("forms.screen_off" if off else "forms.screen_on")
    ]
    scopes = (h.div[context.t(f"access.scope_{scope}")] for scope in sorted(api_key.scopes))
    revoke = action_button(f"{BASE_PATH}/{api_key.key}/thu-hoi", context.t("forms.screen_revoke"), is_danger=True)
    return [
        h.fragment[h.b[api_key.display_name], h.small(".quiet")[api_key.key]],
        h.fragment[scopes],
        h.fragment[
            api_key.last_address or "–", api_key.allowed_networks and h.small(".quiet")[api_key.allowed_networks]
        ],
        h.fragment[format_moment(api_key.created_at), h.small(".quiet")[api_key.created_by]],
        format_moment(api_key.last_seen) if api_key.last_seen else context.t("forms.program_never"),
        state,
        None if off else revoke,
    ]


def _add_form(context: PageContext) -> h.Element:
    scopes = [(one.value, context.t(f"forms.scope_{one}")) for one in Scope]
    inside = form(
        BASE_PATH,
        h.div(".form-fields")[
            field(
                context.t("forms.program_name"),
                "ten",
                form_value("ten", 60),
                hint=context.t("forms.program_name_hint"),
                max_length=60,
            ),
            networks_field(
                context.t("forms.screen_range"), submitted_networks(), context.t("forms.program_range_hint")
            ),
        ],
        checkboxes(context.t("forms.program_scopes"), "quyen", scopes, request.form.getlist("quyen")),
        h.div(".form-row")[button(context.t("forms.program_make"), is_primary=True)],
    )
    return h.section(".box.form-box")[h.h2(".box-title")[context.t("forms.program_add")], inside]


def _new_key_page(name: str, secret: str) -> Response:
    """The key, in the answer to the form itself: nothing keeps it, so no later page could show it."""
    said = page_context()
    box = h.section(".box.form-box")[
        h.p(".form-lead")[said.t("forms.program_given", name=name)],
        one_time_secret(said, said.t("forms.program_key"), secret),
        h.p(".quiet")[said.t("forms.program_how")],
        h.div(".form-row")[h.a(".tool.tool-main", href=BASE_PATH)[said.t("forms.go_on")]],
    ]
    return admin_page(said, said.t("forms.program_key"), BASE_PATH, box)

"""API keys of programs: the rows of the table, the form of a new key, the panel of one key, the key shown once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from components.access.displays import MAX_NETWORKS_LENGTH, credential_state, networks_text
from components.access.webhooks import WebhookStatus, failing_cell, webhook_facts
from components.ui.dialogs import act_button, facts
from components.ui.format import format_moment
from components.ui.forms import check_field, field_group, options_of, text_field
from components.ui.i18n import t
from components.ui.table import Column, cell, sign_and_text
from ioc.domain.access.principal import Scope

NAME, NETWORKS, SCOPES = "api-keys-name", "api-keys-networks", "api-keys-scopes"
NEW_FIELDS = (NAME, NETWORKS, SCOPES)


class ApiKeyView(Protocol):
    """What is shown of an API key."""

    @property
    def key(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def allowed_networks(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def created_by(self) -> str: ...
    @property
    def last_seen(self) -> datetime | None: ...
    @property
    def last_address(self) -> str: ...
    @property
    def revoked_at(self) -> datetime | None: ...


def columns(lang: str) -> list[Column]:
    """The columns of the table of API keys."""
    return [
        Column("name", t("views.program_name", lang), 3, 125),
        Column("state", t("views.state", lang), 2, 125),
        Column("scopes", t("views.program_scopes", lang), 3, 170),
        Column("networks", t("views.networks", lang), 2, 150),
        Column("made", t("views.program_made", lang), 2, 150, is_moment=True),
        Column("used", t("views.program_used", lang), 2, 150, is_moment=True),
        Column("open", t("table.act", lang), 1, 110, is_action=True),
    ]


def row(api_key: ApiKeyView, lang: str, webhook: WebhookStatus | None = None) -> Mapping[str, object]:
    """A row of the table. `webhook`: of the program, where acts are sent to it."""
    is_revoked = api_key.revoked_at is not None
    state = (None if is_revoked else failing_cell(webhook, lang)) or credential_state(lang, is_revoked=is_revoked)
    return {
        "id": api_key.key,
        "name": cell(api_key.display_name, title=api_key.display_name),
        "scopes": scope_names(api_key, lang),
        "networks": networks_text(api_key.allowed_networks, lang),
        "made": cell(format_moment(api_key.created_at), order=api_key.created_at.timestamp()),
        "used": cell(used_text(api_key, lang), order=api_key.last_seen.timestamp() if api_key.last_seen else 0),
        "state": state,
        "open": cell(t("views.open", lang), act=api_key.key),
    }


def scope_names(api_key: ApiKeyView, lang: str) -> str:
    """What the key permits."""
    return ", ".join(t(f"auth.scope_{scope}", lang) for scope in sorted(api_key.scopes))


def used_text(api_key: ApiKeyView, lang: str) -> str:
    """When the key was last used."""
    return format_moment(api_key.last_seen) if api_key.last_seen else t("views.program_never", lang)


def new_key_form(lang: str) -> Component:
    """The fields of a new key."""
    scopes = options_of((scope.value, t(f"views.scope_{scope}", lang)) for scope in Scope)
    return html.Div(
        [
            field_group(
                text_field(
                    NAME, t("views.program_name", lang), hint=t("views.program_name_hint", lang), max_length=60,
                ),
                text_field(
                    NETWORKS, t("views.screen_range", lang), hint=t("views.program_range_hint", lang),
                    is_required=False, max_length=MAX_NETWORKS_LENGTH,
                ),
            ),
            check_field(SCOPES, t("views.program_scopes", lang), scopes),
        ],
        className="form-stack",
    )  # fmt: skip


def key_panel(lang: str) -> Component:
    """The panel of one key, empty: facts, revoking."""
    revoke = act_button("api-keys-revoke", t("views.screen_revoke", lang), is_danger=True)
    return html.Div(
        [html.Div(id="api-keys-facts"), html.Div(revoke, id="api-keys-change", className="page-bar")],
        className="form-stack",
    )


def key_facts(
    api_key: ApiKeyView, lang: str, webhook: WebhookStatus | None = None, position: str = ""
) -> Component:  # fmt: skip
    """What is known of a key, and of what is sent to its program. `position`: title of its own one, "" for none."""
    is_revoked = api_key.revoked_at is not None
    state = credential_state(lang, is_revoked=is_revoked)
    rows: list[tuple[str, str | Component]] = [
        (t("views.program_short", lang), api_key.key),
        (t("views.state", lang), sign_and_text(state)),
        (t("views.program_scopes", lang), scope_names(api_key, lang)),
        *_position_fact(api_key, position, lang),
        (t("views.networks", lang), networks_text(api_key.allowed_networks, lang)),
        (t("views.program_made", lang), f"{format_moment(api_key.created_at)} · {api_key.created_by}"),
        (t("views.program_used", lang), used_text(api_key, lang)),
        (t("views.address", lang), api_key.last_address or "–"),
        *([(t("views.revoked_at", lang), format_moment(api_key.revoked_at))] if is_revoked else []),
        *webhook_facts(webhook, lang),
    ]
    return facts(rows)


def _position_fact(api_key: ApiKeyView, position: str, lang: str) -> list[tuple[str, str | Component]]:
    """The position in which a program sends directives, or that one must be made first, and where."""
    if Scope.DIRECTIVES not in api_key.scopes:
        return []
    link = html.A(t("positions.list", lang), href="/quan-tri/chuc-danh", className="cell-link")
    missing = html.Span([t("views.program_position_none", lang, key=api_key.key), " ", link])
    return [(t("views.program_position", lang), position or missing)]


def shown_key(name: str, secret: str, lang: str, *, sends_directives: bool = False) -> list[Component]:
    """The new key of the program `name`, and how it is sent. `sends_directives`: it needs a position first."""
    needs = [html.P(t("views.program_needs_position", lang))] if sends_directives else []
    return [
        *needs,
        html.P(t("views.program_given", lang, name=name)),
        html.Output(secret, className="secret"),
        html.P(t("views.program_how", lang), className="quiet"),
        html.P(t("views.shown_once", lang), className="quiet"),
    ]

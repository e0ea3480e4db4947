"""What is shown of a program to whose address acts of directives are sent: where, how far, and why not."""

from collections.abc import Mapping
from typing import Protocol

import dash_bootstrap_components as dbc
from dash.development.base_component import Component

from components.ui.error_messages import describe
from components.ui.format import format_moment, format_number
from components.ui.i18n import t
from components.ui.table import CellText, cell, sign_and_text
from ioc.domain.directives.webhook import Webhook, WebhookState


class WebhookStatus(Protocol):
    """A webhook and how far its system was told, None where it was never looked at."""

    @property
    def webhook(self) -> Webhook: ...
    @property
    def state(self) -> WebhookState | None: ...


def failing_cell(status: WebhookStatus | None, lang: str) -> CellText | None:
    """That acts do not reach the program, with the reason; None where they do, or none are sent."""
    state = status.state if status else None
    if state is None or state.failure is None:
        return None
    return cell(t("views.webhook_failing", lang), sign="▲", kind="attention", title=describe(state.failure, lang))


def webhook_facts(status: WebhookStatus | None, lang: str) -> list[tuple[str, str | Component]]:
    """Names and values of the panel of a key; none where nothing is sent to its program."""
    if status is None:
        return []
    state, target = status.state, (t("views.webhook_to", lang), status.webhook.host)
    if state is None:
        return [target, (t("views.webhook_last", lang), t("views.webhook_never", lang))]
    last = format_moment(state.sent_at) if state.sent_at else t("views.webhook_never", lang)
    rows: list[tuple[str, str | Component]] = [target, (t("views.webhook_last", lang), last)]
    if state.failure is None:
        return rows
    failing = cell(format_moment(state.failing_since), sign="▲", kind="attention")
    tries = t("views.webhook_tries", lang, n=format_number(state.failures), at=format_moment(state.retry_at))
    return [
        *rows,
        (t("views.webhook_failing_since", lang), sign_and_text(failing)),
        (t("views.webhook_reason", lang), describe(state.failure, lang)),
        (t("views.webhook_next", lang), tries),
    ]


def without_key(statuses: Mapping[str, WebhookStatus], keys: set[str], lang: str) -> Component | None:
    """The programs of the configuration that have no key, to which nothing is sent."""
    missing = ", ".join(sorted(statuses.keys() - keys))
    return dbc.Alert(t("views.webhook_without_key", lang, names=missing), color="warning") if missing else None

"""Ai chờ ai: which agency waits for which one, for the leaders or the Office, on how many tasks, since when."""

from typing import Any

from dash import Output, html
from dash.development.base_component import Component

from components.directives.register_pages import register_bar
from components.directives.waiting_table import columns, row
from components.ui.i18n import t
from components.ui.table import data_table
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.directives.context import DirectiveContext
from ioc.directives.waiting import waiting_pairs
from ioc.domain.access.permissions import Action

PATH = "/ai-cho-ai"


def layout(**params: str) -> Component:
    """The page, empty."""
    now = lang()
    return html.Div(
        [
            register_bar("waiting", PATH, "waiting", now),
            html.P(t("waiting.what", now), className="quiet"),
            data_table(
                "waiting-table", t("waiting.page", now), columns(now), lang=now, empty=t("waiting.none", now)
            ),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path=PATH, name="waiting", title="Ai chờ ai", label_key="waiting.page", rail="register",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
)  # fmt: skip


@page_callback(Output("waiting-table", "rowData"), inputs={"_version": DATA_VERSION}, action=Action.ACT_ON_DIRECTIVES)
def list_pairs(_version: object) -> list[Any]:
    """The pairs, the longest wait first."""
    context, now = service(DirectiveContext), lang()
    return [row(each, context.agencies, context.today(), now) for each in waiting_pairs(context, principal())]

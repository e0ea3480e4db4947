"""A briefing (giao ban) by name and state, and the ways to it and to its notice of conclusions."""

from dash import html
from dash.development.base_component import Component

from components.directives.task_view import document_path
from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.directives.briefing import Briefing

ENTRY_PARAMETER = "giao-ban"  # of the page on which documents are entered


def briefing_path(key: str) -> str:
    """The address of a briefing."""
    return f"/giao-ban/{key}"


def notice_path(key: str) -> str:
    """The address at which the draft notice of a briefing is entered."""
    return f"/nhap-van-ban?{ENTRY_PARAMETER}={key}"


def briefing_name(briefing: Briefing, lang: str) -> str:
    """Its title."""
    return t("briefing.of_day", lang, day=format_date(briefing.day))


def briefing_line(briefing: Briefing, lang: str) -> str:
    """Its state, and how much there is."""
    state = "closed"
    if briefing.ended_at is None:
        state = "open"
    elif briefing.document:
        state = "entered"
    elif briefing.awaits_notice:
        state = "draft"
    parts = (
        t(f"briefing.state_{state}", lang), t("briefing.items", lang, n=len(briefing.items)),
        t("briefing.conclusions", lang, n=len(briefing.conclusions)),
    )  # fmt: skip
    return " · ".join(parts)


def notice_link(briefing: Briefing, lang: str) -> Component | None:
    """The way to the document that holds the conclusions, or to the form in which the draft becomes one."""
    if briefing.document:
        return html.A(t("briefing.notice", lang), href=document_path(briefing.document), className="btn btn-secondary")
    if briefing.awaits_notice:
        return html.A(t("briefing.enter_notice", lang), href=notice_path(briefing.key), className="btn btn-primary")
    return None

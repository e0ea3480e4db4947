"""Sessions: the table of those of an account, with a button to end each."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from components.access.login_notice import LoginHistoryView, new_place_text
from components.access.user_agent import user_agent_text
from components.ui.format import format_moment
from components.ui.i18n import t
from components.ui.table import Column, cell


class SessionView(Protocol):
    """What is shown of a session."""

    @property
    def id(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def last_active(self) -> datetime: ...
    @property
    def address(self) -> str: ...
    @property
    def user_agent(self) -> str: ...
    @property
    def login_history(self) -> LoginHistoryView: ...


def session_columns(lang: str, *, is_narrow: bool = False) -> list[Column]:
    """The columns of the table of sessions. `is_narrow`: those that have room in a side panel."""
    more = [Column("address", t("views.address", lang), 2, 130), Column("since", t("views.since", lang), 2, 140)]
    return [
        Column("browser", t("views.browser", lang), 3, 120 if is_narrow else 220),
        *([] if is_narrow else more),
        Column("active", t("views.last_act", lang), 2, 110 if is_narrow else 140),
        Column("end", t("table.act", lang), 1, 132, is_action=True),
    ]


def session_rows(sessions: Iterable[SessionView], own_session: int, lang: str) -> list[Mapping[str, object]]:
    """Sessions, each with a button to end it, except the own one. `own_session`: its id."""
    return [_session_row(session, session.id == own_session, lang) for session in sessions]


def _session_row(session: SessionView, is_own: bool, lang: str) -> Mapping[str, object]:
    place = new_place_text(session.login_history, lang)
    words = [user_agent_text(session.user_agent, lang), t("views.this_one", lang) if is_own else "", place]
    browser = " · ".join(word for word in words if word)
    sign, kind = ("▲", "attention") if place else ("", "")
    return {
        "id": str(session.id),
        "browser": cell(browser, title=session.user_agent, sign=sign, kind=kind),
        "address": session.address,
        "since": cell(format_moment(session.created_at), order=session.created_at.timestamp()),
        "active": cell(format_moment(session.last_active), order=session.last_active.timestamp()),
        "end": "" if is_own else cell(t("views.end", lang), act=str(session.id)),
    }

"""The parts of the header: state of the data, clock, tools."""

import re
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode

import dash
import htpy as h

from components.ui.format import format_date
from components.ui.i18n import LANGS, t
from components.ui.icons import icon, mark
from components.ui.status_badges import drill_badge
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import RANK
from ioc.domain.snapshot import AttentionKind, Snapshot


class HeaderView(Protocol):
    """The attributes of a view that a header needs."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def lang(self) -> str: ...


def data_status(snapshot: Snapshot, lang: str, *, is_drill: bool, is_simulated: bool) -> h.Fragment:
    """Badges (past, exercise, simulated), the number of live sources, and the age of the newest data.

    The number has the mark and colour of the gravest lost source.
    """
    states = [view.health.state for view in snapshot.sources]
    live, polled = states.count(SourceState.LIVE), len(states) - states.count(SourceState.OFF)
    newest = max((view.health.data_time for view in snapshot.sources if view.health.data_time), default=None)
    severities = (i.severity for i in snapshot.attention if i.kind is AttentionKind.SOURCE and not i.is_drill)
    lost = max(severities, key=RANK.__getitem__, default=None)
    return h.fragment[
        not snapshot.is_live and h.strong(".badge.head-past")[t("shell.past", lang)],
        is_drill and drill_badge(lang),
        is_simulated and h.strong(".badge.badge-loud")[t("common.simulated", lang)],
        h.a(class_=["head-sources", lost and f"is-{lost.value}"], href="/nguon")[
            lost and [mark(lost.value), " "],
            t("shell.sources", lang, live=live, polled=polled),
            newest is not None
            and h.span(".head-newest")[" · ", t("shell.newest", lang), " ", h.time(data_age=newest.isoformat())],
        ],
    ]


def clock(snapshot: Snapshot) -> h.Fragment:
    """Date and time: while live the client counts the server's clock; else the snapshot's moment."""
    at = snapshot.at.astimezone(CITY_ZONE)
    live = snapshot.is_live
    return h.fragment[
        h.time(".head-date", datetime=at.date().isoformat(), data_clock="date" if live else None)[
            None if live else format_date(at)
        ],
        h.time(".head-time", data_clock="time" if live else None)[None if live else f"{at:%H:%M}"],
    ]


def _path_variables(page: str) -> list[str]:
    """The parameters of a page that stand in its path; in its query they are refused."""
    paths = (str(each.get("path_template") or "") for each in dash.page_registry.values() if each["name"] == page)
    return re.findall(r"<(\w+)>", next(paths, ""))


def tools(view: HeaderView, page: str, *, is_printed: bool = True) -> h.Fragment:
    lang, other = view.lang, next(language for language in LANGS if language != view.lang)
    query = {key: value for key, value in view.params.items() if key != "lang"}
    own = {key: value for key, value in query.items() if key not in _path_variables(page)}
    language_label, print_label = t("shell.other_language", lang), t("common.print_pdf", lang)
    present = {key: value for key, value in own.items() if key != "luc"}
    return h.fragment[
        not view.snapshot.is_live
        and h.a(".tool.tool-present", href="?" + urlencode(present))[t("shell.to_present", lang)],
        h.a(
            ".tool",
            href="?" + urlencode({**own, "lang": other}),
            hreflang=other,
            data_lang=other,
            title=language_label,
        )[icon("language"), h.span[language_label]],
        h.button(".tool", type="button", data_theme_switch="", title=t("shell.theme", lang))[
            h.i(".tool-moon")[icon("moon")],
            h.i(".tool-sun")[icon("sun")],
            h.span(".tool-word")[t("shell.theme", lang)],
        ],
        # The same for everybody; the client inserts the name of the signed-in user (assets/21-user.js).
        h.a(".tool.tool-me", href="/dang-nhap", data_me="", title=t("shell.sign_in", lang))[
            icon("person"), h.span[t("shell.sign_in", lang)]
        ],
        is_printed
        and page
        and h.a(".tool.tool-main", href=f"/pdf/{page}?" + urlencode({**query, "lang": lang}), title=print_label)[
            icon("print"), h.span[print_label]
        ],
    ]

"""The frame around every page: rail of destinations, header with what the data is worth, the link banner."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

import htpy as h
from dash import html
from dash.development.base_component import Component

from components.ui.format import format_date
from components.ui.i18n import LANGS, t
from components.ui.icons import icon
from components.ui.panel import Panel
from components.ui.status_badges import drill_badge, has_drill_badge, has_simulated_badge
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import RANK
from ioc.domain.snapshot import AttentionItem, Snapshot

Frame = dict[str, dict[str, object]]


class HeaderView(Protocol):
    """What a header needs of a view."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def lang(self) -> str: ...


class Destination(NamedTuple):
    """An entry of the rail: the page's name, its path, its word, and the pages that lie below it."""

    name: str
    path: str
    label_key: str
    child_pages: tuple[str, ...] = ()


DESTINATIONS = (
    Destination("overview", "/", "common.overview"),
    Destination("attention", "/can-chu-y", "overview.attention"),
    Destination("map", "/ban-do", "common.map"),
    Destination("events", "/su-kien", "shell.events", ("cameras",)),
    Destination("directives", "/chi-dao", "common.directives", ("directive",)),
    Destination("kpis", "/chi-so", "shell.kpis", ("kpi",)),
    Destination("units", "/don-vi", "shell.units", ("unit",)),
    Destination("sources", "/nguon", "common.sources", ("duties",)),
)


# What only some may enter: the style shows each to those who may (assets/10-shell.css).
RESTRICTED_DESTINATIONS = (
    Destination("submit", "/nhap-so-lieu", "submissions.desk_short"),
    Destination("approve_submission", "/duyet-so-lieu", "submissions.release_short"),
    Destination("enter_phone_report", "/bao-qua-dien-thoai", "submissions.call_short"),
    Destination("admin", "/quan-tri", "shell.admin"),
)


def shell(children: Any, pages: Iterable[Mapping[str, Any]] = (), kiosk: bool = False) -> Component:
    """The whole screen around `children`. `pages`: Dash's registry, for the paths. `kiosk`: a wall, no navigation.

    Until the first frame arrives the rail stands in Vietnamese and the header is empty but keeps its height.
    """
    paths = {str(page.get("name")): str(page.get("path")) for page in pages}
    head = html.Header(
        className="head",
        children=[
            Panel(id="shell-title", className="head-title"),
            html.Div(id="link-banner", role="status"),
            Panel(id="shell-trust", className="head-trust"),
            Panel(id="shell-clock", className="head-clock"),
            Panel(id="shell-tools", className="head-tools"),
        ],
    )
    aside = Panel(id="shell-rail", tag="nav", className="rail", markup=str(rail(LANGS[0], "", paths)))
    stage = html.Div([head, html.Main(children, className="page")], className="stage")
    return html.Div([aside, stage], className="shell kiosk" if kiosk else "shell")


def header_frame(view: HeaderView, page: str = "", page_frame: Frame | None = None) -> Frame:
    """What the header's panels hold: `page` is the registered name of the page shown, `drawn` what it holds.

    The badges of made-up data and of an exercise stand at the head of a page on which a figure carries them, no other.

    A page that has a better title than its word gives "shell-title" in its own frame, made by `title`.
    """
    lang = view.lang
    return {
        "shell-rail": {"markup": str(rail(lang, page, {}, view.snapshot.attention))},
        "shell-title": {"markup": header_title(view.snapshot, lang, _page_label(page, lang))},
        "shell-trust": {"markup": str(_data_status(view.snapshot, page_frame or {}, lang))},
        "shell-clock": {"markup": str(_clock(view.snapshot))},
        "shell-tools": {"markup": str(_tools(view, page))},
    }


def header_title(snapshot: Snapshot, lang: str, name: str) -> str:
    """The markup of the header's left side: the centre, the city and the page's name."""
    centre, city = snapshot.identity.centre.get(lang), snapshot.identity.city.get(lang)
    return str(
        h.fragment[
            h.span(".head-centre")[centre],
            h.h1(".head-page")[h.span(".head-city")[city, name and h.span(".head-dot")[" · "]], name],
        ]
    )


def _page_label(page: str, lang: str) -> str:
    found = next((one for one in DESTINATIONS if page == one.name or page in one.child_pages), None)
    return t(found.label_key if found else "common.overview", lang) if page else ""


def rail(
    lang: str, page: str, paths: Mapping[str, str] = MappingProxyType({}), items: Sequence[AttentionItem] = ()
) -> h.Element:
    """The destinations; `page` is the one shown. What only some may enter is hidden from the others by the style."""
    return h.div(".rail-items")[
        (
            h.a(
                ".rail-item",
                href=paths.get(one.name, one.path),
                aria_current="page" if page == one.name else "true" if page in one.child_pages else None,
            )[icon(one.name), h.span[t(one.label_key, lang)], one.name == "attention" and _count(items, lang)]
            for one in DESTINATIONS
        ),
        (
            h.a(
                class_=["rail-item", f"rail-{one.name}"],
                href=one.path,
                aria_current="true" if page == one.name else None,
            )[icon("admin" if one.name == "admin" else "desk"), h.span[t(one.label_key, lang)]]
            for one in RESTRICTED_DESTINATIONS
        ),
    ]


def _count(items: Sequence[AttentionItem], lang: str) -> h.Element | None:
    """How many need eyes, coloured by the most serious of them; what is of an exercise needs none."""
    items = [one for one in items if not one.is_drill]
    if not items:
        return None
    worst = max((one.severity for one in items), key=RANK.__getitem__)
    return h.b(class_=["rail-count", f"is-{worst.value}"], title=t("shell.items", lang, n=len(items)))[len(items)]


def _data_status(snapshot: Snapshot, page_frame: Frame, lang: str) -> h.Fragment:
    """The badges of an exercise and of made-up data, how many sources are live, and the age of the newest data."""
    markups = [str(props.get("markup", "")) for props in page_frame.values()]
    states = [one.health.state for one in snapshot.sources]
    live, asked = states.count(SourceState.LIVE), len(states) - states.count(SourceState.OFF)
    newest = max((one.health.data_time for one in snapshot.sources if one.health.data_time), default=None)
    return h.fragment[
        not snapshot.is_live and h.strong(".badge.head-past")[t("shell.past", lang)],
        has_drill_badge(markups) and drill_badge(lang),
        has_simulated_badge(markups) and h.strong(".badge.badge-loud")[t("common.simulated", lang)],
        h.a(".head-sources", href="/nguon")[
            t("shell.sources", lang, live=live, asked=asked),
            newest is not None
            and h.span(".head-newest")[" · ", t("shell.newest", lang), " ", h.time(data_age=newest.isoformat())],
        ],
    ]


def _clock(snapshot: Snapshot) -> h.Fragment:
    """Date and time: the screen counts the server's own while live; else the moment that the page shows."""
    at = snapshot.at.astimezone(CITY_ZONE)
    live = snapshot.is_live
    return h.fragment[
        h.time(".head-date", datetime=at.date().isoformat(), data_clock="date" if live else None)[
            None if live else format_date(at)
        ],
        h.time(".head-time", data_clock="time" if live else None)[None if live else f"{at:%H:%M}"],
    ]


def _tools(view: HeaderView, page: str) -> h.Fragment:
    lang, other = view.lang, next(one for one in LANGS if one != view.lang)
    query = {key: value for key, value in view.params.items() if key != "lang"}
    speak, printed = t("shell.other_language", lang), t("common.print_pdf", lang)
    return h.fragment[
        h.a(".tool", href="?" + urlencode({**query, "lang": other}), hreflang=other, data_lang=other, title=speak)[
            icon("language"), h.span[speak]
        ],
        h.button(".tool", type="button", data_theme_switch="", title=t("shell.theme", lang))[
            icon("theme"), h.span(".tool-word")[t("shell.theme", lang)]
        ],
        # The same for all; the screen puts the name of whoever is signed in there (assets/21-who.js).
        h.a(".tool.tool-me", href="/dang-nhap", data_me="", title=t("shell.sign_in", lang))[
            icon("person"), h.span[t("shell.sign_in", lang)]
        ],
        page
        and h.a(".tool.tool-main", href=f"/pdf/{page}?" + urlencode({**query, "lang": lang}), title=printed)[
            icon("print"), h.span[printed]
        ],
    ]

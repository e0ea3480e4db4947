"""The shell around every page: navigation rail, header with the state of the data, connection banner."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from components.screens.header_parts import HeaderView, clock, data_status, tools
from components.ui.i18n import LANGS, t
from components.ui.icons import icon
from components.ui.panel import Panel
from components.ui.status_badges import has_drill_badge, has_simulated_badge
from ioc.domain.access.permissions import Action
from ioc.domain.kpis.kpi import RANK, Severity
from ioc.domain.snapshot import AttentionItem, Snapshot

Frame = dict[str, dict[str, object]]
MAIN = "main"  # the element that the skip link leads to


class RailPlace(NamedTuple):
    """The place of a working page in the rail. `order`: among those of other working pages.

    `path`: where the place of the whole section leads; without it the place is that of the page alone.
    `counts_waiting`: it shows how much waits for the user. `is_leading`: it stands before the watching pages, also at
    the bottom of a narrow screen. `needs`: any of these permissions shows it; without them, that of the page.
    """

    label_key: str
    icon: str
    order: int
    path: str = ""
    counts_waiting: bool = False
    is_leading: bool = False
    needs: tuple[Action, ...] = ()


class Destination(NamedTuple):
    """An entry of the rail: page name, path, catalogue key of its label, names of the pages below it.

    `icon`: that of the name by default. `actions`: any of them is needed to see it, none for everybody.
    """

    name: str
    path: str
    label_key: str
    child_pages: tuple[str, ...] = ()
    icon: str = ""
    actions: tuple[str, ...] = ()
    counts_waiting: bool = False
    is_leading: bool = False


DESTINATIONS = (
    Destination("overview", "/", "common.overview"),
    Destination("attention", "/can-chu-y", "overview.attention"),
    Destination("map", "/ban-do", "common.map"),
    Destination("events", "/su-kien", "shell.events", ("cameras",)),
    Destination("directives", "/chi-dao", "common.directives", ("directive",)),
    Destination("kpis", "/chi-so", "shell.kpis", ("kpi",)),
    Destination("units", "/don-vi", "shell.units", ("unit",)),
    Destination("sources", "/nguon", "common.sources", ("obligations",)),
)

_PRIMARY_COUNT = 5  # of DESTINATIONS: at the bottom of a narrow screen, beside the entry with all others
_PUBLIC_PAGE = Destination("public", "/cong-khai", "shell.public_short", icon="public")


def working_destinations() -> list[Destination]:
    """The entries of working pages, as they were registered (ioc/dash_kit/pages.py)."""
    pages = list(dash.page_registry.values())
    placed = [page for page in pages if isinstance(page.get("rail"), RailPlace)]
    return [_registered(page, pages) for page in sorted(placed, key=lambda page: page["rail"].order)]


def _registered(page: Mapping[str, Any], pages: Iterable[Mapping[str, Any]]) -> Destination:
    """The entry of a page, or of its section."""
    place = page["rail"]
    mine = [each for each in pages if each.get("section") == page["section"]] if place.path else [page]
    actions = tuple(dict.fromkeys(str(each) for each in place.needs or [page["action"] for page in mine]))
    return Destination(
        page["section"] if place.path else page["name"], place.path or page["path"], place.label_key, icon=place.icon,
        actions=actions, counts_waiting=place.counts_waiting, is_leading=place.is_leading,
    )  # fmt: skip


def shell(children: Any, pages: Iterable[Mapping[str, Any]] = (), kiosk: bool = False) -> Component:
    """The screen around `children`. `pages`: Dash's registry, for the paths. `kiosk`: a wall, no navigation.

    Until the first frame arrives the rail is in Vietnamese and the header is empty, with its height reserved.
    """
    paths = {str(page.get("name")): str(page.get("path")) for page in pages}
    head = html.Header(
        className="head",
        children=[
            Panel(id="shell-title", className="head-title"),
            html.Div(id="link-banner", role="status"),
            Panel(id="shell-status", className="head-status"),
            Panel(id="shell-clock", className="head-clock"),
            Panel(id="shell-tools", className="head-tools"),
        ],
    )
    navigation = Panel(id="shell-rail", tag="nav", className="rail", markup=str(rail(LANGS[0], "", paths)))
    stage = html.Div([head, html.Main(children, id=MAIN, className="page", tabIndex=-1)], className="stage")
    return html.Div([navigation, stage], className="shell kiosk" if kiosk else "shell")


def header_frame(view: HeaderView, page: str = "", page_frame: Frame | None = None) -> Frame:
    """The header's panels. `page`: registered name of the page; `page_frame`: its own frame.

    The simulated and exercise badges are shown only if something in `page_frame` carries them. A page with a more
    precise title returns "shell-title" in its own frame, made by `header_title`.
    """
    lang = view.lang
    markups = [str(props.get("markup", "")) for props in (page_frame or {}).values()]
    return {
        "shell-rail": {"markup": str(rail(lang, page, {}, view.snapshot.attention))},
        "shell-title": {"markup": header_title(view.snapshot, lang, _page_label(page, lang))},
        "shell-status": {
            "markup": str(
                data_status(
                    view.snapshot, lang, is_drill=has_drill_badge(markups), is_simulated=has_simulated_badge(markups)
                )
            )
        },
        "shell-clock": {"markup": str(clock(view.snapshot))},
        "shell-tools": {"markup": str(tools(view, page))},
    }


def working_header(view: HeaderView, title: str, section: str, page: str, *, is_simulated: bool) -> Frame:
    """The panels of the header that differ on a working page: no print.

    `section`: its entry in the rail; `page`: its registered name. `is_simulated`: what it reads may be; callbacks draw
    it, so that no panel tells.
    """
    status = data_status(view.snapshot, view.lang, is_drill=False, is_simulated=is_simulated)
    return {
        "shell-rail": {"markup": str(rail(view.lang, section, {}, view.snapshot.attention))},
        "shell-title": {"markup": header_title(view.snapshot, view.lang, title)},
        "shell-status": {"markup": str(status)},
        "shell-tools": {"markup": str(tools(view, page, is_printed=False))},
    }


def missing_header(view: HeaderView, page: str) -> Frame:
    """The panels of the header where a page has nothing of that key: the page itself says of what; no print."""
    return {
        "shell-title": {"markup": header_title(view.snapshot, view.lang, t("shell.not_found", view.lang))},
        "shell-tools": {"markup": str(tools(view, page, is_printed=False))},
    }


def header_title(snapshot: Snapshot, lang: str, name: str) -> str:
    """The markup of the header's left side: centre, city and page name."""
    centre, city = snapshot.identity.centre.get(lang), snapshot.identity.city.get(lang)
    return str(
        h.fragment[
            h.span(".head-centre")[centre],
            h.h1(".head-page")[h.span(".head-city")[city, name and h.span(".head-dot")[" · "]], name],
        ]
    )


def _page_label(page: str, lang: str) -> str:
    destination = next(
        (destination for destination in DESTINATIONS if page == destination.name or page in destination.child_pages),
        None,
    )
    return t(destination.label_key if destination else "common.overview", lang) if page else ""


def rail(
    lang: str, page: str, paths: Mapping[str, str] = MappingProxyType({}), items: Sequence[AttentionItem] = ()
) -> Markup:
    """The destinations, `page` marked as current, with the number of attention items.

    Those that need a permission are hidden by CSS from users without it (assets/10-shell.css): the rail is the same for
    everybody. On a narrow screen all but the first ones are behind one entry more.
    """
    working = working_destinations()
    first = [*(each for each in working if each.is_leading), *DESTINATIONS[:_PRIMARY_COUNT]]
    more = [*DESTINATIONS[_PRIMARY_COUNT:], *(each for each in working if not each.is_leading), _PUBLIC_PAGE]
    first, more = ([each._replace(path=paths.get(each.name, each.path)) for each in part] for part in (first, more))
    return _drawn_rail(lang, page, _count(items), tuple(first), tuple(more))


@lru_cache(maxsize=64)
def _drawn_rail(lang: str, page: str, count: tuple[int, Severity] | None, *parts: tuple[Destination, ...]) -> Markup:
    """Cached: it is a third of the elements of a frame, and seldom changes."""
    first, more = parts
    return Markup(  # htpy has escaped it # nosec B704
        h.fragment[
            h.a(".skip-link", href=f"#{MAIN}")[t("shell.skip", lang)],
            h.div(".rail-items")[
                (_rail_item(each, lang, page, count) for each in first),
                h.button(".rail-item.rail-more-button", type="button", popovertarget="rail-more")[
                    icon("more"), h.span[t("shell.more", lang)]
                ],
                h.div("#rail-more.rail-more", popover="auto")[(_rail_item(each, lang, page, count) for each in more)],
            ],
        ]
    )


def _rail_item(destination: Destination, lang: str, page: str, count: tuple[int, Severity] | None) -> h.Element:
    name = destination.name
    current = "page" if page == name else "true" if page in destination.child_pages else None
    needs = [f"needs-{action}" for action in destination.actions]
    classes = ["rail-item", f"rail-{name}", "needs" if needs else "", *needs]
    return h.a(class_=classes, href=destination.path, aria_current=current)[
        icon(destination.icon or name),
        h.span[t(destination.label_key, lang)],
        name == "attention" and count and _count_badge(*count, lang),
        # The client fills it in for the user (assets/21-user.js).
        destination.counts_waiting and h.b(".rail-count.is-attention", data_waiting=name),
    ]


def _count_badge(number: int, worst: Severity, lang: str) -> h.Element:
    title = t("shell.attention_count", lang, n=number)
    return h.b(class_=["rail-count", f"is-{worst.value}"], title=title)[number]


def _count(items: Sequence[AttentionItem]) -> tuple[int, Severity] | None:
    """The number of attention items without exercises, and the severity of the most severe one."""
    severities = [item.severity for item in items if not item.is_drill]
    return (len(severities), max(severities, key=RANK.__getitem__)) if severities else None

"""Registration of working pages: pages in which a person types, chooses or decides."""

from collections.abc import Iterable
from typing import Any

import dash
import dash_bootstrap_components as dbc

from components.screens.shell import RailPlace, working_header
from components.ui.i18n import t
from components.ui.working import version_frame
from ioc.dash_kit.context import may
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View

ADMIN, SUBMISSIONS = "admin", "submissions"  # sections: of the administration, of figures that agencies submit
# Component packages of Dash that only working pages load; a page names what it needs.
BOOTSTRAP, GRID = "dash_bootstrap_components", "dash_ag_grid"


def register_working_page(
    module: str, *, path: str, name: str, title: str, label_key: str, action: Action, section: str = "", order: int = 0,
    topics: Iterable[str] = (), follows_time: bool = False, has_grid: bool = False,
    rail: RailPlace | str | None = None,
) -> None:  # fmt: skip
    """Registers the page in `module`, which has a function `layout(**params)`.

    `path`: with variables such as <key>, which are parameters of the layout. `name`: that of the file, with "-" for
    "_"; the ids of all components of the page begin with it and "-". `action`: the permission to open it. `section`,
    `order`: its tabs and its place there; `label_key`: of its tab. `topics`: of the store
    (ioc/storage/db/change_counter.py); when one of them changes, the input DATA_VERSION changes, so that callbacks
    read again. `follows_time`: it changes each minute too. `has_grid`: the page has a table of dash-ag-grid. `rail`:
    its place in the rail, or the name of the entry below which it is; by default that of its section.
    """
    watched = tuple(topics)

    def frame(view: View) -> Frame:
        versions = [view.snapshot.topic_versions.get(topic, 0) for topic in watched]
        minute = [int(view.snapshot.at.timestamp() // 60)] * follows_time
        return {
            **version_frame([*versions, *minute]),
            **working_header(
                view, t(label_key, view.lang), _entry(rail, section, name), name,
                is_simulated=_reads_simulated(view.snapshot, watched),
            ),
        }  # fmt: skip

    dash.register_page(  # type: ignore[no-untyped-call]
        module, **{"path_template" if "<" in path else "path": path}, name=name, title=title, action=action,
        frame=frame, label_key=label_key, rail=rail, section=section, order=order, is_working=True,
        suites=(BOOTSTRAP, GRID) if has_grid else (BOOTSTRAP,),
    )  # fmt: skip


def _reads_simulated(snapshot: Snapshot, topics: Iterable[str]) -> bool:
    """Whether any figure or document of these topics is simulated."""
    simulated = {
        "submissions": any(each.is_simulated for each in snapshot.submissions.obligations),
        "directives": snapshot.register.is_simulated,
        "events": any(view.source.is_simulated for view in snapshot.sources),
    }
    return any(simulated.get(topic, False) for topic in topics)


def _entry(rail: RailPlace | str | None, section: str, name: str) -> str:
    """The entry of the rail that is marked on the page."""
    if isinstance(rail, str):
        return rail
    return name if rail and not rail.path else section or name


def section_pages(section: str) -> list[dict[str, Any]]:
    """The pages of a section that the principal may open, in the order of its tabs."""
    pages = [page for page in dash.page_registry.values() if page.get("section") == section]
    return sorted((page for page in pages if may(page["action"])), key=lambda page: page["order"])


def section_tabs(section: str, current: str, lang: str) -> dbc.Nav:
    """The tabs of a section: its pages that the principal may open. `current`: name of the page."""
    links = [
        dbc.NavLink(t(page["label_key"], lang), href=page["path"], active=page["name"] == current, external_link=True)
        for page in section_pages(section)
    ]
    return dbc.Nav([dbc.NavItem(link) for link in links], className="nav-tabs")

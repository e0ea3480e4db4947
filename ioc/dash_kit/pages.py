"""Registration of working pages: pages in which a person types, chooses or decides."""

from collections.abc import Iterable

import dash
import dash_bootstrap_components as dbc

from components.screens.shell import working_header
from components.ui.i18n import t
from components.ui.working import version_frame
from ioc.dash_kit.context import may
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View

ADMIN, SUBMISSIONS = "admin", "submissions"  # sections: of the administration, of figures that agencies submit
# Component packages of Dash that only working pages load; a page names what it needs.
BOOTSTRAP, GRID = "dash_bootstrap_components", "dash_ag_grid"


def register_working_page(
    module: str, *, path: str, name: str, title: str, label_key: str, action: Action, section: str = "", order: int = 0,
    rail: str = "", topics: Iterable[str] = (), has_grid: bool = False,
) -> None:  # fmt: skip
    """Registers the page in `module`, which has a function `layout(**params)`.

    `path`: with variables such as <key>, which are parameters of the layout. `rail`: its entry in the rail, where that
    is not its section.

    `name`: the ids of all components of the page begin with it and "-". `action`: the permission to open it. `section`,
    `order`: its tabs and its entry in the rail, and its place there; `label_key`: of its tab. `topics`: of the store
    (ioc/storage/db/change_counter.py); when one of them changes, the input DATA_VERSION changes, so that callbacks
    read again. `has_grid`: the page has a table of dash-ag-grid.
    """
    watched = tuple(topics)

    def frame(view: View) -> Frame:
        return {
            **version_frame(view.snapshot.topic_versions.get(topic, 0) for topic in watched),
            **working_header(view, t(label_key, view.lang), rail or section or name),
        }

    dash.register_page(  # type: ignore[no-untyped-call]
        module, **{"path_template" if "<" in path else "path": path}, name=name, title=title, action=action,
        frame=frame, label_key=label_key, section=section, order=order,
        suites=(BOOTSTRAP, GRID) if has_grid else (BOOTSTRAP,),
    )  # fmt: skip


def section_tabs(section: str, current: str, lang: str) -> dbc.Nav:
    """The tabs of a section: its pages that the principal may open. `current`: name of the page."""
    pages = [page for page in dash.page_registry.values() if page.get("section") == section]
    links = [
        dbc.NavLink(t(page["label_key"], lang), href=page["path"], active=page["name"] == current, external_link=True)
        for page in sorted(pages, key=lambda page: page["order"])
        if may(page["action"])
    ]
    return dbc.Nav([dbc.NavItem(link) for link in links], className="nav-tabs")

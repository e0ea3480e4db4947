"""People in positions, signed in to the pages of directives."""

import json
from datetime import date

from ioc.directives.documents import DocumentEntry, enter_document
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from tests.pages.conftest import UPDATE, WorkingBrowser, working
from tests.web.views.conftest import Centre

# Position and account by one name: its kind, the role of the account, its agency.
OFFICIALS = {
    "ct": (PositionKind.CHAIRMAN, Role.LEADER, ""),
    "pct": (PositionKind.VICE_CHAIRMAN, Role.LEADER, ""), "vp": (PositionKind.OFFICE_LEADER, Role.EDITOR, ""),
    "cv": (PositionKind.FOLLOWER, Role.EDITOR, ""), "vt": (PositionKind.DOCUMENT_CLERK, Role.EDITOR, ""),
    "gd-a": (PositionKind.AGENCY_LEADER, Role.REPORTER, "mp-a"),
    "gd-b": (PositionKind.AGENCY_LEADER, Role.REPORTER, "mp-b"),
}  # fmt: skip


def principal_of(name: str) -> Principal:
    """Who holds the position `name`."""
    return Principal(PrincipalKind.USER, name, roles=frozenset({OFFICIALS[name][1]}))


def fill_positions(centre: Centre) -> None:
    """Gives everybody of OFFICIALS the position of the same name, from yesterday's point of view for good."""
    with centre.store.write() as conn:
        for name, (kind, _, agency) in OFFICIALS.items():
            portfolio = (frozenset({"cây xanh"}), frozenset({"mp-a"})) if name == "pct" else (frozenset(), frozenset())
            day = centre.directives.today()
            position = Position(name, kind, f"Chức danh {name}", name, day, None, agency, *portfolio)
            positions.put_position(conn, position)


def official(centre: Centre, name: str) -> WorkingBrowser:
    """The browser of who holds the position `name`, signed in."""
    return working(centre.signed_in(name, OFFICIALS[name][1]))


def page_layout(browser: WorkingBrowser, path: str) -> str:
    """The layout of a page, as JSON without escapes."""
    pathname, _, query = path.partition("?")
    location = {"pathname": pathname, "search": f"?{query}" if query else ""}
    outputs = [
        {"id": name, "property": prop} for name, prop in (("_pages_content", "children"), ("_pages_store", "data"))
    ]
    body = {
        "output": ".._pages_content.children..._pages_store.data..", "outputs": outputs, "changedPropIds": [],
        "inputs": [{"id": "_pages_location", "property": name, "value": value} for name, value in location.items()],
    }  # fmt: skip
    answer = browser.client.post(UPDATE, base_url=browser.base, json=body)
    assert answer.status_code == 200, answer.text[:300]
    return json.dumps(answer.get_json(), ensure_ascii=False)


def is_form_hidden(page: str, form: str) -> bool:
    """Whether the form `form` is in a layout without being shown."""

    def state(part: object, *, is_hidden: bool) -> bool | None:
        if isinstance(part, list):
            return next((found for each in part if (found := state(each, is_hidden=is_hidden)) is not None), None)
        props = part.get("props") if isinstance(part, dict) else None
        if not props:
            return None
        hidden = is_hidden or bool(props.get("hidden"))
        return hidden if props.get("id") == form else state(props.get("children"), is_hidden=hidden)

    return state(json.loads(page)["response"]["_pages_content"]["children"], is_hidden=False) is True


def make_directive(
    centre: Centre, key: str = "d", leads: tuple[str, ...] = ("mp-a", "mp-b"), *, title_of: str = "Đào mương",
    due: date | None = None, **more: object,
) -> Document:  # fmt: skip
    """A document with a task for each of `leads`."""
    day = centre.directives.today()
    tasks = tuple(Task(f"nv-{n}", LocalizedText(f"{title_of} {n}"), lead, day, due) for n, lead in enumerate(leads, 1))
    fields = {
        "key": key, "number": f"{key}/MP-UBND", "title": LocalizedText("Chống ngập"), "kind": "công văn",
        "issuer": "mp-a", "issued_on": day, "published_on": None, "tasks": tasks,
    } | more  # fmt: skip
    return Document(**fields)  # type: ignore[arg-type]


def enter(centre: Centre, document: Document, *, assign: bool = True) -> None:
    """Enters a document by the Office."""
    enter_document(centre.directives, DocumentEntry(document, "vp", assign=assign), principal_of("vp"))

"""An agency above the city is offered as issuer, and for no task: the forms, by HTTP."""

import json

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from tests.pages.directive_site import enter, fill_positions, make_directive, official, page_layout
from tests.pages.sheet_site import PageOf, rows_of, sheet, today
from tests.web.views.conftest import Centre

NAME, CITY = "Bộ Mẫu", "Cơ quan A (mô phỏng)"


@pytest.fixture(autouse=True)
def ministry(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    name = LocalizedText(NAME)
    monkeypatch.setitem(centre.directives.agencies, "bo", Agency("bo", name, name, is_central=True))


def offered(page: str, name: str) -> str:
    """The part of the layout with the id `name`."""

    def find(part: object) -> object:
        if isinstance(part, list):
            return next((found for each in part if (found := find(each))), None)
        props = part.get("props") if isinstance(part, dict) else None
        return None if not props else part if props.get("id") == name else find(props.get("children"))

    found = find(json.loads(page)["response"]["_pages_content"]["children"])
    return json.dumps(found, ensure_ascii=False)


def test_entered_and_corrected_tasks_are_given_to_no_central_agency(centre: Centre) -> None:
    fill_positions(centre)
    enter(centre, make_directive(centre), assign=True)
    office = official(centre, "vp")
    entry = page_layout(office, "/nhap-van-ban")
    document, task = (page_layout(office, f"/dinh-chinh/d{query}") for query in ("", "?nhiem-vu=nv-1"))
    issuers = offered(entry, "document-entry-issuer"), offered(document, "correction-issuer")
    takers = offered(entry, "document-entry-agencies"), offered(task, "correction-agencies")
    assert [NAME in each and CITY in each for each in issuers] == [True, True]
    assert [CITY in each and NAME not in each for each in takers] == [True, True]


def test_unknown_name_of_a_sheet_stands_for_no_central_agency(page_of: PageOf) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(1, today(page), lead="Bộ Mẫu cũ", id="N1")))
    shown = page.check()
    fields = json.dumps(shown["sheet-import-names.children"], ensure_ascii=False)
    assert shown["sheet-import-asked.data"] == ["Bộ Mẫu cũ"] and CITY in fields
    assert f'"{NAME}"' not in fields

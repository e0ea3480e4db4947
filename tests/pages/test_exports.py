"""What each page lists, as files by HTTP: rights, filters, moments, and that nothing missing looks like a number."""

import csv
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from itertools import product
from typing import Any, BinaryIO

import dash
import openpyxl  # type: ignore[import-untyped]
import pytest

from components.districts.unit_grid import unit_columns, unit_rows
from components.events.event_groups import event_groups
from components.kpi.kpi_list import kpi_columns, kpi_rows
from components.sources.source_table import source_columns, source_row_id, source_rows
from components.ui.i18n import LANGS, catalogue
from components.ui.live_table import found_rows
from ioc.domain.access.permissions import is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.kpis.kpi import FigureState
from ioc.web.errors.codes import ExportCode
from ioc.web.exports import endpoint
from ioc.web.exports.lists import watching_lists
from ioc.web.exports.table_process import write_table
from tests.city import NOW, empty_city
from tests.pages.conftest import WorkingBrowser, working
from tests.web.views.conftest import Centre

pytestmark = pytest.mark.usefixtures("files_written_here")
PAGES = {
    "units": "units", "kpis": "kpis", "sources": "sources", "events": "events", "directives": "directives",
    "overdue-submissions": "obligations", "compliance": "obligations", "submission-periods": "obligations",
    "accounts": "users", "displays": "displays", "api-keys": "api-keys", "audit-log": "audit",
    "tasks": "register", "documents": "documents", "reminders": "reminders", "waiting": "waiting",
    "positions": "positions", "mandates": "mandates",
}  # fmt: skip


@pytest.fixture
def viewer(centre: Centre) -> WorkingBrowser:
    return working(centre.signed_in("xem", Role.VIEWER))


def rows_of(browser: WorkingBrowser, path: str) -> list[dict[str, str]]:
    """The rows of a CSV by their heads, which differ."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    heads, *rows = csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";")
    assert len(set(heads)) == len(heads)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def word(key: str, lang: str = "vi", **parts: object) -> str:
    return catalogue()[key][lang].format(**parts)


def test_list_takes_the_action_of_its_page(centre: Centre) -> None:
    actions = {page["name"]: page["action"] for page in dash.page_registry.values()}
    lists = watching_lists()
    assert {each.name: actions[PAGES[each.name]] for each in lists} == {each.name: each.action for each in lists}


def test_who_may_not_open_the_page_gets_no_file(centre: Centre) -> None:
    actions = {page["name"]: page["action"] for page in dash.page_registry.values()}
    for role in Role:
        browser = working(centre.signed_in(f"ai-{role}", role))
        user = Principal(PrincipalKind.USER, "ai-do", roles=frozenset({role}))
        statuses = {name: browser.get(f"/xuat/{name}.csv").status_code for name in PAGES}
        assert statuses == {name: 200 if is_allowed(user, actions[page]) else 403 for name, page in PAGES.items()}


def test_file_has_the_same_cells_as_csv_and_as_workbook(centre: Centre) -> None:
    browser = working(centre.signed_in("truong", Role.ADMINISTRATOR, Role.OPERATOR))
    for name, lang in product(PAGES.keys() - {"audit-log"}, LANGS):
        heads, *lines = csv.reader(
            browser.get(f"/xuat/{name}.csv?lang={lang}").data.decode("utf-8-sig").splitlines(), delimiter=";"
        )
        answer = browser.get(f"/xuat/{name}.xlsx?lang={lang}")
        assert answer.headers["Cache-Control"] == "no-store" and answer.content_length == len(answer.data)
        page = openpyxl.load_workbook(BytesIO(answer.data)).worksheets[0]
        rows = list(page.iter_rows(values_only=True))
        assert [str(head) for head in rows[0]] == heads
        assert [[bool(cell) or cell == 0 for cell in row] for row in rows[1:]] == [
            [cell != "" for cell in line] for line in lines
        ]  # fmt: skip


def test_kpi_without_a_value_has_an_empty_cell_and_its_reason(centre: Centre, viewer: WorkingBrowser) -> None:
    figures = dict(centre.reads.city.figures)
    key, figure = next(iter(figures.items()))
    for state in (FigureState.STALE, FigureState.NO_DATA, FigureState.ERROR, FigureState.OFF):
        value = replace(figure.value, state=state, value=None, last_value=7.5)
        centre.reads.city = replace(centre.reads.city, figures={**figures, key: replace(figure, value=value)})
        row = rows_of(viewer, "/xuat/kpis.csv")[0]
        assert row[word("kpi.value")] == "" and row[word("export.last_value")] == "7,5"
        reasons = {"common.no_value", "common.stale", "common.failing", "common.off"}
        assert row[word("kpi.state")] in {word(reason) for reason in reasons}


def test_kpi_has_value_time_age_source_and_marks(centre: Centre, viewer: WorkingBrowser) -> None:
    figures = dict(centre.reads.city.figures)
    key, figure = next((key, each) for key, each in figures.items() if each.value.data_time and each.value.value)
    value = replace(figure.value, is_simulated=True, is_phoned=True, data_time=NOW - timedelta(minutes=90))
    centre.reads.city = replace(centre.reads.city, figures={key: replace(figure, value=value)})
    (row,) = rows_of(viewer, "/xuat/kpis.csv")
    assert float(row[word("kpi.value")].replace(",", ".")) == figure.value.value
    assert row[word("export.age")] == "90" and row[word("export.data_time")] == "24/11/2026 14:48:07"
    yes, no = word("export.yes"), word("export.no")
    marks = [row[word(f"export.{mark}")] for mark in ("simulated", "phoned", "drill")]
    assert marks == [yes, yes, yes if figure.is_drill else no]
    assert row[word("export.at")] == "24/11/2026 16:18:07" and row[word("kpi.source")]


def test_units_are_one_row_each_and_say_why_a_value_is_missing(centre: Centre, viewer: WorkingBrowser) -> None:
    rows = rows_of(viewer, "/xuat/units.csv")
    assert {row[word("export.unit_code")] for row in rows} == set(centre.reads.city.units)
    for figure in centre.reads.city.figures.values():
        if not figure.values_by_place:
            continue
        name = figure.kpi.short_name.get("vi") + (f" – {word('common.drill')}" if figure.is_drill else "")
        for row in rows:
            (number,) = (cell for head, cell in row.items() if head.startswith(f"{name} ("))
            state, value = row[word("export.figure_state", name=name)], figure.values_by_place.get(row["Mã đơn vị"])
            has_number = value is not None and value.state is FigureState.OK
            assert bool(number) is has_number and state


def test_units_are_sorted_and_searched_as_the_page_does(centre: Centre, viewer: WorkingBrowser) -> None:
    found = rows_of(viewer, "/xuat/units.csv?tim=thot+not")
    assert [row[word("admin_units.unit")] for row in found] == ["Thốt Nốt"]


def test_files_hold_the_rows_of_the_page_in_its_order(centre: Centre, viewer: WorkingBrowser) -> None:
    city = centre.reads.city
    grids = {
        "units": (unit_columns(city, "vi"), unit_rows(city, "vi"), word("admin_units.unit"), "phuong", "name"),
        "kpis": (kpi_columns("vi"), kpi_rows(city, "vi"), word("kpi.name"), "nuoc", "name"),
        "sources": (source_columns("vi"), source_rows(city, "vi", ""), word("sources.name"), "tram", "state"),
    }
    names = {
        "units": {unit.code: unit.name for unit in city.units.values()},
        "kpis": {key: figure.kpi.name.get("vi") for key, figure in city.figures.items()},
        "sources": {source_row_id(view): view.source.name.get("vi") for view in city.sources},
    }
    for name, (columns, rows, head, words, column) in grids.items():
        for tim, xep in product(("", words), ("", column, f"-{column}")):
            shown = [row.id for row in found_rows(columns, rows, tim, xep) if not row.is_group]
            exported = rows_of(viewer, f"/xuat/{name}.csv?tim={tim}&xep={xep}")
            assert shown and [row[head] for row in exported] == [names[name][each] for each in shown]


def test_events_and_tasks_are_searched_and_sorted_as_the_page_does(centre: Centre, viewer: WorkingBrowser) -> None:
    city, title, task = centre.reads.city, word("events.title"), word("export.task")
    params = {"tim": "ngap", "xep": "-title"}
    on_page = [view.event.title for group in event_groups(city, params, "vi") for view in group.views]
    found = rows_of(viewer, "/xuat/events.csv?tim=ngap&xep=-title")
    unknown = {word("export.maybe_more"), word("events.unknown")}
    assert on_page and [row[title] for row in found if row[title] not in unknown] == on_page
    assert not rows_of(viewer, "/xuat/directives.csv?tim=khong-co-viec-nay")
    ascending, descending = (
        [row[task] for row in rows_of(viewer, f"/xuat/directives.csv?xep={sort}task")] for sort in ("", "-")
    )
    assert len(set(ascending)) > 1 and ascending != descending and sorted(ascending) == sorted(descending)


def test_search_looks_at_no_column_that_the_grid_does_not_search(viewer: WorkingBrowser) -> None:
    code = rows_of(viewer, "/xuat/units.csv")[0][word("export.unit_code")]
    assert not rows_of(viewer, f"/xuat/units.csv?tim={code}")


def test_small_counts_of_citizens_are_not_told(centre: Centre, viewer: WorkingBrowser) -> None:
    kinds = [
        kind for view in centre.reads.city.sources for kind in view.source.events if kind.is_from_people
    ]  # fmt: skip
    assert kinds
    for kind in kinds:
        head = word("export.events_of_kind", name=kind.name.get("vi"))
        for row in rows_of(viewer, "/xuat/units.csv"):
            assert row[head] == "" or row[head] == "0" or int(row[head]) >= 5


def test_sources_are_those_of_the_status(centre: Centre, viewer: WorkingBrowser) -> None:
    every, live = (rows_of(viewer, f"/xuat/sources.csv{query}") for query in ("", "?trang-thai=live"))
    assert len(every) == len(centre.reads.city.sources) > len(live) > 0
    assert {row[word("export.status")] for row in live} == {word("common.live")}
    assert rows_of(viewer, "/xuat/sources.csv?trang-thai=gone") == every


def test_events_are_all_of_the_kind_however_many(centre: Centre, viewer: WorkingBrowser) -> None:
    city = centre.reads.city
    view = next(view for view in city.events if view.event.kind == "report")
    many = tuple(replace(view, id=f"x/{number}") for number in range(450))
    centre.reads.city = replace(city, events=(*city.events, *many))
    rows = rows_of(viewer, "/xuat/events.csv?loai=report")
    assert len(rows) >= 450 and len({row[word("export.event_kind")] for row in rows}) == 1


def test_kind_whose_sources_are_not_heard_says_that_nobody_knows(centre: Centre, viewer: WorkingBrowser) -> None:
    centre.reads.city = replace(empty_city(), at=NOW)
    rows = rows_of(viewer, "/xuat/events.csv")
    assert rows and {row[word("events.title")] for row in rows} == {word("events.unknown")}
    assert all(row[word("export.data_state")] for row in rows)


def test_directives_are_the_tasks_that_the_filter_leaves(centre: Centre, viewer: WorkingBrowser) -> None:
    every = rows_of(viewer, "/xuat/directives.csv")
    late = rows_of(viewer, "/xuat/directives.csv?trang-thai=qua-han")
    assert len(every) > len(late) > 0 and all(int(row[word("export.days_overdue")]) > 0 for row in late)
    unreported = [row for row in every if word("directives.no_report") in row[word("export.work_state")]]
    assert not any(word("directives.not_started") in row[word("export.work_state")] for row in every)
    assert unreported and all(row[word("export.percent")] == "" for row in unreported)


def test_periods_are_counted_by_agency_as_the_page_counts_them(centre: Centre, viewer: WorkingBrowser) -> None:
    periods, late = (rows_of(viewer, f"/xuat/{name}.csv") for name in ("submission-periods", "overdue-submissions"))
    overdue = word("submissions.status_late")
    assert sum(int(row.get(overdue, 0)) for row in periods) == len(late) > 0
    year = rows_of(viewer, "/xuat/compliance.csv")
    assert sum(int(row[word("submissions.open_n")]) for row in year) == len(late)


def test_file_is_of_the_moment_in_the_address(centre: Centre, viewer: WorkingBrowser) -> None:
    answer = viewer.get("/xuat/kpis.csv?luc=24/11/2026+09:00")
    assert "24/11/2026 09:00:00" in answer.text and centre.reads.past_snapshots == 1
    assert "chi-so-20261124-090000.csv" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("moment", "code"), [("hom-qua", ExportCode.BAD_MOMENT), ("24/11/2027 09:00", ExportCode.FUTURE_MOMENT)]
)
def test_moment_that_cannot_be_shown_is_refused(viewer: WorkingBrowser, moment: str, code: ExportCode) -> None:
    answer = viewer.get(f"/xuat/kpis.csv?luc={moment}", Accept="application/json")
    assert answer.status_code == 400 and answer.get_json()["code"] == code


def test_list_of_a_working_page_has_no_past(admin: WorkingBrowser) -> None:
    answer = admin.get("/xuat/accounts.csv?luc=24/11/2026+09:00", Accept="application/json")
    assert answer.status_code == 400 and answer.get_json()["code"] == ExportCode.NO_PAST


def test_what_is_not_exported_is_not_found(viewer: WorkingBrowser) -> None:
    paths = ("/xuat/kpis.pdf", "/xuat/kpis.jsonl", "/xuat/gone.csv", "/xuat/kpis")
    assert [viewer.get(path).status_code for path in paths] == [404] * 4


def test_accounts_are_exported_as_the_table_shows_them(centre: Centre, admin: WorkingBrowser) -> None:
    centre.signed_in("bao-cao", Role.REPORTER)
    (row,) = rows_of(admin, "/xuat/accounts.csv?tim=BAO-cao")
    assert row[word("views.name")] == "bao-cao" and row[word("views.roles")] == word("views.role_reporter")
    assert word("table.act") not in row


def test_address_of_a_list_writes_nothing_for_head(viewer: WorkingBrowser) -> None:
    assert viewer.client.head("/xuat/kpis.csv", base_url=viewer.base).status_code == 405


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_list_is_made_for_no_image_or_frame_of_another_origin(
    viewer: WorkingBrowser, monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    monkeypatch.setattr(endpoint, "write_table", None)
    address = "/xuat/kpis.csv?lang=en"
    answer = viewer.get(address, **{"Sec-Fetch-Site": site})
    assert answer.status_code == 200 and f'content="0;url={address}"' in answer.text


def test_file_is_not_sent_to_an_account_that_was_disabled_while_it_was_made(
    centre: Centre, viewer: WorkingBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*words: Any) -> BinaryIO:
        file = write_table(*words)
        centre.auth.users.disable("xem", Principal(PrincipalKind.SHELL))
        centre.site.seconds.at += 1
        return file

    monkeypatch.setattr(endpoint, "write_table", write)
    answer = viewer.get("/xuat/kpis.csv")
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/dang-nhap?")
    assert "Content-Disposition" not in answer.headers

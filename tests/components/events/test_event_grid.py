"""Pages of events: bounded, grouped, filtered and sorted; what is not known is said on every one."""

from dataclasses import replace
from datetime import timedelta
from time import process_time

import pytest

from components.events.event_export import event_export
from components.events.event_grid import event_columns, event_filters, event_page
from components.events.event_groups import BY_PLACE, EVENT_COLUMNS, NO_PLACE
from components.events.event_table import event_list
from components.ui.live_table import PAGE_ROWS, LiveRow, rows_json
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot
from tests.city import HOUR, NOW, event_view, full_city


def changed(key: str, **changes: object) -> EventView:
    """An event with changes of what its source states."""
    view = event_view(key)
    return replace(view, event=replace(view.event, **changes))  # type: ignore[arg-type]


def city_with(*views: EventView, state: SourceState = SourceState.LIVE) -> Snapshot:
    """A city with these events, all from one source in that state."""
    city = full_city()
    source = replace(city.sources[0], health=replace(city.sources[0].health, state=state, data_time=NOW))
    return replace(city, sources=(source,), events=views)


def page(city: Snapshot, **params: str) -> list[LiveRow]:
    return event_page(city, {key.replace("_", "-"): value for key, value in params.items()}, "vi")[0]


def ids(rows: list[LiveRow]) -> list[str]:
    return [row.id.removeprefix("sim-tide/") for row in rows]


def test_page_is_bounded_and_pages_hold_every_event_once() -> None:
    city = city_with(*(event_view(f"k{n}") for n in range(10_000)))
    rows, paging = event_page(city, {}, "vi")
    assert (paging.first, paging.last, paging.total, paging.pages) == (1, PAGE_ROWS, 10_000, 10_000 // PAGE_ROWS)
    assert [row.is_group for row in rows] == [True] + [False] * PAGE_ROWS
    assert len(rows_json(event_columns("vi"), rows)) < 400_000
    few = city_with(*(event_view(f"k{n}") for n in range(PAGE_ROWS + 7)))
    pages = [{row.id for row in page(few, trang=str(n)) if not row.is_group} for n in (1, 2)]
    assert [len(each) for each in pages] == [PAGE_ROWS, 7] and not pages[0] & pages[1]
    assert ids(page(few, trang="9"))[0] == "kind-report", "a page that is gone is the last one"


def test_page_search_and_sorting_of_10000_events_are_fast() -> None:
    views = (changed(f"k{n}", title=f"Ngập đường số {n}", due=NOW + n * HOUR) for n in range(10_000))
    city = city_with(*views)
    for params in ({}, {"tim": "so 99"}, {"xep": "-due"}, {"xep": "place"}, {"nhom": BY_PLACE}, {"don-vi": "31135"}):
        times = []
        for _ in range(3):
            start = process_time()
            event_page(city, params, "vi")
            times.append(process_time() - start)
        assert min(times) < 0.6, params  # 0.08 on the machine on which it was written


def test_words_are_found_without_accents_and_their_number_is_told() -> None:
    city = city_with(changed("a", title="Đường Đầm Sen"), event_view("b"), event_view("c", is_drill=True))
    rows = page(city, tim="DAM sen")
    assert ids(rows) == ["kind-report", "a"] and "1/2" in str(rows[0].cells[0].content)
    assert ids(page(city, tim="ninh kieu dang xu ly")) == ["kind-report", "a", "b", "drill-report", "c"]


def test_events_of_a_unit_and_those_without_one_are_found() -> None:
    several = changed("two", place="", places=("31135", "31207"))
    city = city_with(event_view("here"), changed("none", place=""), several)
    assert set(ids(page(city, don_vi="31207"))) == {"kind-report", "two"}
    assert set(ids(page(city, don_vi=NO_PLACE))) == {"kind-report", "none"}
    assert "phường Thốt Nốt" in str(event_filters(city, {}, "vi"))
    assert len(list(event_export(city, {"don-vi": "31207"}, "vi").rows)) == 1


def test_groups_by_place_keep_exercises_apart() -> None:
    city = city_with(event_view("a"), changed("b", place="31207"), event_view("c", is_drill=True))
    rows = page(city, nhom=BY_PLACE)
    assert ids(rows) == [
        "place-0",
        "a",
        "place-1",
        "b",
        "place-2",
        "c",
    ]
    assert "DIỄN TẬP" in str(rows[4].cells[0].content) and "DIỄN TẬP" not in str(rows[0].cells[0].content)


@pytest.mark.parametrize("column", EVENT_COLUMNS)
def test_each_column_sorts_both_ways_exercises_last(column: str) -> None:
    city = city_with(
        changed("b", title="B", due=NOW + 2 * HOUR, severity=Severity.CRITICAL, started=NOW),
        changed("a", title="A", due=NOW + HOUR, severity=Severity.NORMAL, place="31207"),
        event_view("drill", is_drill=True),
    )
    up, down = ids(page(city, xep=column)), ids(page(city, xep=f"-{column}"))
    assert up[-1] == down[-1] == "drill" and set(up) == set(down) == {"a", "b", "drill"}
    if column in {"title", "due", "severity", "place", "started"}:
        assert up[:2] == down[1::-1]


def test_event_without_a_due_time_is_last_either_way() -> None:
    city = city_with(changed("none", due=None, expires=None), event_view("due"))
    assert ids(page(city, xep="due")) == ids(page(city, xep="-due")) == ["due", "none"]


@pytest.mark.parametrize("params", [{}, {"tim": "zzz"}, {"xep": "due"}, {"nhom": BY_PLACE}, {"don-vi": "31507"}])
def test_unheard_source_is_named_whatever_is_searched(params: dict[str, str]) -> None:
    for views, word in (((), "Chưa có số liệu"), ((event_view("x"),), "có thể còn")):
        city = city_with(*views, state=SourceState.DOWN)
        heads = str([str(row.cells[0].content) for row in event_page(city, params, "vi")[0] if row.is_group])
        assert "mất kết nối" in heads and "Hiện không có" not in heads
        assert word in heads or (views and not params)
        assert "mất kết nối" in str(event_list(city, "vi", "", params))


@pytest.mark.parametrize("state", list(FigureState))
def test_row_shows_all_that_the_drawn_row_shows(state: FigureState) -> None:
    view = replace(
        event_view("x", is_drill=True, disagreements=("due",), sources=("sim-tide", "gone"), has_personal=True),
        state=state, age_limit=timedelta(minutes=10),
    )  # fmt: skip
    city = city_with(replace(view, event=replace(view.event, due=NOW - HOUR, text="Nước sâu")))
    (row,) = [row for row in page(city) if not row.is_group]
    markup = " ".join(str(cell.content) for cell in row.cells)
    for part in (
        "Ngập nước trên đường", "Nước sâu", "lĩnh vực: hạ tầng", "badge-drill", "badge-simulated", "phường Ninh Kiều",
        "đang xử lý", "quá hạn", "hạn xử lý", "Trạm thủy văn (mô phỏng)", "/chi-tiet?su-kien=", f"is-{state.value}",
        f'data-age="{view.began_at.isoformat()}"', f'data-age="{NOW.isoformat()}"',
    ):  # fmt: skip
        assert part in markup, part
    is_counted = f'data-since="{NOW.isoformat()}" data-limit="600"' in markup
    assert is_counted is ("event-late" in markup) is (state is FigureState.OK)


def test_drawn_table_has_the_same_events_in_the_same_order() -> None:
    city = city_with(changed("a", title="Aaa"), changed("b", title="Bbb"), changed("c", title="Ccc", place="31207"))
    for params in ({"xep": "-title"}, {"tim": "ninh kieu"}, {"don-vi": "31207"}, {"nhom": BY_PLACE}):
        markup, rows = str(event_list(city, "vi", "", params)), event_page(city, params, "vi")[0]
        titles = [name for name in ("Aaa", "Bbb", "Ccc") if name in markup]
        wanted = [str(row.cells[0].order) for row in rows if not row.is_group]
        assert sorted(titles, key=markup.index) == wanted

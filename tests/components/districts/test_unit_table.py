"""The table of units and the cards of one unit: order, medians, suppression, unknown values."""

from dataclasses import replace

import pytest

from components.districts.unit_card import event_section, kpi_section, source_section, task_section
from components.districts.unit_counts import publishable_counts
from components.districts.unit_table import sort_units, unit_table
from components.kpi.card import kpi_row, values_by_unit
from components.map.detail import unit_detail
from components.ui.status_badges import state_label
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState, KpiValue, SuppressionReason
from ioc.domain.snapshot import KpiFigure, Snapshot
from tests.city import NOW, UNITS, event_view, full_city


def by_place(**values: float | None) -> tuple[Snapshot, KpiFigure]:
    """A city whose water level is worked out by unit, and that figure."""
    city = full_city()
    unit_values = {
        code: KpiValue(
            "water-level",
            FigureState.OK if value is not None else FigureState.STALE,
            NOW,
            value,
            data_time=NOW,
            place=code,
        )
        for code, value in ((f"31{key[1:]}", value) for key, value in values.items())
    }
    figure = replace(city.figures["water-level"], values_by_place=unit_values)
    return replace(city, figures={**city.figures, "water-level": figure}), figure


def test_units_are_rows_grouped_by_former_province_with_median() -> None:
    city, _ = by_place(u135=1.5, u207=1.9, u507=1.7)
    markup = str(unit_table(city, "vi", ""))
    assert all(name in markup for name in ("phường Ninh Kiều", "phường Thốt Nốt", "Sóc Trăng cũ", "2 đơn vị"))
    assert "1,70" in markup


def test_values_stand_under_their_heads() -> None:
    city, _ = by_place(u135=1.5)
    assert '<td class="n' in row_of(str(unit_table(city, "vi", "")), "phường Ninh Kiều")


def test_units_are_sorted_both_ways_and_without_value_last() -> None:
    _, figure = by_place(u135=1.5, u207=1.9, u507=None)
    units = list(UNITS.values())
    assert [unit.code for unit in sort_units(units, figure, is_descending=True)] == ["31207", "31135", "31507"]
    assert [unit.code for unit in sort_units(units, figure)] == ["31135", "31207", "31507"]


def test_missing_value_is_a_mark() -> None:
    city, _ = by_place(u135=None)
    assert "1,86" not in str(kpi_section(city, "31135", "vi")).split("</td>")[1]


def test_unit_shows_its_own_events_and_sources_and_names_empty_sections() -> None:
    city = replace(full_city(), events=(event_view("here"), event_view("there")))
    elsewhere = replace(city.events[1], event=replace(city.events[1].event, place="31507", title="Nơi khác"))
    city = replace(city, events=(city.events[0], elsewhere))
    markup = str(event_section(city, "31135", "vi"))
    assert "Ngập nước trên đường" in markup and "Nơi khác" not in markup
    assert "Trạm thủy văn" in str(source_section(city, "31135", "vi"))
    assert "Chưa ghi nhận nhiệm vụ" in str(task_section(city, "31135", "vi"))
    assert "No indicator is worked out" in str(kpi_section(replace(city, figures={}), "31135", "en"))


def test_task_of_the_units_agency_is_listed() -> None:
    city = full_city()
    lead = next(task.lead for document in city.register.documents for task in document.tasks if not task.withdrawn_at)
    agencies = {**city.register.agencies, lead: replace(city.register.agencies[lead], place="31135")}
    city = replace(city, register=replace(city.register, agencies=agencies))
    assert "row-link" in str(task_section(city, "31135", "vi")) and "row-link" not in str(
        task_section(city, "31207", "vi")
    )


def test_cells_of_kpis_have_labels_for_a_phone() -> None:
    city, _ = by_place(u135=1.5)
    cells = str(kpi_section(city, "31135", "vi")).split("<tbody>")[1].split("<td")[2:]
    assert cells and all("data-label=" in cell.split(">")[0] for cell in cells)


def test_suppressed_count_is_explained_everywhere_and_is_not_missing_data() -> None:
    city, figure = by_place(u135=1.5)
    few = KpiValue("water-level", FigureState.NO_DATA, NOW, place="31135", reason=SuppressionReason.SMALL_COUNT)
    figure = replace(figure, values_by_place={"31135": few})
    city = replace(city, figures={**city.figures, "water-level": figure})
    table = str(unit_table(city, "vi", "")).partition("unit-legend")[0]
    markups = [table, str(kpi_section(city, "31135", "vi")), str(values_by_unit(figure, city, "vi"))]
    detail = str(unit_detail(city, "vi", {"don-vi": "31135"})).partition("Trạm")[0]
    assert all("dưới 5" in markup and "chưa có số liệu" not in markup for markup in (*markups, detail))


@pytest.mark.parametrize("state", [state for state in FigureState if state is not FigureState.OK])
def test_no_unit_of_measurement_follows_a_state_label(state: FigureState) -> None:
    city, figure = by_place(u135=1.5)
    none = KpiValue("water-level", state, NOW, place="31135")
    figure = replace(figure, values_by_place={"31135": none}, value=replace(none, place="", last_value=2.0))
    city = replace(city, figures={"water-level": figure})
    for markup in (str(kpi_section(city, "31135", "vi")), str(kpi_row(figure, city, "vi"))):
        assert '<span class="quiet">m</span>' not in markup
    sound = full_city()
    assert '<span class="quiet">m</span>' in str(kpi_row(sound.figures["water-level"], sound, "vi"))


def test_citizen_reports_of_a_unit_are_suppressed_below_five() -> None:
    city = full_city()
    other = next(
        code
        for code, unit in UNITS.items()
        if unit.former_province == UNITS["31135"].former_province and code != "31135"
    )

    def row(n: int) -> str:
        events = tuple(
            replace(event_view(f"e{i}"), event=replace(event_view(f"e{i}").event, place="31135" if i < n else other))
            for i in range(n + 9)
        )
        return str(unit_table(replace(city, events=events), "vi", "")).split("phường Ninh Kiều")[1].split("</tr>")[0]

    assert "dưới 5" in row(1) and "dưới 5" in row(4) and "dưới 5" not in row(0) + row(5) and ">5<" in row(5)


def test_only_units_that_the_words_find_are_drawn() -> None:
    city, _ = by_place(u135=1.5)
    markup = str(unit_table(city, "vi", "", "phuong thot"))
    assert "phường Thốt Nốt" in markup and "phường Ninh Kiều" not in markup and "phuong thot" in markup
    assert "phường Ninh Kiều" not in str(unit_table(city, "vi", "", "soc trang"))


def test_group_total_reveals_no_suppressed_count() -> None:
    counts = {"a": 2, "b": 30, "c": 8, "d": 0, "e": 9}
    small, secondary = SuppressionReason.SMALL_COUNT, SuppressionReason.SECONDARY
    told = publishable_counts(counts, is_from_people=True)
    assert told == {"a": small, "b": 30, "c": secondary, "d": 0, "e": secondary}
    assert publishable_counts(counts, is_from_people=False) == counts
    alone = publishable_counts({"a": 2, "b": 0, "c": 0}, is_from_people=True)
    assert set(alone.values()) == {secondary}


def test_search_reveals_no_suppressed_count() -> None:
    """The total of a group and what is kept back are the same whichever of its units are shown."""
    city = full_city()
    events = tuple(replace(event_view(f"e{i}"), event=replace(event_view(f"e{i}").event, place=code))
                   for i, code in enumerate(["31135"] * 3 + ["31207"] * 9))  # fmt: skip
    city = replace(city, events=events)
    whole, found = (str(unit_table(city, "vi", "", words)) for words in ("", "ninh kieu"))
    assert "phường Thốt Nốt" not in found
    assert row_of(found, "Cần Thơ cũ") == row_of(whole, "Cần Thơ cũ")
    assert row_of(found, "phường Ninh Kiều") == row_of(whole, "phường Ninh Kiều")


def row_of(markup: str, name: str) -> str:
    return markup.split(name)[1].split("</tr>")[0]


def test_group_rows_label_medians_and_totals() -> None:
    city, _ = by_place(u135=1.5, u207=1.9)
    head = row_of(str(unit_table(city, "vi", "")), "Cần Thơ cũ")
    median, *totals = head.split("<th ")[1:]
    assert "1,70" in median and "trung vị" in median
    assert totals and all("tổng" in total and "trung vị" not in total for total in totals)


def test_zero_unknown_and_not_applicable_differ_and_are_in_the_legend() -> None:
    city, _ = by_place(u135=1.5)
    city = replace(city, events=(), sources=city.sources[:1])
    row = row_of(str(unit_table(city, "vi", "")), "phường Thốt Nốt")
    assert ">·<" in row and row.count(">0<") == 2 and "<td></td>" not in row
    lost = replace(city.sources[0], health=replace(city.sources[0].health, state=SourceState.DOWN))
    lost_word = state_label(FigureState.ERROR, "vi")
    table, legend = str(unit_table(replace(city, sources=(lost,)), "vi", "")).split("unit-legend")
    unknown = row_of(table, "phường Thốt Nốt")
    assert ">0<" not in unknown and unknown.count(f'title="{lost_word}"') == 2
    assert ">0<" not in row_of(table, "Cần Thơ cũ") and table.split("</thead>")[0].count(lost_word) == 2
    for word in (">0<", ">·<", "chưa có số liệu", lost_word, "dưới 5", "không nêu", "trung vị", "tổng"):
        assert word in legend, word


def test_event_of_several_units_counts_in_each_unit_and_once_in_the_group() -> None:
    view = event_view("alert")
    several = replace(view, event=replace(view.event, kind="camera", place="", places=("31135", "31207"), title="Dông"))
    city = replace(full_city(), events=(several,), sources=full_city().sources[:1])
    table = str(unit_table(city, "vi", ""))
    counts = {name: row_of(table, name).split("<td")[-1] for name in ("Ninh Kiều", "Thốt Nốt", "Phú Lợi")}
    assert ">1<" in counts["Ninh Kiều"] and ">1<" in counts["Thốt Nốt"] and ">0<" in counts["Phú Lợi"]
    assert ">1<small>tổng" in row_of(table, "Cần Thơ cũ")
    assert all("Dông" in str(event_section(city, code, "vi")) for code in ("31135", "31207"))
    assert "Dông" in str(unit_detail(city, "vi", {"don-vi": "31207"})) and "Dông" not in str(
        event_section(city, "31507", "vi")
    )
    assert "phường Ninh Kiều, phường Thốt Nốt" in str(event_section(city, "31135", "vi"))


def test_exercise_is_not_counted_and_is_listed_separately() -> None:
    city = replace(full_city(), events=(event_view("drill", is_drill=True),), sources=full_city().sources[:1])
    assert "dưới 5" not in row_of(str(unit_table(city, "vi", "")), "phường Ninh Kiều")
    markup = str(event_section(city, "31135", "vi"))
    assert "0 đang có hiệu lực" in markup and "badge-drill" in markup


def test_unit_does_not_claim_no_events_while_a_source_is_down() -> None:
    city = replace(full_city(), events=(), sources=full_city().sources[:1])
    assert "Hiện không có sự việc nào" in str(event_section(city, "31135", "vi"))
    lost = replace(city.sources[0], health=replace(city.sources[0].health, state=SourceState.DOWN))
    markup = str(event_section(replace(city, sources=(lost,)), "31135", "vi"))
    assert "Hiện không có sự việc nào" not in markup and "0 đang" not in markup
    assert "Chưa biết có hay không" in markup and "mất kết nối" in markup


def test_count_is_unknown_instead_of_zero_while_some_events_have_no_place() -> None:
    view = event_view("somewhere")
    nowhere = replace(view, event=replace(view.event, kind="camera", place=""))
    located = replace(view, event=replace(view.event, kind="camera"))
    city = replace(full_city(), events=(nowhere, located), sources=full_city().sources[:1])
    table = str(unit_table(city, "vi", ""))
    counts = {name: row_of(table, name).split("<td")[-1] for name in ("Ninh Kiều", "Thốt Nốt")}
    assert ">1<" in counts["Ninh Kiều"] and ">·<" in counts["Thốt Nốt"]
    assert table.split("</thead>")[0].count("1 chưa rõ địa bàn") == 1
    assert ">1<small>tổng" in row_of(table, "Cần Thơ cũ") and ">·<" in row_of(table, "Sóc Trăng cũ")

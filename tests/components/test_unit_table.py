"""Units beside each other and one alone: order, medians, what is missing is said, nothing is invented."""

from dataclasses import replace

from components.kpi_card import places
from components.map_detail import unit_detail
from components.unit_card import events, figures, sources, tasks
from components.unit_table import _cells, ordered, unit_table
from domain.kpi import SMALL, KpiValue, State
from domain.snapshot import Figure, Snapshot
from domain.text import Text
from tests.city import NOW, UNITS, full_city, told


def by_place(**values: float | None) -> tuple[Snapshot, Figure]:
    """A city whose water level is worked out by unit, and that figure."""
    city = full_city()
    held = {
        code: KpiValue(
            "water-level", State.OK if value is not None else State.STALE, NOW, value, data_time=NOW, place=code
        )
        for code, value in ((f"31{key[1:]}", value) for key, value in values.items())
    }
    figure = replace(city.figures["water-level"], places=held)
    return replace(city, figures={**city.figures, "water-level": figure}), figure


def test_a_unit_is_a_row_and_a_former_province_a_group_with_its_median() -> None:
    city, _ = by_place(u135=1.5, u207=1.9, u507=1.7)
    said = str(unit_table(city, "vi", ""))
    assert all(name in said for name in ("phường Ninh Kiều", "phường Thốt Nốt", "Sóc Trăng cũ", "2 đơn vị · trung vị"))
    assert "1,70" in said


def test_the_worst_stand_first_and_those_without_a_value_last() -> None:
    _, figure = by_place(u135=1.5, u207=1.9, u507=None)
    assert [one.code for one in ordered(list(UNITS.values()), figure)] == ["31207", "31135", "31507"]


def test_a_value_that_is_none_is_a_mark_and_no_number() -> None:
    city, _ = by_place(u135=None)
    assert "1,86" not in str(figures(city, "31135", "vi")).split("</td>")[1]


def test_a_unit_shows_its_events_and_sources_and_says_what_it_has_not() -> None:
    city = replace(full_city(), events=(told("here"), told("there")))
    there = replace(city.events[1], event=replace(city.events[1].event, place="31507", title="Nơi khác"))
    city = replace(city, events=(city.events[0], there))
    said = str(events(city, "31135", "vi"))
    assert "Ngập nước trên đường" in said and "Nơi khác" not in said
    assert "Trạm thủy văn" in str(sources(city, "31135", "vi"))
    assert "Chưa ghi nhận nhiệm vụ" in str(tasks(city, "31135", "vi"))
    assert "No indicator is worked out" in str(figures(replace(city, figures={}), "31135", "en"))


def test_a_task_of_the_units_own_committee_is_shown_with_its_time() -> None:
    city = full_city()
    lead = next(task.lead for document in city.register.documents for task in document.tasks if not task.withdrawn)
    agencies = {**city.register.agencies, lead: replace(city.register.agencies[lead], place="31135")}
    city = replace(city, register=replace(city.register, agencies=agencies))
    assert "row-link" in str(tasks(city, "31135", "vi")) and "row-link" not in str(tasks(city, "31207", "vi"))


def test_every_figure_of_a_unit_names_what_it_is_where_a_phone_shows_no_head_row() -> None:
    city, _ = by_place(u135=1.5)
    cells = str(figures(city, "31135", "vi")).split("<tbody>")[1].split("<td")[2:]
    assert cells and all("data-label=" in cell.split(">")[0] for cell in cells)


def test_a_count_of_too_few_is_said_so_everywhere_and_is_no_fault_of_a_source() -> None:
    city, figure = by_place(u135=1.5)
    few = KpiValue("water-level", State.NO_DATA, NOW, place="31135", reason=SMALL)
    figure = replace(figure, places={"31135": few})
    city = replace(city, figures={**city.figures, "water-level": figure})
    drawn = [str(unit_table(city, "vi", "")), str(figures(city, "31135", "vi")), str(places(figure, city, "vi"))]
    detail = str(unit_detail(city, "vi", {"don-vi": "31135"})).partition("Trạm")[0]
    assert all("dưới 5" in one and "chưa có số liệu" not in one for one in (*drawn, detail))


def test_how_many_people_sent_of_a_unit_is_told_from_five_on() -> None:
    city = full_city()
    other = next(code for code, unit in UNITS.items() if unit.former == UNITS["31135"].former and code != "31135")

    def row(n: int) -> str:
        events = tuple(
            replace(told(f"e{i}"), event=replace(told(f"e{i}").event, place="31135" if i < n else other))
            for i in range(n + 9)
        )
        return str(unit_table(replace(city, events=events), "vi", "")).split("phường Ninh Kiều")[1].split("</tr>")[0]

    assert "dưới 5" in row(1) and "dưới 5" in row(4) and "dưới 5" not in row(0) + row(5) and ">5<" in row(5)


def test_a_phone_is_given_one_column_with_its_ages_and_a_way_to_each_other() -> None:
    city, water = by_place(u135=1.5)
    other = replace(water, kpi=replace(water.kpi, key="rain", short=Text("Mưa")))
    city = replace(city, figures={**city.figures, "rain": other})
    for order, chosen in (("", "water-level"), ("rain", "rain"), ("no-such", "water-level")):
        said = str(unit_table(city, "vi", order))
        assert f'href="?xep={chosen}" aria-current="true"' in said and said.count('aria-current="true"') == 1
        row = said.split("phường Ninh Kiều")[1].split("</tr>")[0]
        assert row.count("picked") == 1 and row.count("data-age=") == 1
    bare = replace(city, figures={key: replace(one, places={}) for key, one in city.figures.items()})
    assert "unit-pick" not in str(unit_table(bare, "vi", ""))


def test_a_groups_total_of_what_people_sent_gives_no_small_count_away() -> None:
    counts = {"a": 2, "b": 30, "c": 8, "d": 0, "e": 9}
    drawn = {code: str(cell) for code, cell in _cells(counts, True, "vi").items()}
    assert "dưới 5" in drawn["a"] and ">30<" in drawn["b"] and "><" in drawn["d"]
    assert all("không nêu" in drawn[code] for code in "ce") and ">2<" in str(_cells(counts, False, "vi")["a"])
    alone = _cells({"a": 2, "b": 0, "c": 0}, True, "vi")
    assert all("không nêu" in str(cell) for cell in alone.values())

"""Tasks of a document as they are typed, and the agencies that a text names."""

from datetime import date

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.slug import fold
from ioc.domain.directives import agency, document_form
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.agency import (
    MAX_NAMES,
    MAX_NAMES_LENGTH,
    Agencies,
    Agency,
    AgencyNames,
    match_agencies,
)
from ioc.domain.directives.document_form import TypedTask, parse_tasks
from ioc.domain.geo.place import AdminUnit
from ioc.domain.geo.unit_names import UnitNames

DAY = date(2026, 11, 2)
NAMES = {
    "a": "Sở Y tế", "b": "Sở Văn hóa, Thể thao và Du lịch", "c": "Sở Xây dựng", "old": "Sở Cũ", "ubnd": "UBND thành phố"
}  # fmt: skip
AGENCIES = {
    key: Agency(key, LocalizedText(name), LocalizedText(key.upper()), until=date(2025, 6, 30) if key == "old" else None)
    for key, name in NAMES.items()
}


@pytest.mark.parametrize(
    ("text", "keys", "unknown"),
    [
        ("so y te", ("a",), ()),
        ("SỞ Y TẾ, Sở Văn hóa, Thể thao và Du lịch; c", ("a", "b", "c"), ()),
        ("Sở Văn hóa,Thể thao và Du lịch\nA, a", ("b", "a"), ()),
        ("Sở Y tế, Sở Lạ, c", ("a", "c"), ("Sở Lạ",)),
        ("Sở Cũ", (), ("Sở Cũ",)),
        (" ;, ", (), ()),
    ],
)
def test_agencies_are_found_by_their_names(text: str, keys: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    assert match_agencies(text, AGENCIES, DAY) == (keys, unknown)


@pytest.mark.parametrize("name", ["z", "Sở Y tế", "Sở Văn hóa, Thể thao và Du lịch"])
def test_cost_of_names_is_that_of_their_number(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[int]()

    def counted(text: str) -> str:
        read.append(len(text))
        return fold(text)

    monkeypatch.setattr(agency, "fold", counted)
    costs = list[int]()
    for count in (0, 40, 80):
        read.clear()
        match_agencies(", ".join([name] * count), AGENCIES, DAY)
        costs.append(sum(read))
    assert costs[2] - costs[0] <= 2.1 * (costs[1] - costs[0])


def test_names_of_all_rows_are_looked_up_in_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = list[date]()

    class Counted(AgencyNames):
        def __init__(self, agencies: Agencies, day: date) -> None:
            tables.append(day)
            super().__init__(agencies, day)

    monkeypatch.setattr(document_form, "AgencyNames", Counted)
    parse_tasks([TypedTask("x", "a", "c")] * 40, AGENCIES, "ubnd", DAY)
    assert tables == [DAY]


@pytest.mark.parametrize("text", ["a," * (MAX_NAMES + 1), "a;" * (MAX_NAMES + 1), "a" * (MAX_NAMES_LENGTH + 1)])
def test_too_long_a_list_of_agencies_is_refused_at_its_field(text: str) -> None:
    for row, field in ((TypedTask("x", text), "lead"), (TypedTask("x", "a", text), "coordinating")):
        _, faults = parse_tasks([row], AGENCIES, "ubnd", DAY)
        assert {key: failure.code for key, failure in faults.items()} == {(0, field): ActCode.TOO_MANY_AGENCIES}


def test_rows_become_tasks_and_an_order_has_a_part_for_each_agency() -> None:
    rows = [
        TypedTask("Việc một", "Sở Y tế", "c", "Quý IV/2026", "Báo cáo"),
        TypedTask(),
        TypedTask("Việc hai", "a, c", "b", "01/12/2026"),
    ]
    tasks, faults = parse_tasks(rows, AGENCIES, "ubnd", DAY)
    assert not faults and [task.key for task in tasks] == ["nv-1", "nv-2", "nv-2-1", "nv-2-2"]
    first, order, *parts = tasks
    assert (first.due, first.due_words, first.coordinating) == (date(2026, 12, 31), "Quý IV/2026", ("c",))
    assert order.is_order and order.lead == "ubnd" and order.coordinating == ("b",) and order.due_words == ""
    assert [(part.lead, part.part_of, part.is_order, part.due) for part in parts] == [
        ("a", "nv-2", False, date(2026, 12, 1)), ("c", "nv-2", False, date(2026, 12, 1))
    ]  # fmt: skip


PLACES = UnitNames(
    AdminUnit(code, name, kind, 1, 105, 10) for code, name, kind in (
        ("1", "Tân An", "phường"), ("2", "Tân An", "xã"), ("3", "Thới Lai", "xã"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "horizon", "expected"),
    [
        ("xã Thới Lai", "Dài hạn", ("3", "long")), ("thoi lai", "ngắn hạn", ("3", "short")), ("2", "", ("2", "")),
        ("", "Trung hạn", ("", "medium")), ("", "trung-hạn", ("", "medium")),
        ("P. Tân An", "short", ("1", "short")), ("Toàn thành phố", "long-term", ("", "long")),
        ("Tân An", "", "place"), ("xã Lạ", "", "place"), ("xã Thới Lai, xã Tân An", "", "place"),
        ("", "lâu", "horizon"),
    ],
)  # fmt: skip
def test_place_and_horizon_are_read_or_refused(place: str, horizon: str, expected: tuple[str, str] | str) -> None:
    row = TypedTask("Việc", "a", place=place, horizon=horizon)
    tasks, faults = parse_tasks([row], AGENCIES, "ubnd", DAY, PLACES)
    found = (tasks[0].place, tasks[0].horizon) if tasks else next(iter(faults)).field
    assert found == expected


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (TypedTask("", "a"), "title", ActCode.FIELD_MISSING),
        (TypedTask("x", " , "), "lead", ActCode.FIELD_MISSING),
        (TypedTask("x", "Sở Lạ"), "lead", ActCode.AGENCY_UNKNOWN),
        (TypedTask("x", "a", "z"), "coordinating", ActCode.AGENCY_UNKNOWN),
        (TypedTask("x", "a, c", "A"), "coordinating", ActCode.LEAD_COORDINATES),
        (TypedTask("x", "a", due="mai"), "due", ActCode.DUE_UNCLEAR),
        (TypedTask("x", "a", due="31/02/2027"), "due", ActCode.DUE_NO_SUCH_DAY),
        (TypedTask("x", "a", due="01/11/2026"), "due", ActCode.DUE_BEFORE_ASSIGNED),
    ],
)
def test_what_is_wrong_is_named_by_row_and_field(row: TypedTask, field: str, code: ActCode) -> None:
    _, faults = parse_tasks([TypedTask("Việc", "a"), TypedTask(), row], AGENCIES, "ubnd", DAY)
    assert [(key, failure.code) for key, failure in faults.items()] == [((2, field), code)]


def test_agency_that_leads_and_coordinates_is_named_by_its_short_name() -> None:
    _, faults = parse_tasks([TypedTask("Việc", "Sở Y tế, c", "so y te")], AGENCIES, "ubnd", DAY)
    assert [failure.params for failure in faults.values()] == [{"agency": "A"}]


def test_central_agency_is_refused_as_the_lead_of_a_row() -> None:
    agencies = AGENCIES | {"bo": Agency("bo", LocalizedText("Bộ Mẫu"), LocalizedText("Bộ"), is_central=True)}
    for lead in ("Bộ Mẫu", "a, Bộ Mẫu"):
        _, faults = parse_tasks([TypedTask("Việc", lead)], agencies, "ubnd", DAY)
        assert [(key, failure.code) for key, failure in faults.items()] == [((0, "lead"), ActCode.AGENCY_CENTRAL)]
        assert next(iter(faults.values())).params == {"agency": "Bộ"}
    tasks, faults = parse_tasks([TypedTask("Việc", "a", "Bộ Mẫu"), TypedTask("Việc", "a, c")], agencies, "bo", DAY)
    assert not faults and [task.lead for task in tasks] == ["a", "bo", "a", "c"]


def test_document_without_any_task_is_refused_at_its_first_field() -> None:
    _, faults = parse_tasks([TypedTask(), TypedTask()], AGENCIES, "ubnd", DAY)
    assert set(faults) == {(0, "title"), (0, "lead")}

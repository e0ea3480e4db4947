"""Items that are the values of an object, by their names: the reason has the expression that reads them with these."""

from typing import Any

import pytest
import yaml

from data_sources._mapping.errors import MappingCode
from ioc.domain.base.failure import Failure
from tests.data_sources.test_unset_items import read, reasons

TIME = "2026-11-24T09:00:00Z"
A, B = {"v": 1, "t": TIME}, {"v": 2, "t": TIME}
BY_NAME = {"Trạm A": A, "B-2": B}
LISTS = {"A": [A, B], "B": [B]}
READINGS = {"series": "level-{name}", "value": "v", "time": "t"}
EVENTS = {"kind": "report", "key": "{name}", "title": "{name}: {v}", "time": "t"}


def option_in(failure: Failure) -> dict[str, Any]:
    """The option that the reason says to set."""
    failure = cause if isinstance(cause := failure.params.get("cause"), Failure) else failure
    assert failure.code == MappingCode.ITEMS_BY_NAME
    written: dict[str, Any] = yaml.safe_load(f"{failure.params['option']}: {failure.params['expression']}")
    return written


@pytest.mark.parametrize("protocol", ["http_json", "webhook", "mqtt"])
@pytest.mark.parametrize(
    ("document", "options"),
    [
        (BY_NAME, {}), ({"data": {"stations": BY_NAME}}, {}), ({"at": TIME, "data": BY_NAME}, {}),
        ({"data": BY_NAME}, {"items": "data"}), ([{"town": "X", "stations": BY_NAME}], {"each": "stations"}),
        ({"t": TIME, **BY_NAME}, {}),  # a field of the row stands beside the items
    ],
)  # fmt: skip
def test_readings_by_name_are_read_as_the_reason_says(protocol: str, document: Any, options: dict[str, Any]) -> None:
    found = reasons(protocol, document, {**READINGS, **options})
    (failure,) = dict.fromkeys(found)
    batch = read(protocol, document, {**READINGS, **options, **option_in(failure)})
    assert [(one.series, one.value) for one in batch.readings] == [("level-tram-a", 1), ("level-b-2", 2)]
    assert not batch.rejected_items


@pytest.mark.parametrize("options", [{}, {"items": "data"}])
def test_one_item_by_name_is_told_where_the_row_says_where_the_items_are(options: dict[str, Any]) -> None:
    found = reasons("http_json", {"data": {"A": A}}, {**READINGS, **options})
    assert (found[0].code == MappingCode.ITEMS_BY_NAME) == bool(options)


@pytest.mark.parametrize("off", [None, 5, []])
def test_the_expression_of_the_reason_reads_the_others_where_one_is_off(off: Any) -> None:
    (failure,) = reasons("http_json", {"data": BY_NAME}, {**READINGS, "items": "data"})
    batch = read("http_json", {"data": {**BY_NAME, "C": off}}, {**READINGS, **option_in(failure)})
    assert [(one.series, one.value) for one in batch.readings] == [("level-tram-a", 1), ("level-b-2", 2)]


def test_lists_by_name_are_read_as_the_reason_says() -> None:
    for document, options in (({"data": LISTS}, {}), ({"data": LISTS}, {"items": "data"}), (LISTS, {})):
        (failure,) = reasons("http_json", document, {**READINGS, **options})
        batch = read("http_json", document, {**READINGS, **options, **option_in(failure)})
        assert [(one.series, one.value) for one in batch.readings] == [("level-a", 1), ("level-a", 2), ("level-b", 2)]


@pytest.mark.parametrize(("document", "options"), [(BY_NAME, {}), ({"data": BY_NAME}, {"items": "data"})])
def test_events_by_name_are_read_as_the_reason_says(document: Any, options: dict[str, Any]) -> None:
    (failure,) = dict.fromkeys(reasons("http_json", document, {"events": {**EVENTS, **options}}))
    ((option, expression),) = option_in(failure).items()
    batch = read("http_json", document, {"events": {**EVENTS, **options, "items": expression}})
    assert option == "events.items" and [event.key for event in batch.events] == ["Trạm A", "B-2"]


@pytest.mark.parametrize(
    "document", [{"now": {"v": 1}}, {"a": {"x": 1}, "b": {"x": 2}}, {"data": [{"x": 1}]}, {"a": 1}, [{"a": {"x": 1}}]]
)
def test_other_answers_have_another_reason(document: Any) -> None:
    assert {failure.code for failure in reasons("http_json", document, READINGS)} & {
        MappingCode.NOTHING_MAPPED, MappingCode.PATH_UNMATCHED,
    }  # fmt: skip


def test_names_with_quotes_are_written_so_that_they_are_read() -> None:
    document = {"it's": A, 'a "b"': B}
    (failure,) = reasons("http_json", document, READINGS)
    batch = read("http_json", document, {**READINGS, **option_in(failure)})
    assert [one.series for one in batch.readings] == ["level-it-s", "level-a-b"]

"""NGSI: temporal representations, whose attributes have a history of values."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.errors import MappingCode
from data_sources.ngsi import fetch, parse
from data_sources.ngsi.errors import NgsiCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, client_factory, row, serving
from tests.data_sources.test_ngsi import HISTORY, SIMPLE, entity, instances, parsed


def points_of(batch: Batch) -> list[tuple[float | None, str]]:
    return [(reading.value, reading.observed.isoformat().replace("+00:00", "Z")) for reading in batch.readings]


COLUMNS = {"values": [value for value, _ in HISTORY], "index": [at for _, at in HISTORY]}
LATEST = entity(NO2=instances())


@pytest.mark.parametrize(
    "document",
    [
        [LATEST],
        LATEST,
        [entity(NO2=[{"value": value, "observedAt": at} for value, at in HISTORY])],
        [entity(NO2={"type": "Property", "values": HISTORY})],
        [entity(NO2=[{"type": "Property", "values": HISTORY}])],
        [entity(NO2=[*instances(), {"type": "Property", "datasetId": "urn:b", "values": [[1, HISTORY[0][1]]]}])],
        [entity(NO2=HISTORY)],
        {"id": "urn:n", "type": "Notification", "subscriptionId": "urn:s", "data": [LATEST]},
        {"entityId": "Air:CT1", "entityType": "Air", "attrName": "NO2", **COLUMNS},
        {"entityId": "Air:CT1", "index": COLUMNS["index"], "attributes": [{"attrName": "NO2", "values": [10, 20, 30]}]},
        {"entityType": "Air", "entities": [{"entityId": "Air:CT1", "index": COLUMNS["index"], "attributes": [
            {"attrName": "SO2", "values": [None] * 3}, {"attrName": "NO2", "values": [10, 20, 30]}]}]},
        {"entityType": "Air", "attrName": "NO2", "entities": [{"entityId": "Air:CT1", **COLUMNS}]},
        {"attrs": [{"attrName": "NO2", "types": [{"entities": [{"entityId": "Air:CT1", **COLUMNS}]}]}]},
        {"entityId": "Air:CT1", "attrName": "NO2", "values": [10, None, 20, 30],
         "index": ["2026-11-24T08:00:00", "2026-11-24T08:05:00", "2026-11-24T08:10:00.000", HISTORY[2][1]]},
    ],
)  # fmt: skip
def test_every_value_of_a_temporal_representation_is_a_reading(document: Any) -> None:
    batch = parsed(document)
    assert {reading.series for reading in batch.readings} == {"no2-ct1"} and not batch.rejected_items
    assert points_of(batch) == HISTORY


def test_values_of_several_datasets_stay_apart_in_a_temporal_representation() -> None:
    both = entity(NO2=[*instances(datasetId="urn:a"), {"value": 5, "observedAt": HISTORY[0][1], "datasetId": "urn:b"}])
    values = {"a": {"attribute": "NO2", "dataset": "urn:a"}, "b": {"attribute": "NO2", "dataset": "urn:b"}}
    batch = parsed([both], values=values)
    assert [(reading.series, reading.value) for reading in batch.readings] == [
        ("a", 10), ("a", 20), ("a", 30), ("b", 5),
    ]  # fmt: skip
    missing = Failure(NgsiCode.DEFAULT_DATASET_MISSING, {"known": "urn:a, urn:b"})
    assert [item.failure for item in parsed([both]).rejected_items] == [missing]


def test_time_of_a_dataset_is_that_of_its_own_dataset() -> None:
    times = {"dataset": {"@none": HISTORY[0][1], "urn:b": HISTORY[1][1]}}
    values = {"a": "NO2", "b": {"attribute": "NO2", "dataset": "urn:b"}, "c": {"attribute": "s.x", "dataset": "urn:b"}}
    structured = [{"type": "Property", "value": {"x": 3}, "datasetId": "urn:b"}]
    body = [entity(NO2={"dataset": {"@none": 1, "urn:b": 2}}, s=structured, dateObserved=times)]
    assert points_of(parsed(body, values=values)) == [(1, HISTORY[0][1]), (2, HISTORY[1][1]), (3, HISTORY[1][1])]


def test_aggregated_values_are_as_of_the_end_of_their_period() -> None:
    periods = [[2.5, "2026-11-24T08:00:00Z", HISTORY[1][1]], [3.5, HISTORY[1][1], HISTORY[2][1]]]
    batch = parsed([entity(NO2={"type": "Property", "avg": periods})], values={"mean-{tail}": "NO2.avg"})
    assert points_of(batch) == [(2.5, HISTORY[1][1]), (3.5, HISTORY[2][1])]


def test_values_inside_structured_history_are_read() -> None:
    history = [{"type": "Property", "value": {"free": value}, "observedAt": at} for value, at in HISTORY]
    assert points_of(parsed([entity(slots=history)], values={"free": "slots.free"})) == HISTORY


@pytest.mark.parametrize(
    "attributes",
    [{"NO2": [{"type": "Property", "value": 1}, {"type": "Property", "value": 2}]},
     {"NO2": 1, "dateObserved": [{"value": "a", "observedAt": HISTORY[0][1]}, {"value": "b"}]}],
)  # fmt: skip
def test_values_that_cannot_be_told_apart_in_time_are_rejected(attributes: dict[str, Any]) -> None:
    batch = parsed([entity(**attributes)])
    assert not batch.readings and [item.failure.code for item in batch.rejected_items] == [NgsiCode.TIMES_MISSING]


def test_one_unreadable_value_of_a_history_is_rejected_alone() -> None:
    batch = parsed([entity(NO2={"type": "Property", "values": [*HISTORY, [True, HISTORY[0][1]], [1, "soon"]]})])
    assert points_of(batch) == HISTORY
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("[0].NO2[3]", ParseCode.BOOLEAN), ("[0].NO2[4]", ParseCode.NOT_A_TIME),
    ]  # fmt: skip


@pytest.mark.parametrize("empty", [[], {"type": "Property", "values": []}])
def test_history_without_values_is_an_entity_without_values(empty: Any) -> None:
    assert [item.failure.code for item in parsed([entity(NO2=empty)]).rejected_items] == [MappingCode.NO_VALUES]


def test_columns_that_do_not_fit_their_times_are_an_error() -> None:
    with pytest.raises(SourceError) as caught:
        parsed({"entityId": "Air:CT1", "attrName": "NO2", "values": [1, 2], "index": [HISTORY[0][1]]})
    assert caught.value.failure == Failure(NgsiCode.INDEX_MISMATCH, {"attribute": "NO2"})


async def test_history_is_polled_at_its_own_path() -> None:
    requests: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        requests.append(request.path)
        return web.json_response([LATEST])

    async with serving(answer) as base, client_factory() as factory:
        source = row(base, {**SIMPLE, "path": "/ngsi-ld/v1/temporal/entities", "params": {"lastN": "3"}})
        batch = parse(source, await fetch(source, factory.context_for(source)), NOW)
    assert requests == ["/ngsi-ld/v1/temporal/entities"] and points_of(batch) == HISTORY


TIMED = st.dictionaries(st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 24)), st.floats(-1e6, 1e6), min_size=1)


@given(TIMED, st.sampled_from(["instances", "values", "columns"]))
def test_history_of_any_length_gives_exactly_its_values(history: dict[datetime, float], form: str) -> None:
    pairs = [(value, f"{moment.isoformat()}Z") for moment, value in history.items()]
    document: dict[str, Any] = {
        "instances": entity(NO2=[{"type": "Property", "value": value, "observedAt": at} for value, at in pairs]),
        "values": entity(NO2={"type": "Property", "values": pairs}),
        "columns": {"entityId": "a:ct1", "attrName": "NO2", "values": [value for value, _ in pairs],
                    "index": [at for _, at in pairs]},
    }[form]  # fmt: skip
    batch = parsed(document)
    expected = {moment.replace(tzinfo=UTC): value for moment, value in history.items()}
    assert {reading.observed: reading.value for reading in batch.readings} == expected
    assert len(batch.readings) == len(pairs) and not batch.rejected_items

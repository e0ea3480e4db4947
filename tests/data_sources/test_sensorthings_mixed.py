"""Observations of a whole server belong to any Datastream: without its name none is read into a series."""

import json
from typing import Any

import pytest

from data_sources.sensorthings import parse
from data_sources.sensorthings.errors import SensorThingsCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row

BASE = "http://127.0.0.1:9/v1.1"


def read(observation: dict[str, Any], address: str = BASE, **options: Any) -> Batch:
    times = [f"2026-11-24T0{n}:00:00Z" for n in (8, 9)]
    body = json.dumps({"value": [{"phenomenonTime": time, "result": 4, **observation} for time in times]}).encode()
    return parse(row(address, {"series": "level", **options}), Payload((ResponsePage(body),)), NOW)


@pytest.mark.parametrize("path", ["Observations", "/Observations/", "FeaturesOfInterest(3)/Observations"])
def test_observations_of_unknown_datastreams_are_rejected(path: str) -> None:
    batch = read({"Datastream@iot.navigationLink": f"{BASE}/Observations(1)/Datastream"}, path=path)
    assert not batch.readings and codes(batch) == [SensorThingsCode.STREAM_UNKNOWN] * 2


@pytest.mark.parametrize(
    ("observation", "address", "options"),
    [
        ({"Datastream": {"@iot.id": 5}}, BASE, {"path": "Observations"}),
        ({}, BASE, {"path": "Datastreams(5)/Observations"}),
        ({}, BASE, {"path": "MultiDatastreams(5)/Observations"}),
        ({}, f"{BASE}/Datastreams(5)/", {"path": "Observations"}),
        ({}, BASE, {"path": "Observations", "filter": "Datastream/id eq 5"}),
        ({}, BASE, {"path": "Observations", "params": {"$filter": "Datastream/id eq 5"}}),
        ({}, BASE, {"path": "Observations", "filter": "result gt 0 and (Datastream/@iot.id eq 5)"}),
        ({}, BASE, {"path": "Observations", "filter": "(Datastream/name eq 'Mưa (mm) or O''Brien') and (a or b)"}),
        ({}, BASE, {"path": "Observations", "filter": "'x' eq Datastream/id"}),
    ],
)
def test_observations_of_a_known_datastream_are_read(
    observation: dict[str, Any], address: str, options: dict[str, Any]
) -> None:
    batch = read(observation, address, **options)
    assert [one.value for one in batch.readings] == [4, 4] and not batch.rejected_items


@pytest.mark.parametrize(
    "text",
    [
        "Datastream/ObservedProperty/name eq 'Mưa'",
        "Datastream/Thing/id eq 5",
        "Datastream/id gt 5",
        "Datastream/id ne 5",
        "Datastream/id eq 5 or Datastream/id eq 6",
        "result gt 0 and (Datastream/id eq 5 or result lt 9)",
        "not (Datastream/id eq 5)",
        "not Datastream/id eq 5",
        "startswith(Datastream/name, 'a')",
        "Datastream/unitOfMeasurement/name eq 'm' and result gt 0",
        "parameters/note eq 'Datastream/id eq 5'",
        "Datastream/id eq Datastream/id",
        "Datastream/id eq 5)",
    ],
)
def test_another_filter_with_the_word_datastream_does_not_choose_one(text: str) -> None:
    choices: list[dict[str, Any]] = [{"filter": text}, {"params": {"$filter": text}}]
    for options in choices:
        batch = read({}, path="Observations", **options)
        assert not batch.readings and codes(batch) == [SensorThingsCode.STREAM_UNKNOWN] * 2


def test_the_filter_of_the_params_is_the_one_that_is_sent() -> None:
    options: dict[str, Any] = {"filter": "Datastream/id eq 5", "params": {"$filter": "result gt 0"}}
    assert not read({}, path="Observations", **options).readings

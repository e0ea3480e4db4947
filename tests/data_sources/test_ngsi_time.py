"""The times of NGSI entities: which attributes could be the time, and entities of one station at several times."""

from typing import Any

import pytest

from components.ui.error_messages import describe
from data_sources.ngsi.errors import NgsiCode
from data_sources.ngsi.options import Options
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.test_ngsi import SIMPLE, entity, parsed

START, END = "2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ({"observedFrom": START, "observedTo": END, "name": "Trạm 1", "level": 3}, "observedFrom, observedTo"),
        ({"period": {"type": "DateTime", "value": f"{START}/{END}"}}, "period"),
        ({"at": {"type": "Property", "value": {"@type": "DateTime", "@value": START}}}, "at"),
        ({"temperature": {"type": "Property", "value": 31, "observedAt": START}}, "temperature"),
    ],
)  # fmt: skip
def test_the_reason_for_a_missing_time_names_the_attributes_that_have_one(
    attributes: dict[str, Any], fields: str
) -> None:
    body = {"id": "a:1", "type": "Air", "NO2": 41.5, **attributes}
    reason = Failure(NgsiCode.TIME_MISSING, {"attribute": "dateObserved", "fields": fields})
    assert [item.failure for item in parsed([body]).rejected_items] == [reason]
    assert parsed([body], time=fields.split(", ")[-1]).readings


def validated(*entities: dict[str, Any]) -> Batch:
    source = row(options=SIMPLE, series_keys=("no2-ct1",))
    return validate_batch(parsed(list(entities), **source.options), source.polled_series(), NOW)


def at(time: str, value: float, observed: str) -> dict[str, Any]:
    return entity(f"urn:ngsi-ld:Air:CT1-2026-11-24T{time}", NO2=value, dateObserved=observed)


def test_entities_of_one_station_whose_ids_differ_by_a_time_are_its_values() -> None:
    batch = validated(at("08:00:00", 1.5, START), at("09:00:00", 2.5, END))
    assert [reading.value for reading in batch.readings] == [1.5, 2.5] and not batch.rejected_items


def test_differing_values_of_one_moment_are_both_rejected_with_their_places() -> None:
    batch = validated(at("08:00:00", 1.5, START), at("08:00:00_2026-11-24T09:00:00", 2.5, START))
    assert not batch.readings and codes(batch) == [ValidationCode.VALUES_DIFFER] * 2
    assert {item.failure.params["first_place"] for item in batch.rejected_items} == {"#1", "#2"}


def test_stations_whose_ids_differ_otherwise_are_not_one_series() -> None:
    first, second = (entity(f"urn:{town}:CT1-2026-11-24T08:00:00", NO2=value) for town, value in (("a", 1), ("b", 2)))
    batch = validated(first, second)
    assert not batch.readings and codes(batch) == [ValidationCode.SENSORS_OF_ONE_SERIES] * 2


def test_the_reason_says_what_to_set_where_no_attribute_with_a_time_is_when_it_was_measured() -> None:
    body = {"id": "a:CT1", "type": "Air", "NO2": 41.5, "dateEnergyMeteringStarted": "2020-05-22T10:57:00Z"}
    (failure,) = (item.failure for item in parsed([body]).rejected_items)
    assert failure.code == NgsiCode.TIME_MISSING
    assert all('time: ""' in describe(failure, lang) for lang in ("vi", "en"))
    (reading,) = parsed([body], time="").readings
    assert reading.observed == NOW and not Options(**{**SIMPLE, "time": ""}).has_own_time

"""A unit in an object that says of a name what another object has values of, as CoverageJSON writes it."""

import json
from typing import Any

import pytest

from data_sources import http_json
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row


def read(unit: Any, of_series: str = "°C", **options: Any) -> Batch:
    document = {
        "parameters": {"T": {"unit": unit}, "S": {"unit": {"symbol": "psu"}}},
        "ranges": {"T": {"values": [20]}},
    }
    source = row(
        options={"series": "t", "value": "ranges.T.values[0]", **options}, series_keys=("t",), units={"t": of_series}
    )
    raw = http_json.parse(source, Payload((ResponsePage(json.dumps(document).encode()),)), NOW)
    return validate_batch(raw, source.polled_series(), NOW)


UNITS = ["°C", {"symbol": "°C"}, {"symbol": {"value": "Cel", "type": "http://www.opengis.net/def/uom/UCUM/"}}]


@pytest.mark.parametrize("unit", UNITS)
def test_another_unit_than_that_of_the_series_rejects(unit: Any) -> None:
    assert codes(read(unit, "°F")) == [ValidationCode.UNIT_UNREAD]
    assert [one.value for one in read(unit).readings] == [20]


def test_the_path_that_the_reason_names_reads_it() -> None:
    (item,) = read(UNITS[2], "°F").rejected_items
    path = str(item.failure.params["path"])
    assert path == "parameters.T.unit.symbol.value"
    assert [round(one.value or 0) for one in read(UNITS[2], "°F", unit_path=path).readings] == [68]


def test_a_unit_of_another_name_says_nothing() -> None:
    assert [one.value for one in read(None, "g/l").readings] == [20]

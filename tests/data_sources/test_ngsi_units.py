"""NGSI: what the codes of UN/CEFACT for pieces mean for the series that they come to."""

import json
from dataclasses import replace
from typing import Any

import pytest

from data_sources.ngsi import parse
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, row
from tests.data_sources.test_ngsi import entity


def test_unit_one_is_a_count_and_no_other_quantity() -> None:
    values = {"%": 0.54, "°C": 25, "": 7}
    source = row(
        options={"values": {f"a{n}": f"a{n}" for n in range(3)}}, series_keys=("a0", "a1", "a2"),
        units={f"a{n}": unit for n, unit in enumerate(values)},
    )  # fmt: skip
    attributes: dict[str, Any] = {
        f"a{n}": {"type": "Property", "value": v, "unitCode": "C62"} for n, v in enumerate(values.values())
    }
    body = json.dumps([entity(**attributes)]).encode()
    batch = validate_batch(parse(source, Payload((ResponsePage(body),)), NOW), source.polled_series(), NOW)
    assert [reading.value for reading in batch.readings] == [7]
    assert [item.failure for item in batch.rejected_items] == [
        Failure(UnitCode.DIFFERENT_QUANTITY, {"unit": "1", "other": unit}) for unit in ("%", "°C")
    ]


@pytest.mark.parametrize("code", ["C62", "EA", "H87"])
@pytest.mark.parametrize(
    ("attribute", "series_unit", "is_read"),
    [
        ({}, "phương tiện", True),
        ({}, "giường", True),
        ({"unitText": "vehicles"}, "phương tiện", True),
        ({"unitText": "vehicles"}, "giường", False),
        ({"unitText": "%"}, "phương tiện", False),
        ({}, "nghìn người", False),
        ({}, "phương tiện/h", False),
    ],
)
def test_pieces_are_what_the_series_counts(
    code: str, attribute: dict[str, Any], series_unit: str, is_read: bool
) -> None:
    source = row(options={"values": {"a": "a"}}, series_keys=("a",), units={"a": series_unit})
    attributes: dict[str, Any] = {"a": {"type": "Property", "value": 7, "unitCode": code, **attribute}}
    body = json.dumps([entity(**attributes)]).encode()
    for pushed in (False, True):
        options = {**source.options, **({"push": True, "push_token": "${T}"} if pushed else {})}
        source = replace(source, options=options)
        batch = validate_batch(parse(source, Payload((ResponsePage(body),)), NOW), source.polled_series(), NOW)
        assert [reading.value for reading in batch.readings] == ([7] if is_read else [])
        assert len(batch.rejected_items) == (0 if is_read else 1)

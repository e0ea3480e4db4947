"""Reasons that say what to correct: types in words, units of the row, geometries as keys, swapped coordinates."""

import json
from decimal import Decimal
from typing import Any

import pytest

from components.ui.error_messages import describe
from components.ui.i18n import LANGS
from data_sources import geojson, http_json
from data_sources._mapping.errors import GeometryCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.option_reasons import PlainCode, with_options_of
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from ioc.domain.ingest.value_types import TypeCode, type_of
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row

SQUARE = [[[105, 10], [106, 10], [106, 11], [105, 10]]]
EVENTS = {"kind": "report", "key": "{id}", "title": "{id}", "lon": "x", "lat": "y"}


def read(document: Any, options: dict[str, Any], protocol: Any = http_json) -> Batch:
    payload = Payload((ResponsePage(json.dumps(document).encode()),))
    batch = protocol.parse(row(options=options), payload, NOW)
    assert isinstance(batch, Batch)
    return batch


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, TypeCode.NOTHING), (True, TypeCode.BOOLEAN), (1, TypeCode.NUMBER), (1.5, TypeCode.NUMBER),
        (Decimal(1), TypeCode.NUMBER), ("a", TypeCode.TEXT), ({}, TypeCode.OBJECT), ([], TypeCode.LIST),
        (NOW, TypeCode.TIME), (b"", TypeCode.OTHER),
    ],
)  # fmt: skip
def test_type_of_a_value_is_said_in_words(value: Any, code: TypeCode) -> None:
    assert type_of(value) == Failure(code)
    for lang in LANGS:
        text = describe(Failure(ParseCode.NOT_NUMERIC, {"kind": type_of(value)}), lang)
        assert describe(Failure(code), lang) in text and type(value).__name__ not in text.split()


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ({"unit": "km/h"}, ValidationCode.UNIT_OF_ROW),
        ({"unit": "km/h", "unit_path": "u"}, ValidationCode.UNIT_OF_ROW),
        ({"unit_path": "w"}, UnitCode.DIFFERENT_QUANTITY),
        ({"unit": "cm", "unit_path": "w"}, UnitCode.DIFFERENT_QUANTITY),
    ],
)  # fmt: skip
def test_unit_that_the_row_states_wrongly_is_corrected_there(unit: dict[str, Any], code: str) -> None:
    batch = read({"v": 3, "w": "km/h"}, {"values": {"level": {"path": "v", **unit}}})
    admitted = validate_batch(batch, row(series_keys=("level",)).polled_series(), NOW)
    assert codes(admitted) == [code] and admitted.rejected_items[0].failure.params["unit"] == "km/h"


def test_reason_for_a_unit_of_the_row_names_options_that_the_protocol_has() -> None:
    failure = Failure(ValidationCode.UNIT_OF_ROW, {"unit": "a", "other": "b"})
    assert with_options_of(failure, {"values.unit"}) == with_options_of(failure, {"unit"}) == failure
    assert with_options_of(failure, {"names"}).code == PlainCode.UNIT_OF_OTHER_QUANTITY


@pytest.mark.parametrize("field", ["key", "title"])
@pytest.mark.parametrize(
    ("value", "kind"), [({"type": "Polygon", "coordinates": SQUARE}, TypeCode.OBJECT), (SQUARE, TypeCode.LIST)]
)
def test_geometry_in_a_key_or_a_title_is_not_missing_but_no_text(field: str, value: Any, kind: TypeCode) -> None:
    batch = read([{"id": "1", "g": value}], {"events": {**EVENTS, field: "{g}"}})
    assert failures(batch) == [Failure(ParseCode.FIELD_NOT_TEXT, {"field": "g", "kind": Failure(kind)})]


def test_geometry_in_a_series_is_no_text() -> None:
    batch = read([{"g": SQUARE, "v": 1}], {"series": "a-{g}", "value": "v"})
    assert failures(batch) == [Failure(ParseCode.FIELD_NOT_TEXT, {"field": "g", "kind": Failure(TypeCode.LIST)})]


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (10.03, 105.78, GeometryCode.FIELDS_SWAPPED), (48.2, 116.4, GeometryCode.FIELDS_SWAPPED),
        (-33.9, 151.2, GeometryCode.FIELDS_SWAPPED), (40.7, -100.0, GeometryCode.FIELDS_SWAPPED),
        (600_000, 1_100_000, GeometryCode.OUT_OF_RANGE), (100.0, 95.0, GeometryCode.OUT_OF_RANGE),
    ],
)  # fmt: skip
def test_swapped_coordinates_are_said_anywhere_where_they_show(lon: float, lat: float, code: GeometryCode) -> None:
    assert codes(read([{"id": "1", "x": lon, "y": lat}], {"events": EVENTS})) == [code]
    assert not read([{"id": "1", "x": lat, "y": lon}], {"events": EVENTS}).rejected_items or abs(lon) > 90


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (2.0, "2"), (0.1 + 0.2, "0.3"), (12.5, "12.5"), (7, "7"), ("0.0", "0.0")],
)
def test_number_in_a_fact_is_written_as_other_numbers(value: Any, text: str) -> None:
    feature = {"type": "Feature", "properties": {"id": "1", "depth": value}, "geometry": None}
    options = {"events": {"kind": "report", "key": "{properties.id}", "title": "{properties.id}",
                          "facts": {"depth": "properties.depth"}}}  # fmt: skip
    (event,) = read({"type": "FeatureCollection", "features": [feature]}, options, geojson).events
    assert event.facts == {"depth": text}

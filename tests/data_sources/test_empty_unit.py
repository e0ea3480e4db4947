"""`units: {"": cm}` says what an empty unit means, also where the row names no field with units."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, row


@pytest.mark.parametrize("written", [150, "150", "150,0"])
@pytest.mark.parametrize(
    ("protocol", "path", "around"),
    [
        ("http_json", "v", lambda item: item),
        ("sql_view", "v", lambda item: [item]),
        ("geojson", "properties.v", lambda item: {"type": "Feature", "geometry": None, "properties": item}),
    ],
)
def test_unit_for_an_empty_one_holds_where_the_row_names_no_field_with_units(
    protocol: str, path: str, around: Callable[[Any], Any], written: object
) -> None:
    def values(item: dict[str, Any], **options: Any) -> tuple[list[float | None], list[str]]:
        query = {"query": "SELECT v FROM a"} if protocol == "sql_view" else {}
        source = row(protocol=protocol, options={**query, **options})
        page = ResponsePage(orjson.dumps(around(item)), "application/json", address="x")
        batch = validate_batch(protocols()[protocol].parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
        return [reading.value for reading in batch.readings], [one.failure.code for one in batch.rejected_items]

    for mapping in ({"series": "level", "value": path}, {"values": {"level": path}}):
        assert values({"v": written}, **mapping, units={"": "cm"}) == ([1.5], [])
        assert values({"v": written}, **mapping, units={"": ""}) == ([150], [])
        assert values({"v": written}, **mapping, units={"": "cm"}, unit="dm") == ([15], [])
        assert values({"v": written, "unit": "dm"}, **mapping, units={"": "cm"}) == (
            [], [MappingCode.UNIT_OF_ROW_CONTRADICTED],
        )  # fmt: skip

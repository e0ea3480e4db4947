"""Fields around the items: those that may name a unit or a zone are kept, and no item reads the others."""

import json
import time
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping import unit_fields
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.naming_fields import naming_holders
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row

UNIT_NAMES = unit_fields._NAMES | unit_fields._SHORT_NAMES


def read(document: dict[str, Any], items: str) -> Batch:
    options = {"items": items, "series": "{n}", "value": "v", "time": "t"}
    return protocols()["http_json"].parse(
        row(options=options), Payload((ResponsePage(json.dumps(document).encode()),)), NOW
    )


def stations(count: int) -> dict[str, Any]:
    return {f"s{n}": {"n": f"a{n}", "v": 1, "t": "2026-11-24 09:00:00"} for n in range(count)}


@pytest.mark.parametrize(
    "name",
    ["n", "v", "h_unit", "unit_h", "current_units", "Đơn vị", "time_zone", "obs_tz", "zone", "gmt", "offset", "Múi giờ",
     "location", "meta", "thông số", "end_time", *sorted(UNIT_NAMES)],
)  # fmt: skip
def test_fields_that_may_name_a_unit_or_a_zone_are_kept(name: str) -> None:
    (holder,) = naming_holders({name: "x", "s1": {}, "count": 3}, "values(@)")
    assert holder.fields == {name: "x"}


@pytest.mark.parametrize("field", [{"timezone": "UTC"}, {"meta": {"tz": "UTC"}}, {"location": {"utc_offset": 0}}])
def test_zone_beside_keyed_items_counts(field: dict[str, Any]) -> None:
    batch = read({**field, **stations(2)}, "values(@)[?n]")
    assert codes(batch) == [MappingCode.ZONE_UNREAD] * 2


def seconds(count: int) -> float:
    document = stations(count)
    took = []
    for _ in range(3):
        start = time.process_time()
        assert len(read(document, "values(@)").readings) == count
        took.append(time.process_time() - start)
    return min(took)


def test_time_is_in_proportion_to_the_number_of_keyed_items() -> None:
    read(stations(1), "values(@)")
    assert seconds(1600) < 9 * seconds(400), "4 times as many items"

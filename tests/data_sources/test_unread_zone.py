"""A field that names a zone beside a time without one: the time is not read in the default zone against it."""

import json
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row

LOCAL = "2026-11-24 09:00:00"
VALUES: dict[str, Any] = {"items": "data", "series": "a", "value": "v", "time": "t"}
EVENTS: dict[str, Any] = {"kind": "report", "items": "data", "key": "{v}", "title": "{v}", "time": "t"}


def read(item: dict[str, Any], outer: dict[str, Any] | None = None, **options: Any) -> Batch:
    page = ResponsePage(json.dumps({"data": [{"v": 1, "t": LOCAL, **item}], **(outer or {})}).encode())
    return protocols()["http_json"].parse(row(options=options or VALUES), Payload((page,)), NOW)


@pytest.mark.parametrize(
    "field",
    [
        {"tz": "UTC"}, {"timezone": "America/New_York"}, {"timeZone": "+00:00"}, {"utc_offset_seconds": 0},
        {"utcOffset": -5}, {"time_zone": "GMT+8"}, {"gmt_offset": -18000}, {"múi giờ": "UTC+8"}, {"t_zone": "CDT"},
        {"Activity_StartTimeZone": "CDT"}, {"tz": "Z"},
    ],
)  # fmt: skip
def test_time_beside_another_zone_is_rejected_with_the_field(field: dict[str, Any]) -> None:
    in_pattern = read(field, **VALUES, time_format="%Y-%m-%d %H:%M:%S")
    for batch in (read(field), read({}, field), read(field, events=EVENTS), in_pattern):
        is_clear = "CDT" not in field.values()  # which says the summer's offset alone
        code = MappingCode.ZONE_UNREAD if is_clear else MappingCode.ZONE_NOT_KNOWN
        assert codes(batch) == [code] and not (batch.readings or batch.events)
        (named,) = field.values()
        assert failures(batch)[0].params["named"] == str(named)


@pytest.mark.parametrize(
    "field",
    [
        {"tz": "Asia/Bangkok"}, {"timezone": "+07:00"}, {"utc_offset_seconds": 25200}, {"utcOffset": 7}, {"tz": "ICT"},
        {"timezone": ""}, {"timezone": None}, {"zone": "A"}, {"tz": "UTC+7"}, {"utc_offset_minutes": 420},
    ],
)  # fmt: skip
def test_field_of_the_same_zone_or_of_none_rejects_nothing(field: dict[str, Any]) -> None:
    assert len(read(field).readings) == len(read({}, field).readings) == 1


def test_zone_of_the_row_and_of_the_time_come_first() -> None:
    assert len(read({"tz": "UTC"}, **VALUES, zone="Asia/Ho_Chi_Minh").readings) == 1
    assert len(read({"tz": "UTC", "t": "2026-11-24T09:00:00+07:00"}).readings) == 1
    assert len(read({"tz": "UTC", "t": NOW.timestamp()}, **VALUES, time_format="unix").readings) == 1

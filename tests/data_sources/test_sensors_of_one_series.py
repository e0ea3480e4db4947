"""Several sensors that a template makes one series of: refused in every protocol that knows its sensors."""

import json
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping.sensor_fields import sensor_fields
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row

EARLY, LATE = "2026-11-24T09:00:00Z", "2026-11-24T09:10:00Z"
NAMED = {"series": "{ten}", "value": "v", "time": "t"}


def validated(protocol: str, options: dict[str, Any], body: Any, series: str = "level") -> Batch:
    source = row(options=options, protocol=protocol, series_keys=(series,))
    page = ResponsePage(json.dumps(body).encode(), address="7")
    batch = protocols()[protocol].parse(source, Payload((page,)), NOW)
    return validate_batch(batch, source.polled_series(), NOW)


def items(field: str, first: Any, second: Any) -> list[dict[str, Any]]:
    return [{"ten": "Level", "v": 1.5, "t": EARLY, field: first}, {"ten": "Level", "v": 2.5, "t": LATE, field: second}]


FIELDS = [
    ("id", 1, 2), ("_id", "a", "b"), ("station", "A", "B"), ("station_code", 7, 8), ("stationName", "A", "B"),
    ("devEUI", "a1", "a2"), ("deveui", "a1", "a2"), ("device", {"id": 1}, {"id": 2}),
    ("sensor", {"code": "a"}, {"code": "b"}),
    ("deviceInfo", {"devEui": "a1"}, {"devEui": "a2"}), ("Mã trạm", "T1", "T2"), ("ma", "T1", "T2"),
    ("properties", {"meter_no": 4}, {"meter_no": 5}), ("@iot.id", 4, 5),
]  # fmt: skip


@pytest.mark.parametrize(("field", "first", "second"), FIELDS)
@pytest.mark.parametrize("protocol", ["http_json", "webhook", "mqtt", "sql_view"])
def test_items_of_two_sensors_are_not_one_series(protocol: str, field: str, first: Any, second: Any) -> None:
    own: dict[str, dict[str, Any]] = {
        "webhook": {"push_token": "${T}"},
        "mqtt": {"topics": ["7"]},
        "sql_view": {"query": "SELECT 1"},
    }
    options = {**NAMED, **own.get(protocol, {})}
    batch = validated(protocol, options, items(field, first, second))
    assert not batch.readings and codes(batch) == [ValidationCode.SENSORS_OF_ONE_SERIES] * 2
    params = batch.rejected_items[0].failure.params
    # The field is the expression that the template needs.
    separated = validated(
        protocol, {**options, "series": f"{{ten}}-{{{params['field']}}}"}, items(field, first, second)
    )
    assert set(codes(separated)) == {ValidationCode.SERIES_NOT_IN_ROW}
    joined = validated(protocol, {**options, "may_differ": [params["field"]]}, items(field, first, second))
    assert [reading.value for reading in joined.readings] == [1.5, 2.5]
    assert len(validated(protocol, options, items(field, first, first)).readings) == 2


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        ("station", 1, 2), ("meter", 1.5, 2.5), ("record_id", 1, 2), ("deduplicationId", "a", "b"),
        ("device_type", "a", "b"), ("sensorStatus", "ok", "weak"), ("idle", "yes", "no"), ("code", "ok", "weak"),
        ("id", None, 5), ("station", "", "A"), ("device", {"battery": 1, "status": "a"}, {"battery": 2, "status": "b"}),
        ("owner", {"id": 1}, {"id": 2}), ("mA", 4, 5),
    ],
)  # fmt: skip
def test_other_fields_may_differ(field: str, first: Any, second: Any) -> None:
    assert len(validated("http_json", NAMED, items(field, first, second)).readings) == 2


def test_null_of_one_sensor_beside_a_value_of_another_is_no_gap_mark() -> None:
    body = items("id", 1, 2)
    body[0]["v"] = None
    for time in (EARLY, LATE):
        body[0]["t"] = time
        batch = validated("http_json", NAMED, body)
        assert codes(batch) == [ValidationCode.SENSORS_OF_ONE_SERIES] * 2 and not batch.gap_mark_count


def test_parents_are_sensors_too() -> None:
    body = [
        {"station": code, "data": [{"ten": "Level", "v": n, "t": f"2026-11-24T0{n}:00:00Z"}]}
        for n, code in enumerate("AB")
    ]
    batch = validated("http_json", {**NAMED, "each": "data"}, body)
    assert [item.failure.params["field"] for item in batch.rejected_items] == ["parent.station"] * 2


def test_values_of_one_item_are_of_one_sensor() -> None:
    body = [{"id": n, "a": 1, "b": 2, "t": EARLY} for n in range(2)]
    options = {"values": {"a": "a", "level-{id}": "b"}, "time": "t"}
    batch = validated("http_json", options, body, series="level-1")
    assert [reading.series for reading in batch.readings] == ["level-1"]


def test_messages_are_answers_of_their_own() -> None:
    source = row(options={**NAMED, "topics": ["7"]}, protocol="mqtt")
    pages = tuple(ResponsePage(json.dumps(item).encode(), address="7") for item in items("id", 1, 2))
    batch = protocols()["mqtt"].parse(source, Payload(pages), NOW)
    assert len(validate_batch(batch, source.polled_series(), NOW).readings) == 2


def stream(key: Any, result: float, time: str) -> dict[str, Any]:
    return {"@iot.id": key, "name": "Level", "Observations": [{"phenomenonTime": time, "result": result}]}


FIXED = [
    ("sensorthings", {"series": "{name}"}, {"value": [stream(1, 1.5, EARLY), stream(2, 2.5, LATE)]}, "id"),
    ("kiwis", {"series": "{station_name}"},
     [{"ts_id": str(n), "station_name": "Level", "columns": "Timestamp,Value", "data": [[time, n]]}
      for n, time in enumerate((EARLY, LATE))], "ts_id"),
    ("openaq", {"stations": [7], "series": "level-{station}", "names": {"level-7": "level"}},
     {"results": [{"id": n, "parameter": {"name": "pm25", "units": "m"},
                   "latest": {"datetime": {"utc": time}, "value": n}} for n, time in enumerate((EARLY, LATE), 1)]},
     "sensor"),
    ("ngsi", {"values": {"level": "level"}},
     [{"id": f"urn:s:{n}", "level": n, "dateObserved": time} for n, time in enumerate((EARLY, LATE))], "id"),
    ("prometheus", {"queries": {"level": "level"}},
     {"status": "success", "data": {"resultType": "vector", "result": [
         {"metric": {"job": "a", "instance": name}, "value": [1795510800, "1"]} for name in ("a", "b")]}}, "instance"),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "options", "body", "field"), FIXED, ids=[one[0] for one in FIXED])
def test_template_that_leaves_out_the_sensor_is_refused(
    protocol: str, options: dict[str, Any], body: Any, field: str
) -> None:
    batch = validated(protocol, options, body)
    assert not batch.readings and codes(batch) == [ValidationCode.SENSORS_OF_ONE_SERIES] * 2
    assert [item.failure.params["field"] for item in batch.rejected_items] == [field] * 2
    joined = validated(protocol, {**options, "may_differ": [field]}, body)
    assert joined.readings and not joined.rejected_items


def test_fields_are_given_as_expressions() -> None:
    item = {"id": 1, "parent": {"mã trạm": "x"}, "v": 1, "device": {"id": "a", "level": {"id": 5}}}
    assert list(sensor_fields(item)) == [("id", 1), ('parent."mã trạm"', "x"), ("device.id", "a")]
    assert not list(sensor_fields("x")) and not list(sensor_fields({"id": True}))

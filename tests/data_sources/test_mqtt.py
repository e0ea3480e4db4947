"""MQTT without a server: mapping, formats and options."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources import mqtt
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt import Options
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from ioc.domain.ingest.value_types import TypeCode
from tests.data_sources.failures import codes, failures
from tests.data_sources.protocol_invariants import assert_valid_batch
from tests.data_sources.server import NOW, row, shared

T = 1_790_000_000
JSON = {"topics": ["tram/#"], "series": "{mqtt.levels[1]}-{mqtt.levels[2]}", "value": "v"}


def message(body: bytes | str, topic: str = "tram/a/muc-nuoc", **more: Any) -> MqttMessage:
    raw = body.encode() if isinstance(body, str) else body
    return MqttMessage(raw, address=topic, received_at=more.pop("received_at", NOW), **more)


def parsed(*pages: ResponsePage, options: dict[str, Any] = JSON) -> Batch:
    return mqtt.parse(row(options=options, protocol="mqtt"), Payload(pages), NOW)


def values(batch: Batch) -> list[tuple[str, float | None]]:
    return [(one.series, one.value) for one in batch.readings]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": {"t": null}}', [("t", None)]),
        ('{"a": null, "l": [1]}', [("t", None)]),
        ('{"l": [1, null], "a": {}}', [("l", None)]),
        ('{"a": {"t": 5}}', [("t", 5)]),
        ('{"l": [], "a": {"x": 1}}', []),
    ],
)
def test_null_takes_a_value_away_and_what_is_missing_does_not(body: str, expected: list[Any]) -> None:
    options = {"topics": ["tram/+/#"], "values": {"t": "a.t", "l": "l[1]", "s": "a.t || l[0].x"}}
    batch = parsed(message(body), options=options)
    assert [one for one in values(batch) if one[0] != "s"] == expected
    assert bool(batch.rejected_items) is not bool(expected)


def test_a_message_is_read_by_its_topic_and_as_of_its_receipt() -> None:
    early = datetime(2026, 11, 24, 9, 18, 1, tzinfo=UTC)
    batch = parsed(message('{"v": "3,587,552.00"}', received_at=early), message("21.5", "tram/b/nhiet-do"), options={
        **JSON, "value": "v || value", "unit": "oC",
    })  # fmt: skip
    assert values(batch) == [("a-muc-nuoc", 3587552.0), ("b-nhiet-do", 21.5)]
    assert [one.observed for one in batch.readings] == [early, NOW]
    assert {one.unit for one in batch.readings} == {"°C"}


def test_a_value_that_a_message_does_not_have_is_not_changed() -> None:
    options = {"topics": ["x"], "values": {"temp": "temp", "battery": {"path": "battery", "unit": "%"}}}
    assert values(parsed(message('{"battery": 98}'), options=options)) == [("battery", 98)]
    assert values(parsed(message('{"battery": 98, "temp": "n/a"}'), options=options)) == [
        ("temp", None),
        ("battery", 98),
    ]
    batch = parsed(message('{"linkquality": 7}'), options=options)
    assert not batch.readings and len(batch.rejected_items) == 1


def test_each_item_of_a_list_knows_the_topic() -> None:
    body = '{"data": [{"n": "x", "v": 1}, {"n": "y", "v": 2}, 3]}'
    batch = parsed(message(body), options={**JSON, "items": "data", "series": "{mqtt.levels[1]}-{n}"})
    assert values(batch) == [("a-x", 1), ("a-y", 2)]
    assert batch.rejected_items[0].location == "tram/a/muc-nuoc: items[2]"


def test_events_come_by_topic_and_samples_hold_no_personal_text() -> None:
    events = {"kind": "report", "key": "{mqtt.levels[1]}-{id}", "title": "{what}", "personal": {"phone": "phone"}}
    options = {"topics": ["phan-anh/+"], "events": events}
    good = message('{"id": 7, "what": "<b>Ngập</b>", "phone": "0900000000"}', "phan-anh/web")
    batch = parsed(good, message('{"id": 8, "phone": "0900', "phan-anh/web"), options=options)
    (event,) = batch.events
    assert (event.key, event.title, event.observed) == ("web-7", "<b>Ngập</b>", NOW)
    assert event.personal == {"phone": "0900000000"}
    assert "0900" not in str(batch.rejected_items) and len(batch.rejected_items) == 1
    for old in (replace(good, is_retained=True), replace(good, is_kept=True)):
        assert not parsed(old, options=options).events
        assert parsed(old, options={**options, "retained": True}).events


def test_bad_messages_do_not_affect_good_ones() -> None:
    broken = [
        b"", b"{", b"null", b"[]", b"{}", b'"text"', b"<html>", b"<x/>", b"\xff\xfe", b"[" * 50_000, b"\x00" * 9,
        b'{"v": "<b>5</b>"}', '{"v": "\u00e2\u0300"}'.encode("cp1258", "ignore"), b'{"v": 1e999}',
    ]  # fmt: skip
    good = [
        b'{"v": 1, "u": "a"}',
        b"\xef\xbb\xbf" + b'{"v": 2}',
        '{"v": 3, "t": "độ"}'.encode("utf-16"),
        b'{"v": "NaN"}',
    ]
    batch = parsed(*map(message, broken), *map(message, good))
    assert values(batch) == [("a-muc-nuoc", value) for value in (1, 2, 3, None)]
    assert len(batch.rejected_items) == len(broken) - 1  # an empty list is a message without items
    assert all(one.location.startswith("tram/a/muc-nuoc") for one in batch.rejected_items)


def test_a_wrong_charset_does_not_affect_numbers() -> None:
    body = '{"v": 4, "n": "Mực nước"}'.encode().replace("ự".encode(), "\xe2".encode("latin-1"))
    batch = parsed(ResponsePage(body, charset="windows-1258", address="tram/a/muc-nuoc"))
    assert values(batch) == [("a-muc-nuoc", 4)]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_time_of_tomorrow_is_rejected_and_of_yesterday_accepted(days: int) -> None:
    source = row(options={**JSON, "time": "t", "time_format": "unix"}, series_keys=("a-muc-nuoc",))
    body = f'{{"v": 1, "t": {int(NOW.timestamp()) + days * 86_400}}}'
    batch = validate_batch(mqtt.parse(source, Payload((message(body),)), NOW), source.polled_series(), NOW)
    assert len(batch.readings) == (1 if days < 0 else 0)


def test_utc_beside_local_time_in_one_record_is_the_same_moment() -> None:
    station = {"deviceName": "G30A", "updateTime": "2026-02-14T23:32:34+0000", "data": [
        {"name": "Mực nước", "time": "06:32:34 15/2/2026", "value": "32.19", "unit": "m"},
    ]}  # fmt: skip
    page = message(orjson.dumps({"stations": [station]}))
    base = {
        "topics": ["x"],
        "items": "stations",
        "each": "data",
        "series": "{parent.deviceName}-{name}",
        "value": "value",
    }
    local = {**base, "time": "time", "time_format": "%H:%M:%S %d/%m/%Y", "zone": "Asia/Ho_Chi_Minh"}
    (one,), (two,) = (
        parsed(page, options=options).readings for options in (local, {**base, "time": "parent.updateTime"})
    )
    assert one == two
    assert (one.series, one.observed) == ("g30a-muc-nuoc", datetime(2026, 2, 14, 23, 32, 34, tzinfo=UTC))


SENML = {"topics": ["x/#"], "format": "senml"}


UPLINK = {
    "deduplicationId": "d1", "time": "2026-11-24T09:18:00.123456789+00:00", "fCnt": 5,
    "deviceInfo": {"devEui": "a840419edb62011c", "deviceName": "Cảm biến 1"},
    "object": {"level": 1.5, "battery": "3.3", "name": "LHT65N", "ok": True},
}  # fmt: skip
CHIRPSTACK = {"topics": ["application/+/device/+/event/up"], "format": "chirpstack"}


def test_an_uplink_of_several_gateways_is_read_once() -> None:
    page = message(orjson.dumps(UPLINK))
    batch = parsed(page, page, options=CHIRPSTACK)
    assert values(batch) == [("a840419edb62011c-level", 1.5), ("a840419edb62011c-battery", 3.3)]
    assert failures(batch) == [Failure(ParseCode.BOOLEAN, {"text": "true"})]
    assert batch.readings[0].observed == datetime(2026, 11, 24, 9, 18, 0, 123456, tzinfo=UTC)
    mapped = {**CHIRPSTACK, "values": {"{deviceInfo.devEui}-pin": {"path": "object.battery", "unit": "V"}}}
    assert values(parsed(page, options=mapped)) == [("a840419edb62011c-pin", 3.3)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ("n1-{deviceInfo.devEui}-{name}", [("n1-a840419edb62011c-level", 1.5), ("n1-a840419edb62011c-battery", 3.3)]),
        ("{deviceInfo.deviceName}-{name}", [("cam-bien-1-level", 1.5), ("cam-bien-1-battery", 3.3)]),
    ],
)
def test_the_series_alone_names_the_numbers_of_an_uplink(series: str, expected: list[tuple[str, float]]) -> None:
    page = message(orjson.dumps(UPLINK))
    assert values(parsed(page, options={**CHIRPSTACK, "series": series})) == expected
    with pytest.raises(ValidationError):  # items of the row's own need a value
        Options.model_validate({**CHIRPSTACK, "series": series, "items": "rxInfo"})


def test_numbers_inside_the_object_of_an_uplink_are_named_by_their_path() -> None:
    decoded = {"battery": {"voltage": 3.3, "low": False}, "probes": [21.5, {"depth": 2}, "x"], "note": "ok"}
    page = message(orjson.dumps({**UPLINK, "object": decoded}))
    eui = "a840419edb62011c"
    batch = parsed(page, options={**CHIRPSTACK, "numbers": {"true": 1, "false": 0}})
    assert values(batch) == [
        (f"{eui}-battery-voltage", 3.3), (f"{eui}-battery-low", 0), (f"{eui}-probes-0", 21.5),
        (f"{eui}-probes-1-depth", 2),
    ]  # fmt: skip
    assert not batch.rejected_items
    paths = {"volt": "object.battery.voltage", "depth": "object.probes[1].depth", "rssi": "rxInfo[0].rssi"}
    assert values(parsed(page, options={**CHIRPSTACK, "values": paths})) == [("volt", 3.3), ("depth", 2)]


@pytest.mark.parametrize("mapping", [{}, {"values": {"level": "object.level"}}])
@pytest.mark.parametrize("undecoded", [{"data": "zOEJ"}, {"data": "zOEJ", "object": None}, {"object": [1]}])
def test_uplink_that_is_not_decoded_is_rejected(mapping: dict[str, Any], undecoded: dict[str, Any]) -> None:
    uplink = {key: value for key, value in UPLINK.items() if key != "object"} | undecoded
    batch = parsed(message(orjson.dumps(uplink)), options={**CHIRPSTACK, **mapping})
    assert not batch.readings
    assert failures(batch) == [Failure(MqttCode.UPLINK_NOT_DECODED, {"device": "a840419edb62011c"})]


def test_uplink_without_a_payload_brings_nothing_and_one_without_numbers_says_so() -> None:
    bare = {key: value for key, value in UPLINK.items() if key != "object"}
    assert parsed(message(orjson.dumps(bare)), options=CHIRPSTACK) == Batch()
    radio = {**CHIRPSTACK, "values": {"rssi": "rxInfo[0].rssi"}}
    assert values(parsed(message(orjson.dumps({**bare, "rxInfo": [{"rssi": -90}]})), options=radio)) == [("rssi", -90)]
    wordy = parsed(message(orjson.dumps({**UPLINK, "object": {"state": "ok"}})), options=CHIRPSTACK)
    assert codes(wordy) == [MappingCode.NO_VALUES]
    deep: Any = 5
    for _ in range(9):
        deep = {"a": deep}
    batch = parsed(message(orjson.dumps({**UPLINK, "object": deep})), options=CHIRPSTACK)
    assert failures(batch) == [Failure(ParseCode.NOT_NUMERIC, {"kind": Failure(TypeCode.OBJECT)})]
    long = {f"n{n}": n for n in range(201)}
    batch = parsed(message(orjson.dumps({**UPLINK, "object": long})), options=CHIRPSTACK)
    assert len(batch.readings) == 200 and failures(batch) == [Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": 200})]


@given(st.recursive(
    st.floats(-1e6, 1e6) | st.integers(-9, 9),
    lambda inner: st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=4) | st.lists(inner),
    max_leaves=30,
).filter(lambda decoded: isinstance(decoded, dict)))  # fmt: skip
def test_every_number_of_an_uplink_is_a_reading(decoded: dict[str, Any]) -> None:
    def leaves(value: Any, *path: str) -> dict[str, float]:
        if isinstance(value, int | float):
            return {"-".join(("a840419edb62011c", *path)): value}
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: leaf for name, inner in items for key, leaf in leaves(inner, *path, str(name)).items()}

    batch = parsed(message(orjson.dumps({**UPLINK, "object": decoded})), options=CHIRPSTACK)
    assert {key: value for key, value in values(batch) if key.count("-") <= 8} == {
        key: value for key, value in leaves(decoded).items() if key.count("-") <= 8
    }


def test_chirpstack_events_that_are_no_uplinks_bring_nothing() -> None:
    join = {key: value for key, value in UPLINK.items() if key not in ("object", "fCnt")}
    assert parsed(message(orjson.dumps(join)), options=CHIRPSTACK) == Batch()
    assert codes(parsed(message(b'{"x": 1}'), options=CHIRPSTACK)) == [MqttCode.NOT_CHIRPSTACK]


def test_the_shared_uplink_gives_its_numbers() -> None:
    page = ResponsePage(shared("mqtt/chirpstack_v4_up_lht65n.json").read_bytes())
    batch = parsed(page, options=CHIRPSTACK)
    assert dict(values(batch)) == {
        "a840419edb62011c-batv": 3.297, "a840419edb62011c-tempc-sht": 24.73, "a840419edb62011c-bat-status": 3,
        "a840419edb62011c-hum-sht": 45.2, "a840419edb62011c-tempc-ds": 22.93,
    }  # fmt: skip


def test_the_shared_stations_are_read_by_mapping() -> None:
    page = ResponsePage(shared("mqtt/camau_data_mqtt.json").read_bytes())
    options = {"topics": ["x"], "items": "stations", "each": "data", "series": "{parent.deviceName}-{name}",
               "value": "value", "unit_path": "unit", "time": "time", "time_format": "%H:%M:%S %d/%m/%Y"}  # fmt: skip
    batch = parsed(page, options=options)
    document = orjson.loads(page.body)
    assert len(batch.readings) + len(batch.rejected_items) == sum(len(one["data"]) for one in document["stations"])
    assert not batch.rejected_items, batch.rejected_items
    assert ("g30a-muc-nuoc", 32.19) in values(batch)


def test_the_shared_schema_of_sparkplug_is_no_message() -> None:
    assert parsed(ResponsePage(shared("mqtt/sparkplug_b.json").read_bytes(), address="spBv1.0/g/NDATA/n"),
                  options={"topics": ["spBv1.0/#"], "format": "sparkplug"}).rejected_items  # fmt: skip


@pytest.mark.parametrize("changes", [
    {"topics": []}, {"topics": ["a/#/b"]}, {"topics": ["a+"]}, {"topics": [""]}, {"topics": ["a#"]}, {"qos": 2},
    {"format": "xml"}, {"version": "4"}, {"receive_maximum": -1}, {"series": ""}, {"strange": 1},
    {"events": {"kind": "a", "key": "k", "title": "t", "complete": True}},
    {"will": {"topic": "a/+", "offline": ["x"]}}, {"will": {"topic": "a", "offline": []}},
])  # fmt: skip
def test_invalid_options_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({**JSON, **changes})


TOPIC = st.sampled_from(["tram/a/b", "spBv1.0/g/NBIRTH/n", "spBv1.0/g/DDATA/n/d", "spBv1.0/g/NDEATH/n", "", "x"])
FORMATS = [JSON, SENML, CHIRPSTACK, {"topics": ["spBv1.0/#"], "format": "sparkplug"}]


@given(st.binary(max_size=400) | st.builds(cbor2.dumps, st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.integers(-8, 9) | st.text(), inner), max_leaves=20,
)), TOPIC, st.sampled_from(FORMATS))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_readings_or_rejected_items(body: bytes, topic: str, options: dict[str, Any]) -> None:
    try:
        batch = parsed(message(body, topic), options=options)
    except SourceError as error:
        assert error.failure.code
        return
    assert_valid_batch(row(options=options, protocol="mqtt"), batch)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["bn", "bt", "bv", "n", "v", "t", "u", "vb", "object", "deviceInfo", "devEui", "fCnt"]), inner
    ),
    max_leaves=20,
)  # fmt: skip


@given(PLAIN, st.sampled_from(FORMATS))
@settings(max_examples=150, deadline=None)
def test_any_json_gives_readings_or_rejected_items(document: Any, options: dict[str, Any]) -> None:
    batch = parsed(message(json.dumps(document)), options=options)
    assert_valid_batch(row(options=options, protocol="mqtt"), batch)
    is_other_event = options.get("format") == "chirpstack" and isinstance(document, dict) and not document.get("object")
    assert batch.readings or batch.rejected_items or not document or is_other_event, document

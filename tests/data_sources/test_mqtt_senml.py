"""SenML in MQTT messages: base fields, times, units, and records that cannot be read."""

import json
import tracemalloc
from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.errors import MqttCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.slug import slugify
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.reading import ValidationCode
from ioc.domain.ingest.source import Series
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.cbor_bodies import REFERENCES
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, shared
from tests.data_sources.test_mqtt import SENML, T, message, parsed, values


def test_senml_resolves_its_base_fields() -> None:
    pack = [
        {"bn": "tram:", "bt": T, "bu": "Cel", "bv": 20, "n": "t", "v": 1.5},
        {"n": "t", "t": 60, "v": 2}, {"n": "rh", "u": "%RH", "vs": "55"}, {"n": "on", "u": "1", "vb": True},
        {"bn": "other:", "n": "t"}, {"n": "sum", "s": 4}, {"n": "x", "must_": 1, "v": 1}, {"n": "bad", "v": {}},
        {"n": "bad", "v": True},
    ]  # fmt: skip
    batch = parsed(message(orjson.dumps(pack)), options=SENML)
    assert [(one.series, one.value, one.unit, int(one.observed.timestamp()) - T) for one in batch.readings] == [
        ("tram-t", 21.5, "Cel", 0), ("tram-t", 22, "Cel", 60), ("tram-rh", 55, "%", 0),
        ("other-t", 20, "Cel", 0),
    ]  # fmt: skip
    assert failures(batch) == [
        Failure(MqttCode.SENML_WITHOUT_VALUE, {"record": "other:sum"}),
        Failure(ParseCode.BOOLEAN, {"text": "true"}),
        Failure(MqttCode.SENML_UNKNOWN_FIELD, {"record": "other:x", "field": "must_"}),
        Failure(MqttCode.SENML_NOT_A_NUMBER, {"record": "other:bad", "field": "v", "text": "{}"}),
        Failure(MqttCode.SENML_NOT_A_NUMBER, {"record": "other:bad", "field": "v", "text": "true"}),
    ]  # fmt: skip
    mapped = parsed(message(orjson.dumps([{"n": "on", "vb": True, "t": T}])), options={**SENML, "numbers": {"true": 1}})
    assert values(mapped) == [("on", 1)]


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"v": "2,5"}, "v", '"2,5"'), ({"v": None}, "v", "null"), ({"bv": "x", "v": 1}, "bv", '"x"'),
        ({"bv": 1.5, "v": 10**400}, "v", '"1' + "0" * 59 + '"'),
        ({"v": 1, "t": "hôm qua"}, "t", '"hôm qua"'), ({"v": 1, "bt": [1]}, "bt", "[1]"),
    ],
)  # fmt: skip
def test_rejected_record_of_senml_is_named_with_its_field(fields: dict[str, Any], field: str, text: str) -> None:
    pack = [{"bn": "tram:", "bt": T, "n": "a", "v": 1}, {"n": "b", **fields}]
    batch = parsed(message(json.dumps(pack)), options=SENML)
    assert values(batch) == [("tram-a", 1)]
    assert failures(batch) == [Failure(MqttCode.SENML_NOT_A_NUMBER, {"record": "tram:b", "field": field, "text": text})]


def test_number_of_senml_that_is_not_finite_is_rejected_alone() -> None:
    bare = b'[{"bn": "tram:", "bt": %d, "n": "a", "v": 1}, {"n": "b", "v": NaN}, {"n": "c", "v": 2}]' % T
    in_cbor = cbor2.dumps([{-2: "tram:", -3: T, 0: "a", 2: 1}, {0: "b", 2: float("inf")}, {0: "c", 2: 2}])
    for body in (bare, in_cbor):
        batch = parsed(message(body), options=SENML)
        assert values(batch) == [("tram-a", 1), ("tram-c", 2)]
        (failure,) = failures(batch)
        assert failure.params.items() >= {"record": "tram:b", "field": "v"}.items()


@pytest.mark.parametrize(("series", "is_clash"), [("{name}", True), ("{name}-{unit}", False)])
def test_two_senml_units_of_one_name_are_one_series_only_by_unit(series: str, is_clash: bool) -> None:
    pack = [{"n": "x", "u": "%RH", "v": 20, "bt": T}, {"n": "x", "u": "%EL", "v": 98, "t": 1}]
    batch = parsed(message(orjson.dumps(pack)), options={**SENML, "series": series})
    keys = {reading.series: Series(reading.series, LocalizedText("x"), "%") for reading in batch.readings}
    valid = validate_batch(batch, keys, NOW)
    params = {"name": "x", "first": "%RH", "second": "%EL", "series": "x"}
    assert failures(valid) == ([Failure(ValidationCode.UNITS_OF_ONE_NAME, params)] * 2 if is_clash else [])
    assert len(valid.readings) == (0 if is_clash else 2)


def test_one_senml_unit_of_a_name_is_one_series() -> None:
    pack = [{"n": "x", "u": "%RH", "v": 20, "bt": T}, {"n": "x", "u": "%RH", "v": 21, "t": 1}]
    batch = parsed(message(orjson.dumps(pack)), options=SENML)
    assert len(validate_batch(batch, {"x": Series("x", LocalizedText("x"), "%")}, NOW).readings) == 2


def test_senml_in_cbor_gives_the_same_readings() -> None:
    as_json = [{"bn": "a:", "bt": T, "n": "x", "v": 1.5}, {"n": "y", "t": -5, "v": 2}]
    as_cbor = [{-2: "a:", -3: T, 0: "x", 2: 1.5}, {0: "y", 6: -5, 2: 2}]
    one, two = (parsed(message(body), options=SENML) for body in (orjson.dumps(as_json), cbor2.dumps(as_cbor)))
    assert one == two and len(one.readings) == 2


def test_senml_times_may_be_relative_but_not_to_a_retained_messages_receipt() -> None:
    body = orjson.dumps([{"n": "x", "t": -10, "v": 1}])
    assert (NOW - parsed(message(body), options=SENML).readings[0].observed).total_seconds() == 10
    assert codes(parsed(message(body, is_retained=True), options=SENML)) == [ParseCode.TIME_MISSING]
    assert codes(parsed(message(body, is_kept=True), options=SENML)) == [MqttCode.KEPT_WITHOUT_TIME]
    for old in (message(body, is_retained=True), message(body, is_kept=True)):
        assert parsed(old, options={**SENML, "retained": True}).readings


@pytest.mark.parametrize(("body", "code"), [
    (b"{}", MqttCode.NOT_SENML), (b"[1]", MqttCode.NOT_SENML),
    (b'[{"bver": 11, "n": "x", "v": 1}]', MqttCode.SENML_VERSION),
    (b"\x81\xa2\x00\x61x\x00\x61y", MappingCode.CBOR_KEY_TWICE),
    (b"\x81\xa3\x00\x61x\x02\x01\x61v\x02", MappingCode.CBOR_KEY_TWICE),
    (b'[{"bn": "a"}]', MqttCode.SENML_WITHOUT_VALUE), (b'[{"bt": 1}, {"bu": "m"}]', MqttCode.SENML_WITHOUT_VALUE),
    (b'[{"n": "x", "v": 1, "v": 2}]', DecodingCode.KEY_TWICE),
    (b'[{"n": "x", "v": 1, "vs": "2"}]', MqttCode.SENML_TWO_VALUES),
    (b"\x81\x81" * 99, MqttCode.NOT_CBOR), (b"\x9b" + b"\xff" * 8, MqttCode.NOT_CBOR),
])  # fmt: skip
def test_a_message_that_is_no_senml_is_rejected(body: bytes, code: str) -> None:
    batch = parsed(message(body), options=SENML)
    assert not batch.readings and codes(batch) == [code]


@pytest.mark.parametrize(("name", "count"), [("ex3", 7), ("ex5", 13)])
def test_recorded_senml_equals_its_resolved_form(name: str, count: int) -> None:
    packed = ResponsePage(shared(f"mqtt/senml_{name}.json").read_bytes())
    resolved = orjson.loads(shared(f"mqtt/senml_{name}.gen.resolved.json").read_bytes())
    batch = parsed(packed, options={**SENML, "series": "{name}"})
    found = [(one.series, one.value, one.unit, one.observed.timestamp()) for one in batch.readings]
    spelt = {"%RH": "%", "%EL": "%"}
    expected = [(slugify(one["n"]), one["v"], spelt.get(one["u"], one["u"]), one["t"]) for one in resolved]
    assert sorted(found) == sorted(expected) and len(found) == count and not batch.rejected_items


NUMBER = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), NUMBER, st.integers(0, 10**6)), min_size=1, max_size=20))
def test_good_senml_gives_exactly_its_records(records: list[tuple[str, float, int]]) -> None:
    pack = [{"n": name, "v": value, "t": T + at} for name, value, at in records]
    batch = parsed(message(orjson.dumps(pack)), options=SENML)
    assert [(one.series, one.value, one.observed.timestamp() - T) for one in batch.readings] == records
    assert not batch.rejected_items


@pytest.mark.parametrize("name", ["shared lists", "shared text", "in a record"])
def test_senml_in_cbor_with_references_is_rejected_and_the_others_are_read(name: str) -> None:
    good = message(cbor2.dumps([{0: "a", 2: 1, 6: T}]))
    batch = parsed(good, message(REFERENCES[name]), good, options=SENML)
    assert values(batch) == [("a", 1), ("a", 1)] and codes(batch) == [MappingCode.CBOR_REFERENCES]


@pytest.mark.parametrize("long", ["a" * 600_000, ["a"] * 100_000, {"a": "b"}])
@pytest.mark.parametrize("field", ["bn", "bu", "n", "u"])
def test_texts_that_fill_the_memory_are_refused_by_record(field: str, long: object) -> None:
    """A base name of 600 kB and 20,000 records were 12 GB."""
    base = {field: long} if field.startswith("b") else {}
    records = [
        {"n": f"t{number}", "v": 1, **({field: long} if not number and not base else {})} for number in range(1000)
    ]
    tracemalloc.start()
    try:
        batch = parsed(message(orjson.dumps([{"bt": T, **base}, *records])), options=SENML)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    refused = [each for each in failures(batch) if each.code == MqttCode.TEXT_TOO_LONG]
    assert {(each.params["field"], each.params["limit"]) for each in refused} == {(field, 250)}
    assert base or len(batch.readings) == 999

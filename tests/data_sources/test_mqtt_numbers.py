"""Numbers in messages of fixed formats: texts in uplinks of ChirpStack, records of SenML without a value."""

from typing import Any

import orjson
import pytest

from data_sources import mqtt
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.errors import MqttCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row
from tests.data_sources.test_mqtt import CHIRPSTACK, SENML, UPLINK, T, message, parsed, values


def uplink(decoded: dict[str, Any], **options: Any) -> Batch:
    device = {**UPLINK, "deviceInfo": {"devEui": "a"}, "object": decoded}
    return parsed(message(orjson.dumps(device)), options={**CHIRPSTACK, **options})


def test_number_of_an_uplink_may_be_a_text() -> None:
    batch = uplink({"level": "21.5", "deep": {"rain": ["1,25"]}, "model": "LHT65N", "at": "2026-11-24T09:00:00Z"})
    assert values(batch) == [("a-level", 21.5), ("a-deep-rain-0", 1.25)] and not batch.rejected_items
    assert values(uplink({"level": "1.234,5"}, decimal=",")) == [("a-level", 1234.5)]


def test_word_of_an_uplink_is_read_as_the_row_says() -> None:
    batch = uplink({"pump": "ON", "level": "err", "rain": "NaN", "name": "x"}, numbers={"ON": 1}, missing=["err"])
    assert values(batch) == [("a-pump", 1), ("a-level", None), ("a-rain", None)] and not batch.rejected_items


def test_ambiguous_text_of_an_uplink_is_not_decided_by_another_name() -> None:
    for other in ("2,8", "2.8"):
        batch = uplink({"level": "2.795", "rain": other})
        assert values(batch) == [("a-rain", 2.8)] and codes(batch) == [ParseCode.DECIMAL_AMBIGUOUS]


def test_ambiguous_text_of_senml_is_decided_by_records_of_its_name() -> None:
    pack = [
        {"bt": T, "n": "a", "vs": "2.795"}, {"n": "b", "vs": "2,8"},
        {"n": "c", "vs": "2.795", "t": 1}, {"n": "c", "vs": "2.8", "t": 2},
    ]  # fmt: skip
    batch = parsed(message(orjson.dumps(pack)), options=SENML)
    assert values(batch) == [("b", 2.8), ("c", 2.795), ("c", 2.8)] and codes(batch) == [ParseCode.DECIMAL_AMBIGUOUS]


@pytest.mark.parametrize("record", [{"s": 4}, {"s": 4, "ut": 60}, {}, {"u": "m"}])
def test_record_of_senml_without_a_value_is_rejected_and_takes_none_away(record: dict[str, Any]) -> None:
    batch = parsed(message(orjson.dumps([{"n": "x", "t": T, **record}])), options=SENML)
    assert not batch.readings and failures(batch) == [Failure(MqttCode.SENML_WITHOUT_VALUE, {"record": "x"})]


def test_value_of_senml_is_read_beside_a_sum() -> None:
    assert values(parsed(message(orjson.dumps([{"n": "x", "t": T, "v": 2, "s": 4}])), options=SENML)) == [("x", 2)]


def test_uplink_with_words_only_says_so() -> None:
    assert codes(uplink({"state": "ok", "at": "24/11"})) == [MappingCode.NO_VALUES]


@pytest.mark.parametrize(
    ("body", "value", "code"),
    [
        (b"ON", 1, ""), (b" OFF\n", 0, ""), (b"23,5", 23.5, ""), (b"21.5", 21.5, ""), (b"unavailable", None, ""),
        (b"2,795", None, ParseCode.DECIMAL_AMBIGUOUS), (b"unknown", None, ParseCode.NOT_A_NUMBER),
        (b"{1", None, DecodingCode.NOT_JSON), (b"a: 1", None, DecodingCode.NOT_JSON),
        (b"\xff", None, DecodingCode.CHARSET_UNKNOWN),
        (b"x" * 61, None, DecodingCode.NOT_JSON), (b"a\x00b", None, DecodingCode.NOT_JSON),
        (b"", None, DecodingCode.EMPTY),
    ],
)  # fmt: skip
def test_message_may_be_one_word_or_number(body: bytes, value: float | None, code: str) -> None:
    options = {
        "topics": ["a"], "series": "x", "value": "value", "numbers": {"ON": 1, "OFF": 0}, "missing": ["unavailable"],
    }  # fmt: skip
    batch = parsed(message(body), options=options)
    assert [reading.value for reading in batch.readings] == ([] if code else [value])
    assert codes(batch) == ([code] if code else [])


def test_word_is_no_message_of_a_row_that_reads_an_object() -> None:
    options = {"topics": ["a"], "series": "x", "value": "v"}
    batch = parsed(message(b"ON"), options=options)
    assert codes(batch) == [DecodingCode.NOT_JSON]


def test_null_or_text_of_a_declared_series_in_an_uplink_is_not_passed_over() -> None:
    decoded = {"level": None, "pump": {"power": "24.73 Zoll"}, "battery": 3.3, "note": "ok", "spare": None}
    page = message(orjson.dumps({**UPLINK, "object": decoded}))
    eui = "a840419edb62011c"
    source = row(
        options=CHIRPSTACK, protocol="mqtt", series_keys=(f"{eui}-level", f"{eui}-pump-power", f"{eui}-battery")
    )
    batch = mqtt.parse(source, Payload((page,)), NOW)
    assert values(batch) == [(f"{eui}-level", None), (f"{eui}-battery", 3.3)]
    assert failures(batch) == [Failure(ParseCode.NOT_A_NUMBER, {"text": "24.73 Zoll"})]

"""Protocols that read messages: one that fails in an unexpected way is rejected alone, and that is logged."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import cbor2
import orjson
import pytest

from data_sources import protocols
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.options import Options as MqttOptions
from data_sources.mqtt.sparkplug import session_numbers
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.test_mqtt import JSON, SENML, T, message, parsed
from tests.data_sources.test_mqtt_sparkplug import OPTIONS as SPARKPLUG
from tests.data_sources.test_mqtt_sparkplug import kind, metric, name, payload, real, sent, text
from tests.data_sources.test_ngsi import PUSH, entity
from tests.data_sources.test_webhook import SIMPLE

UPLINK = {"deviceInfo": {"devEui": "a1"}, "fCnt": 1, "object": {"level": 1}, "time": NOW.isoformat()}
SUBMISSION = {"observed": NOW.isoformat(), "channel": "web", "values": {"level": 1}}
CASES: dict[str, tuple[str, dict[str, Any], ResponsePage]] = {
    "mqtt json": ("mqtt", JSON, message('{"v": 1}')),
    "mqtt text": ("mqtt", {**JSON, "value": "value"}, message("21.5")),
    "mqtt senml": ("mqtt", SENML, message(orjson.dumps([{"n": "a", "v": 1, "t": T}]))),
    "mqtt chirpstack": ("mqtt", {"topics": ["x"], "format": "chirpstack"}, message(orjson.dumps(UPLINK))),
    "mqtt sparkplug": ("mqtt", SPARKPLUG, sent("NBIRTH", payload(metric(name("muc"), kind(10), real(1))))),
    "webhook": ("webhook", SIMPLE, ResponsePage(b'{"id": "a", "v": 1}', "application/json")),
    "ngsi": ("ngsi", PUSH, ResponsePage(orjson.dumps([entity(NO2={"type": "Number", "value": 1})]))),
    "submissions": ("submissions", {}, ResponsePage(orjson.dumps(SUBMISSION))),
}
ERRORS: list[Callable[[], Exception]] = [
    ValueError, TypeError, RecursionError, OverflowError, KeyError, ZeroDivisionError, AttributeError, MemoryError,
]  # fmt: skip


class _Failing(MqttMessage):
    """A message whose body raises `error` when it is read for the first time."""

    error: Exception | None = None
    content = b""

    @property
    def body(self) -> bytes:
        error, _Failing.error = _Failing.error, None
        if error:
            raise error
        return self.content

    @body.setter
    def body(self, value: bytes) -> None:
        object.__setattr__(self, "content", value)


def failing(error: Exception, address: str, received: datetime = NOW) -> _Failing:
    page = _Failing(b"0900 123 456", address=address, received_at=received)
    _Failing.error = error
    return page


@pytest.mark.parametrize("error", ERRORS, ids=str)
@pytest.mark.parametrize("case", CASES)
def test_a_message_that_fails_unexpectedly_is_rejected_alone(
    case: str, error: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    protocol, options, good = CASES[case]
    source = row(options=options, protocol=protocol)
    alone = protocols()[protocol].parse(source, Payload((good,)), NOW)
    assert len(alone.readings) == 1 and not alone.rejected_items
    with caplog.at_level(logging.ERROR):
        batch = protocols()[protocol].parse(source, Payload((failing(error(), good.address), good)), NOW)
    assert [(reading.series, reading.value) for reading in batch.readings] == [
        (reading.series, reading.value) for reading in alone.readings
    ]
    assert codes(batch) == [IngestCode.INTERNAL_ERROR]
    assert batch.rejected_items[0].failure.params == {"kind": type(error()).__name__}
    assert len(caplog.records) == 1 and "0900" not in caplog.text and type(error()).__name__ in caplog.text


def test_every_protocol_that_reads_messages_is_tested() -> None:
    reading = set()
    for key, module in protocols().items():
        file = Path(str(module.__file__))  # type: ignore[attr-defined]
        files = file.parent.glob("*.py") if file.name == "__init__.py" else [file]
        if any(word in one.read_text("utf-8") for one in files for word in ("fetch_messages(", "MqttMessage")):
            reading.add(key)
    assert reading == {protocol for protocol, _, _ in CASES.values()}


BIGNUM = b"\xc2\x59\x08\x00" + b"\xff" * 2048
SENML_RECORDS = {
    "value": b"\x81\xa2\x61n\x61a\x61v" + BIGNUM,
    "version": b"\x81\xa3\x64bver" + BIGNUM + b"\x61n\x61a\x61v\x01",
    "base name": b"\x81\xa3\x62bn" + BIGNUM + b"\x61n\x61a\x61v\x01",
    "name": b"\x81\xa2\x61n" + BIGNUM + b"\x61v\x01",
    "unit": b"\x81\xa3\x61n\x61a\x61u" + BIGNUM + b"\x61v\x01",
    "text": b"\x81\xa2\x61n\x61a\x62vs" + BIGNUM,
    "time": b"\x81\xa3\x61n\x61a\x61v\x01\x61t" + BIGNUM,
    "bytes as a key": b"\x81\xa2\x61n\x61a\x61v\xa1\x41x\x01",
    "decimal fraction": b"\x81\xa2\x61n\x61a\x61v\xc4\x82\x19\x7f\xff\x01",
}


@pytest.mark.parametrize("name", SENML_RECORDS)
def test_no_record_of_senml_costs_another_message(name: str, caplog: pytest.LogCaptureFixture) -> None:
    good = message(cbor2.dumps([{0: "good", 2: 1, 6: T}]))
    batch = parsed(good, message(SENML_RECORDS[name]), good, options=SENML)
    assert [reading.value for reading in batch.readings if reading.series == "good"] == [1, 1]
    assert not caplog.records and IngestCode.INTERNAL_ERROR not in codes(batch)


def test_a_bad_record_of_senml_leaves_the_others_of_its_message() -> None:
    pack = [{0: "a", 2: 1, 6: T}, {0: "b", 2: 2**20_000, 6: T}, {0: "c", 2: {b"x": 1}, 6: T}, {0: "d", 2: 2, 6: T}]
    batch = parsed(message(cbor2.dumps(pack)), options=SENML)
    assert [reading.series for reading in batch.readings] == ["a", "d"] and len(batch.rejected_items) == 2


@pytest.mark.parametrize("value", [text(15, "abc"), b"\x69" + b"\xff" * 8, b"\x69" + b"\0" * 6 + b"\xf0\x7f"])
def test_a_session_number_that_is_none_costs_no_message(value: bytes) -> None:
    liveness = GatewayLiveness(MqttOptions.model_validate(SPARKPLUG))
    birth = sent("NBIRTH", payload(metric(name("bdSeq"), value), metric(name("muc"), kind(10), real(1))))
    death = sent("NDEATH", payload(metric(name("bdSeq"), value)))
    assert any(birth in part for part in liveness.relevant_parts([birth, death], session_numbers([birth, death])))

"""Sparkplug B: bytes written by hand from the specification, births and deaths over the polls."""

import struct
import tracemalloc
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources import mqtt
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt import Options, sparkplug
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.message_buffer import MqttMessage, message_size
from data_sources.mqtt.sparkplug import MAX_NAME
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row

OPTIONS = {"topics": ["spBv1.0/can-tho/#"], "format": "sparkplug", "series": "{node}-{name}"}
MS = 1_790_000_000_000


def varint(value: int) -> bytes:
    encoded = b""
    while True:
        low, value = value & 127, value >> 7
        encoded += bytes([low | (128 if value else 0)])
        if not value:
            return encoded


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def text(field: int, value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def metric(*parts: bytes) -> bytes:
    return text(2, b"".join(parts))


def name(value: str) -> bytes:
    return text(1, value)


def alias(value: int) -> bytes:
    return number(2, value)


def kind(value: int) -> bytes:
    return number(4, value)


def real(value: float) -> bytes:
    return varint(13 << 3 | 1) + struct.pack("<d", value)


def payload(*metrics: bytes, ms: int = MS) -> bytes:
    return number(1, ms) + b"".join(metrics) + number(3, 0)


def sent(message_type: str, body: bytes, node: str = "tram-1", device: str = "", **more: Any) -> MqttMessage:
    topic = f"spBv1.0/can-tho/{message_type}/{node}" + (f"/{device}" if device else "")
    return MqttMessage(body, address=topic, **{"received_at": NOW, **more})


BD = metric(name("bdSeq"), kind(8), number(11, 3))
REBIRTH = metric(name("Node Control/Rebirth"), kind(11), number(14, 0))
UNIT = text(9, text(1, "engUnit") + text(2, number(1, 12) + text(8, "m")))
BIRTH = sent("NBIRTH", payload(BD, REBIRTH, metric(name("Mực nước"), alias(1), kind(10), UNIT, real(1.5))))
DEVICE = sent("DBIRTH", payload(metric(name("nhiet do"), alias(2), kind(3), number(10, 2**32 - 7))), device="cam-bien")
DATA = sent("NDATA", payload(metric(alias(1), number(3, MS + 5000), real(1.75))))
DEATH = sent("NDEATH", number(1, MS - 999) + BD)


def poll(liveness: GatewayLiveness, *messages: MqttMessage) -> Batch:
    parts = liveness.relevant_parts(list(messages), sparkplug.session_numbers(list(messages)))
    payload = Payload(tuple(chain.from_iterable(parts)))
    return mqtt.parse(row(options=dict(OPTIONS), protocol="mqtt"), payload, NOW)


def readings(batch: Batch) -> list[tuple[str, float | None, str]]:
    return [(one.series, one.value, one.unit) for one in batch.readings]


@pytest.fixture
def liveness() -> GatewayLiveness:
    return GatewayLiveness(Options.model_validate(OPTIONS))


def test_a_birth_names_the_aliases_of_later_messages(liveness: GatewayLiveness) -> None:
    batch = poll(liveness, BIRTH, DEVICE, DATA)
    assert readings(batch) == [
        ("tram-1-muc-nuoc", 1.5, "m"),
        ("tram-1-nhiet-do", -7, ""),
        ("tram-1-muc-nuoc", 1.75, "m"),
    ]
    assert [one.observed for one in batch.readings] == [
        datetime.fromtimestamp(at, UTC) for at in (MS / 1000, MS / 1000, MS / 1000 + 5)
    ]
    assert not batch.rejected_items


def unit_property(*parts: bytes, key: str = "engUnit") -> bytes:
    return text(1, key) + text(2, b"".join(parts))


@pytest.mark.parametrize(
    ("properties", "unit"),
    [
        (unit_property(number(1, 12), text(8, "cm")), "cm"),
        (unit_property(number(1, 12), number(2, 1)), ""),  # null
        (unit_property(number(1, 3), number(3, 7)), None),
        (unit_property(number(1, 3), number(3, 0)), None),
        (unit_property(number(1, 4), number(4, 7)), None),
        (unit_property(number(1, 10), varint(6 << 3 | 1) + struct.pack("<d", 1.5)), None),
        (unit_property(number(1, 11), number(7, 1)), None),
        (unit_property(number(1, 20), text(9, b"")), None),  # a set of properties
        (text(1, "engUnit") * 2 + text(2, text(8, "m")) + text(2, text(8, "cm")), None),
        (text(1, "engUnit") * 2 + text(2, text(8, "m")) * 2, "m"),
        (unit_property(number(1, 12), text(8, "m" * (MAX_NAME + 1))), None),
    ],
)
def test_unit_that_is_no_text_rejects_its_metric(
    liveness: GatewayLiveness, properties: bytes, unit: str | None
) -> None:
    good = metric(name("mua"), alias(2), kind(10), real(2))
    birth = sent("NBIRTH", payload(metric(name("muc"), alias(1), kind(10), text(9, properties), real(1)), good))
    for message in (birth, sent("NDATA", payload(metric(alias(1), real(1)), metric(alias(2), real(2))))):
        batch = poll(liveness, message)
        own = [("tram-1-muc", 1.0, unit)] if unit is not None else []
        assert readings(batch) == [*own, ("tram-1-mua", 2.0, "")]
        assert codes(batch) == ([] if own else [MappingCode.UNIT_NOT_TEXT])


def test_name_that_fills_the_memory_by_its_alias_is_refused(liveness: GatewayLiveness) -> None:
    """Each of 20,000 records of one alias had a copy of it."""
    long = "a" * 600_000
    birth = sent("NBIRTH", payload(BD, metric(name(long), alias(1), kind(10), real(1.5))))
    data = sent("NDATA", payload(*(metric(alias(1), real(number)) for number in range(1000))))
    tracemalloc.start()
    try:
        found = failures(poll(liveness, birth, data))
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    refused = Failure(MqttCode.TEXT_TOO_LONG, {"record": "a" * 79 + "…", "field": "name", "limit": MAX_NAME})
    assert found == [refused, *1000 * [Failure(MqttCode.ALIAS_WITHOUT_BIRTH, {"alias": "1"})]]


def test_the_names_hold_in_later_polls_until_another_birth(liveness: GatewayLiveness) -> None:
    poll(liveness, BIRTH, DEVICE)
    assert readings(poll(liveness, DATA)) == [("tram-1-muc-nuoc", 1.75, "m")]
    assert poll(liveness).readings == ()
    again = sent("NBIRTH", payload(BD, metric(name("mua"), alias(1), kind(10), real(0))))
    assert readings(poll(liveness, again, DATA)) == [("tram-1-mua", 0, ""), ("tram-1-mua", 1.75, "")]
    assert poll(liveness, sent("DDATA", payload(metric(alias(2), number(10, 1))), device="cam-bien")).rejected_items


def test_an_alias_without_a_birth_is_rejected_and_a_rebirth_requested_once_a_minute(liveness: GatewayLiveness) -> None:
    assert failures(poll(liveness, DATA)) == [Failure(MqttCode.ALIAS_WITHOUT_BIRTH, {"alias": "1"})]
    assert liveness.nodes_without_birth([DATA], 100.0) == ["can-tho/tram-1"]
    assert liveness.nodes_without_birth([DATA], 110.0) == []
    assert liveness.nodes_without_birth([DATA], 170.0) == ["can-tho/tram-1"]
    poll(liveness, BIRTH)
    assert liveness.nodes_without_birth([DATA], 300.0) == []
    command = sparkplug._decode(sparkplug.rebirth_command(MS)).metrics[0]
    assert (command.name, command.datatype, command.boolean_value) == ("Node Control/Rebirth", 11, True)


def test_a_death_ends_all_values_of_the_node_as_of_its_receipt(liveness: GatewayLiveness) -> None:
    poll(liveness, BIRTH, DEVICE)
    batch = poll(liveness, DEATH)
    assert readings(batch) == [("tram-1-muc-nuoc", None, ""), ("tram-1-nhiet-do", None, "")]
    assert {one.observed for one in batch.readings} == {NOW}
    assert liveness.offline_gateway() == "can-tho/tram-1"
    poll(liveness, BIRTH)
    assert liveness.offline_gateway() == ""


def test_the_death_of_a_device_ends_its_own_values_only(liveness: GatewayLiveness) -> None:
    poll(liveness, BIRTH, DEVICE)
    assert readings(poll(liveness, sent("DDEATH", number(1, MS), device="cam-bien"))) == [("tram-1-nhiet-do", None, "")]
    assert liveness.offline_gateway() == ""


def test_the_death_of_an_earlier_session_is_ignored(liveness: GatewayLiveness) -> None:
    later = sent("NBIRTH", payload(metric(name("bdSeq"), kind(8), number(11, 4)), metric(name("x"), real(1))))
    poll(liveness, later)
    assert poll(liveness, DEATH) == Batch() and liveness.offline_gateway() == ""


@pytest.mark.parametrize(
    ("code", "field", "raw", "value"),
    [
        (1, 10, 0xFF, -1), (1, 10, 2**32 - 1, -1), (2, 10, 0x8000, -32768), (3, 10, 2**31, -(2**31)),
        (4, 11, 2**64 - 2, -2), (5, 10, 255, 255), (7, 10, 2**32 - 1, 2**32 - 1),
        (8, 11, 2**63, 2.0**63), (3, 10, 5, 5),
    ],
)  # fmt: skip
def test_whole_numbers_have_the_sign_of_their_type(
    liveness: GatewayLiveness, code: int, field: int, raw: int, value: float
) -> None:
    batch = poll(liveness, sent("NDATA", payload(metric(name("x"), kind(code), number(field, raw)))))
    assert readings(batch) == [("tram-1-x", value, "")]


def test_null_is_no_value_and_texts_must_be_numbers(liveness: GatewayLiveness) -> None:
    batch = poll(liveness, sent("NDATA", payload(
        metric(name("a"), kind(10), number(7, 1)), metric(name("b"), kind(12), text(15, "1.5")),
        metric(name("c"), kind(12), text(15, "<b>mở</b>")), metric(name("d"), kind(10), real(float("nan"))),
    )))  # fmt: skip
    assert readings(batch) == [("tram-1-a", None, ""), ("tram-1-b", 1.5, "")]
    assert len(batch.rejected_items) == 2


def test_a_time_of_zero_is_none(liveness: GatewayLiveness) -> None:
    batch = poll(liveness, sent("NDATA", payload(metric(name("x"), real(1)), ms=0)))
    assert not batch.readings and codes(batch) == [ParseCode.NOT_IN_TIME_FORMAT]


def test_other_topics_commands_and_garbage_bring_nothing(liveness: GatewayLiveness) -> None:
    assert poll(liveness, sent("NCMD", b"x")) == Batch()
    garbage = poll(
        liveness, sent("NDATA", b"\xff\xff"), sent("NBIRTH", b"<html>"), MqttMessage(b"1", address="a", received_at=NOW)
    )
    assert codes(garbage) == [MqttCode.NOT_SPARKPLUG, MqttCode.NOT_SPARKPLUG, MqttCode.NOT_SPARKPLUG_TOPIC]


def test_births_beyond_the_limit_are_forgotten_oldest_first(
    liveness: GatewayLiveness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_sources.mqtt.liveness._MAX_BIRTH_BYTES", 2 * message_size(BIRTH))
    for node in ("a", "b", "c"):
        poll(liveness, sent("NBIRTH", BIRTH.body, node=node))
    assert poll(liveness, sent("NDATA", DATA.body, node="a")).rejected_items
    assert poll(liveness, sent("NDATA", DATA.body, node="c")).readings


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(-1e12, 1e12)), max_size=20))
def test_good_data_gives_exactly_its_metrics(metrics: list[tuple[int, float]]) -> None:
    liveness = GatewayLiveness(Options.model_validate(OPTIONS))
    birth = sent("NBIRTH", payload(BD, *(metric(name(f"n{n}"), alias(n), kind(10), real(0)) for n in range(1, 10))))
    poll(liveness, birth)
    batch = poll(liveness, sent("NDATA", payload(*(metric(alias(n), real(value)) for n, value in metrics))))
    assert readings(batch) == [(f"tram-1-n{n}", value, "") for n, value in metrics]
    assert not batch.rejected_items


@given(st.binary(max_size=200), st.sampled_from(["NBIRTH", "NDATA", "DBIRTH", "DDATA", "NDEATH", "DDEATH", "STATE"]))
def test_any_bytes_leave_the_liveness_consistent(body: bytes, message_type: str) -> None:
    expected = readings(poll(GatewayLiveness(Options.model_validate(OPTIONS)), BIRTH, DATA))
    liveness = GatewayLiveness(Options.model_validate(OPTIONS))
    poll(liveness, BIRTH, sent(message_type, body), DATA)
    poll(liveness, sent(message_type, body, device="d"), DEATH)
    assert expected and readings(poll(liveness, BIRTH, DATA)) == expected


def test_a_name_that_is_no_utf_8_costs_its_metric_alone() -> None:
    bad = metric(bytes([0x0A, 2, 0xFF, 0xFE]), kind(10), real(3.0))
    good = [metric(name(f"m{n}"), kind(10), real(float(n))) for n in range(2)]
    for message_type in ("NBIRTH", "NDATA"):
        batch = poll(
            GatewayLiveness(Options.model_validate(OPTIONS)), sent(message_type, payload(good[0], bad, good[1]))
        )
        assert [reading.value for reading in batch.readings] == [0.0, 1.0]
        assert codes(batch) == [MqttCode.TEXT_TOO_LONG]


@pytest.mark.parametrize("unreadable", [bytes([0x0A, 2, 0xFF, 0xFE]), name("x" * (MAX_NAME + 1))])
def test_an_unreadable_name_of_a_birth_is_rejected_once_and_takes_its_alias(unreadable: bytes) -> None:
    liveness, value = GatewayLiveness(Options.model_validate(OPTIONS)), kind(10) + real(3.0)
    first = sent("NBIRTH", payload(metric(name("old"), alias(2), value)))
    again = sent("DBIRTH", payload(metric(unreadable, alias(2), value)), device="d")
    data = sent("NDATA", payload(metric(alias(2), real(9.0))))
    batch = poll(liveness, first, again, data)
    assert [reading.value for reading in batch.readings] == [3.0]
    assert codes(batch) == [MqttCode.TEXT_TOO_LONG, MqttCode.ALIAS_WITHOUT_BIRTH]
    assert codes(poll(liveness, data)) == [MqttCode.ALIAS_WITHOUT_BIRTH]

"""Sparkplug B: bytes written by hand from the specification, births and deaths over the polls."""

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources import mqtt
from data_sources.mqtt import Options, sparkplug
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, row

OPTIONS = {"topics": ["spBv1.0/can-tho/#"], "format": "sparkplug", "series": "{node}-{name}"}
MS = 1_790_000_000_000


def varint(value: int) -> bytes:
    found = b""
    while True:
        low, value = value & 127, value >> 7
        found += bytes([low | (128 if value else 0)])
        if not value:
            return found


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


def sent(what: str, body: bytes, node: str = "tram-1", device: str = "", **more: Any) -> MqttMessage:
    topic = f"spBv1.0/can-tho/{what}/{node}" + (f"/{device}" if device else "")
    return MqttMessage(body, address=topic, **{"received_at": NOW, **more})


BD = metric(name("bdSeq"), kind(8), number(11, 3))
REBIRTH = metric(name("Node Control/Rebirth"), kind(11), number(14, 0))
UNIT = text(9, text(1, "engUnit") + text(2, number(1, 12) + text(8, "m")))
BIRTH = sent("NBIRTH", payload(BD, REBIRTH, metric(name("Mực nước"), alias(1), kind(10), UNIT, real(1.5))))
DEVICE = sent("DBIRTH", payload(metric(name("nhiet do"), alias(2), kind(3), number(10, 2**32 - 7))), device="cam-bien")
DATA = sent("NDATA", payload(metric(alias(1), number(3, MS + 5000), real(1.75))))
DEATH = sent("NDEATH", number(1, MS - 999) + BD)


def polled(lives: GatewayLiveness, *messages: MqttMessage) -> Batch:
    options = dict(OPTIONS)
    return mqtt.parse(
        row(options=options, protocol="mqtt"), Payload(tuple(lives.relevant_messages(list(messages)))), NOW
    )


def found(batch: Batch) -> list[tuple[str, float | None, str]]:
    return [(one.series, one.value, one.unit) for one in batch.readings]


@pytest.fixture
def lives() -> GatewayLiveness:
    return GatewayLiveness(Options.model_validate(OPTIONS))


def test_a_birth_names_what_later_messages_only_number(lives: GatewayLiveness) -> None:
    batch = polled(lives, BIRTH, DEVICE, DATA)
    assert found(batch) == [("tram-1-muc-nuoc", 1.5, "m"), ("tram-1-nhiet-do", -7, ""), ("tram-1-muc-nuoc", 1.75, "m")]
    assert [one.observed for one in batch.readings] == [
        datetime.fromtimestamp(at, UTC) for at in (MS / 1000, MS / 1000, MS / 1000 + 5)
    ]
    assert not batch.rejected_items


def test_the_names_hold_in_later_polls_until_another_birth(lives: GatewayLiveness) -> None:
    polled(lives, BIRTH, DEVICE)
    assert found(polled(lives, DATA)) == [("tram-1-muc-nuoc", 1.75, "m")]
    assert polled(lives).readings == ()
    again = sent("NBIRTH", payload(BD, metric(name("mua"), alias(1), kind(10), real(0))))
    assert found(polled(lives, again, DATA)) == [("tram-1-mua", 0, ""), ("tram-1-mua", 1.75, "")]
    assert polled(lives, sent("DDATA", payload(metric(alias(2), number(10, 1))), device="cam-bien")).rejected_items


def test_without_a_birth_a_number_is_refused_and_the_node_is_asked_but_not_each_time(lives: GatewayLiveness) -> None:
    (refused,) = polled(lives, DATA).rejected_items
    assert refused.failure.startswith("no birth told what alias 1 means")
    assert lives.nodes_without_birth([DATA], 100.0) == ["can-tho/tram-1"]
    assert lives.nodes_without_birth([DATA], 110.0) == []
    assert lives.nodes_without_birth([DATA], 170.0) == ["can-tho/tram-1"]
    polled(lives, BIRTH)
    assert lives.nodes_without_birth([DATA], 300.0) == []
    asked = sparkplug._decode(sparkplug.rebirth_command(MS)).metrics[0]
    assert (asked.name, asked.datatype, asked.boolean_value) == ("Node Control/Rebirth", 11, True)


def test_a_death_takes_all_values_of_the_node_at_the_time_of_its_receipt(lives: GatewayLiveness) -> None:
    polled(lives, BIRTH, DEVICE)
    batch = polled(lives, DEATH)
    assert found(batch) == [("tram-1-muc-nuoc", None, ""), ("tram-1-nhiet-do", None, "")]
    assert {one.observed for one in batch.readings} == {NOW}
    assert lives.offline_gateway() == "can-tho/tram-1"
    polled(lives, BIRTH)
    assert lives.offline_gateway() == ""


def test_a_devices_death_takes_its_own_values_only(lives: GatewayLiveness) -> None:
    polled(lives, BIRTH, DEVICE)
    assert found(polled(lives, sent("DDEATH", number(1, MS), device="cam-bien"))) == [("tram-1-nhiet-do", None, "")]
    assert lives.offline_gateway() == ""


def test_the_death_of_an_earlier_session_is_no_news(lives: GatewayLiveness) -> None:
    later = sent("NBIRTH", payload(metric(name("bdSeq"), kind(8), number(11, 4)), metric(name("x"), real(1))))
    polled(lives, later)
    assert polled(lives, DEATH) == Batch() and lives.offline_gateway() == ""


@pytest.mark.parametrize(
    ("code", "field", "raw", "value"),
    [
        (1, 10, 0xFF, -1), (1, 10, 2**32 - 1, -1), (2, 10, 0x8000, -32768), (3, 10, 2**31, -(2**31)),
        (4, 11, 2**64 - 2, -2), (5, 10, 255, 255), (7, 10, 2**32 - 1, 2**32 - 1),
        (8, 11, 2**63, 2.0**63), (11, 14, 1, 1), (3, 10, 5, 5),
    ],
)  # fmt: skip
def test_whole_numbers_have_the_sign_of_their_type(
    lives: GatewayLiveness, code: int, field: int, raw: int, value: float
) -> None:
    batch = polled(lives, sent("NDATA", payload(metric(name("x"), kind(code), number(field, raw)))))
    assert found(batch) == [("tram-1-x", value, "")]


def test_null_is_no_value_and_texts_must_be_numbers(lives: GatewayLiveness) -> None:
    batch = polled(lives, sent("NDATA", payload(
        metric(name("a"), kind(10), number(7, 1)), metric(name("b"), kind(12), text(15, "1.5")),
        metric(name("c"), kind(12), text(15, "<b>mở</b>")), metric(name("d"), kind(10), real(float("nan"))),
    )))  # fmt: skip
    assert found(batch) == [("tram-1-a", None, ""), ("tram-1-b", 1.5, "")]
    assert len(batch.rejected_items) == 2


def test_a_time_of_zero_is_none(lives: GatewayLiveness) -> None:
    batch = polled(lives, sent("NDATA", payload(metric(name("x"), real(1)), ms=0)))
    assert not batch.readings and "is not a time" in batch.rejected_items[0].failure


def test_other_topics_commands_and_garbage_bring_nothing(lives: GatewayLiveness) -> None:
    assert polled(lives, sent("NCMD", b"x")) == Batch()
    garbage = polled(
        lives, sent("NDATA", b"\xff\xff"), sent("NBIRTH", b"<html>"), MqttMessage(b"1", address="a", received_at=NOW)
    )
    assert [one.failure for one in garbage.rejected_items] == [
        "the message is no Sparkplug B payload", "the message is no Sparkplug B payload",
        "the topic is none of Sparkplug B: right would be spBv1.0/group/NDATA/node",
    ]  # fmt: skip


def test_births_that_take_too_much_are_forgotten_oldest_first(
    lives: GatewayLiveness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_sources.mqtt.liveness._MAX_BIRTH_BYTES", 2 * len(BIRTH.body))
    for node in ("a", "b", "c"):
        polled(lives, sent("NBIRTH", BIRTH.body, node=node))
    assert polled(lives, sent("NDATA", DATA.body, node="a")).rejected_items
    assert polled(lives, sent("NDATA", DATA.body, node="c")).readings


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(-1e12, 1e12)), max_size=20))
def test_good_data_gives_exactly_its_metrics(metrics: list[tuple[int, float]]) -> None:
    lives = GatewayLiveness(Options.model_validate(OPTIONS))
    birth = sent("NBIRTH", payload(BD, *(metric(name(f"n{n}"), alias(n), kind(10), real(0)) for n in range(1, 10))))
    polled(lives, birth)
    batch = polled(lives, sent("NDATA", payload(*(metric(alias(n), real(value)) for n, value in metrics))))
    assert found(batch) == [(f"tram-1-n{n}", value, "") for n, value in metrics]
    assert not batch.rejected_items


@given(st.binary(max_size=200), st.sampled_from(["NBIRTH", "NDATA", "DBIRTH", "DDATA", "NDEATH", "DDEATH", "STATE"]))
def test_any_bytes_leave_the_lives_whole(body: bytes, what: str) -> None:
    lives = GatewayLiveness(Options.model_validate(OPTIONS))
    polled(lives, BIRTH, sent(what, body), DATA)
    polled(lives, sent(what, body, device="d"), DEATH)

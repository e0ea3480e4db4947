"""webhook: messages read by the mapping; garbage beside good ones, CBOR, what has the last word."""

import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping.cbor import decode_cbor
from data_sources._mapping.errors import MappingCode
from data_sources.webhook import Options, fetch, parse
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, WebhookMessage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.schema_drift import STABLE_AFTER, SchemaProfile, check_drift
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.cbor_bodies import MALFORMED, OTHER_TAGS, REFERENCES, SLOW_KEYS
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, queued, row, shared

TOKEN = {"push_token": "${GAUGE_TOKEN}"}
SIMPLE = {"series": "{id}", "value": "v", **TOKEN}


def message(body: Any, kind: str = "application/json", **more: Any) -> ResponsePage:
    return ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode(), kind, **more)


def parsed(*pages: ResponsePage, **options: Any) -> Batch:
    return parse(row(options=options or SIMPLE), Payload(pages), NOW)


def test_message_is_read_for_the_time_it_came() -> None:
    early = NOW - timedelta(minutes=9)
    batch = parsed(message({"id": "a", "v": 1}, received_at=early), message([{"id": "a", "v": "2.5"}]))
    assert [(reading.series, reading.value, reading.observed) for reading in batch.readings] == [
        ("a", 1, early),
        ("a", 2.5, NOW),
    ]


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (message(b""), DecodingCode.EMPTY),
        (message(b"<html>"), DecodingCode.HTML),
        (message(b"[" * 5000), DecodingCode.JSON_TOO_DEEP),
        (message(b'{"id": '), DecodingCode.NOT_JSON),
        (message(b"\xff\xff", "application/cbor"), MappingCode.NOT_CBOR),
        (message(b"\x81" * 100 + b"\x01", "application/cbor"), MappingCode.NOT_CBOR),
        (message(b"\x9b" + b"\xff" * 8, "application/cbor"), MappingCode.NOT_CBOR),
        (message(b"\xa2\x61v\x01\x61v\x02", "application/cbor"), MappingCode.CBOR_KEY_TWICE),
        (message(b"\xa2\x01\x01\x611\x02", "application/cbor"), DecodingCode.KEY_TWICE),
        *((message(body, "application/cbor"), MappingCode.CBOR_REFERENCES) for body in REFERENCES.values()),
        *(
            (message(body, "application/cbor"), MappingCode.NOT_CBOR)
            for body in (*SLOW_KEYS.values(), *OTHER_TAGS.values())
        ),
        *((message(body, "application/cbor"), MappingCode.NOT_CBOR) for body in MALFORMED),
        (message(b"\xa1\x61v\xc2\x59\x08\x00" + b"\xff" * 2048, "application/cbor"), ParseCode.SERIES_NAME_MISSING),
        (message(b'{"id": "x", "v": 3, "v": 4}'), DecodingCode.KEY_TWICE),
        (message({"id": "x", "v": "high"}), ParseCode.NOT_A_NUMBER),
        (message({"v": 3}), ParseCode.SERIES_NAME_MISSING),
    ],
)
def test_unreadable_message_is_rejected_and_the_others_are_read(page: ResponsePage, code: str) -> None:
    batch = parsed(message({"id": "a", "v": 1}), page, message({"id": "b", "v": 2}))
    assert [reading.series for reading in batch.readings] == ["a", "b"]
    assert [item.failure.code for item in batch.rejected_items] == [code]


def test_cbor_is_read_as_plain_data() -> None:
    body = cbor2.dumps({"id": "a", "v": 1.5, 7: [None, True], "at": NOW})
    options = {**SIMPLE, "time": "at"}
    batch = parsed(message(body, "application/cbor"), **options)
    assert [(reading.value, reading.observed) for reading in batch.readings] == [(1.5, NOW)]


def test_large_integers_of_cbor_are_rejected_and_others_are_exact() -> None:
    numbers = {"a": 2**70, "b": -(2**70), "c": 2**190, "d": 2**200, "e": -(2**20_000)}
    decoded = decode_cbor(cbor2.dumps(numbers), MappingCode.NOT_CBOR)
    assert {key: decoded[key] for key in "abc"} == {key: numbers[key] for key in "abc"}
    assert decoded["d"].startswith("0x") and decoded["e"].startswith("-0x") and len(decoded["e"]) <= 61
    pages = [message(cbor2.dumps({"id": key, "v": value}), "application/cbor") for key, value in numbers.items()]
    batch = parsed(*pages, message({"id": "good", "v": 1}))
    assert [reading.series for reading in batch.readings] == ["good"] and len(batch.rejected_items) == 5


def test_every_form_of_plain_cbor_is_read() -> None:
    body = (
        b"\xbf\x62id\x7f\x61a\x61b\xff\x61l\x9f\x01\x9f\xff\x80\xff\x61m\xa0\x61b\x5f\x41x\xff\x07\xf6"
        b"\x61v\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00\x61t\xc1\x1a\x60\x00\x00\x00\x39\xff\xff\xf9\x7c\x00\xff"
    )
    decoded = decode_cbor(body, MappingCode.NOT_CBOR)
    assert (decoded["id"], decoded["l"], decoded["m"], decoded["b"]) == ("ab", [1, [], []], {}, b"x")
    assert (decoded["v"], decoded[7], decoded[-65536]) == (1.5, None, float("inf"))


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1258"])
def test_other_charsets_are_read(charset: str) -> None:
    text = json.dumps({"id": "đâ\u0300m", "v": 1}, ensure_ascii=False)
    assert parsed(message(text.encode(charset), charset=charset)).readings[0].series == "dam"


def test_last_complete_message_ends_earlier_events() -> None:
    events = {"kind": "work", "key": "{id}", "title": "{id}", "complete": True}
    batch = parsed(message([{"id": "1"}, {"id": "2"}]), message([{"id": "2"}, {"id": "3"}]), events=events, **TOKEN)
    assert {event.key: event.stage.value for event in batch.events} == {"1": "closed", "2": "open", "3": "open"}
    assert batch.complete_kinds == {"work"} and batch.list_count == 2
    followed = parsed(message([{"id": "1"}, {"id": "2"}]), message({"status": "ok"}), events=events, **TOKEN)
    assert followed.complete_kinds == {"work"} and followed.list_count == 2
    for later in (b"garbage", {"status": "ok"}, [{"id": "1"}, {"id": ""}]):  # what the list ended stays ended
        cut = parsed(message([{"id": "1"}]), message(later), events=events, **TOKEN)
        assert [event.key for event in cut.events] == ["1"] and cut.complete_kinds == {"work"}


def test_what_an_unusually_short_list_lacks_goes_on_also_after_another_list_in_the_same_poll() -> None:
    events = {"kind": "work", "key": "{id}", "title": "{id}", "complete": True}
    lists = [message([{"id": str(n)} for n in range(count)]) for count in (40, 2, 3)]
    profile = SchemaProfile(count=40, stable_count=STABLE_AFTER)
    checked = check_drift(profile, parsed(*lists, events=events, **TOKEN), NOW, holds_messages=True)
    assert not checked.is_count_trusted and not checked.batch.complete_kinds
    assert {event.stage.value for event in checked.batch.events} == {"open"} and len(checked.batch.events) == 40


def test_complete_messages_of_one_poll_are_read_in_the_order_of_their_times() -> None:
    """The newer list was lost where the sender repeated an older one after it."""
    events = {"items": "data", "kind": "work", "key": "{id}", "title": "{id}", "complete": True}

    def listing(minute: int, *keys: str) -> ResponsePage:
        return message({"sent": f"2026-11-24T01:{minute:02}:00Z", "data": [{"id": key} for key in keys]})

    lists = {minute: listing(minute, *keys) for minute, keys in ((0, "1"), (5, "12"), (9, "13"))}
    for order in permutations(lists):
        batch = parsed(*(lists[minute] for minute in order), events=events, page_time="sent", **TOKEN)
        stages = {event.key: event.stage.value for event in batch.events}
        assert stages.pop("2", "closed") == "closed" and stages == {"1": "open", "3": "open"}
        late = sum(minute < max(order[:n], default=0) for n, minute in enumerate(order))
        assert codes(batch) == [IngestCode.LIST_OLDER] * late
        assert batch.list_time == NOW.replace(hour=1, minute=9, second=0, microsecond=0)


def test_list_whose_time_is_that_of_its_newest_event_is_read_in_the_order_of_receipt() -> None:
    """Once that event had ended, each list was older than the last one, and was set aside."""
    events = {"items": "data", "kind": "work", "key": "{id}", "title": "{t}", "time": "at", "complete": True}
    items = [{"id": n, "t": n, "at": (NOW - timedelta(hours=int(n))).isoformat()} for n in "21"]
    messages = [message({"data": items}, received_at=NOW), message({"data": items[:1]}, received_at=NOW)]
    batch = parsed(*messages, events=events, page_time="max(data[].at)", **TOKEN)
    assert {event.key: event.stage.value for event in batch.events} == {"1": "closed", "2": "open"}
    assert not batch.rejected_items and batch.list_time is None


def test_complete_message_ends_no_event_that_is_newer_than_it() -> None:
    events = {"items": "data", "kind": "work", "key": "{id}", "title": "{id}", "time": "at", "complete": True}
    newer, older = ({"id": f"{minute}", "at": f"2026-11-24T01:{minute:02}:00Z"} for minute in (7, 3))
    lists = [message({"sent": f"2026-11-24T01:0{n}:00Z", "data": data}) for n, data in ((0, [newer, older]), (5, []))]
    batch = parsed(*lists, events=events, page_time="sent", **TOKEN)
    assert {event.key: event.stage.value for event in batch.events} == {"7": "open", "3": "closed"}


def sent(made: int, received: int, *keys: str) -> ResponsePage:
    """A list that was made so many seconds after NOW, by the clock of its sender; a key of "" has no title."""
    body = {"sent": (NOW + timedelta(seconds=made)).isoformat(), "data": [{"id": key or "x", "t": key} for key in keys]}
    return message(body, received_at=NOW + timedelta(seconds=received))


@pytest.mark.parametrize(
    ("messages", "stages", "late"),
    [
        ([sent(100, 101, "1"), sent(20, 102, "1", "2")], {"1": "open"}, 1),
        ([sent(100, 101, "1", ""), sent(20, 102, "2")], {"1": "open"}, 1),  # although it ends nothing
        ([sent(100, 101, "1"), sent(20, 102, "2", "")], {"1": "open"}, 1),
        ([sent(86_400, 0, "1"), sent(60, 200, "2")], {"1": "closed", "2": "open"}, 0),  # no list of tomorrow
        ([sent(240, 0, "1", "2"), sent(60, 60, "1")], {"1": "open", "2": "closed"}, 0),  # its clock was set right
        ([sent(30, 30, "1", "2"), sent(5, 45, "1")], {"1": "open", "2": "open"}, 1),  # within a minute
        ([sent(0, 0, "1"), sent(200, 200, "2", "")], {"1": "open", "2": "open"}, 0),
    ],
)
def test_lists_by_clocks_that_are_wrong_and_with_rejected_items_have_their_order(
    messages: list[ResponsePage], stages: dict[str, str], late: int
) -> None:
    events = {"items": "data", "kind": "work", "key": "{id}", "title": "{t}", "complete": True}
    batch = parsed(*messages, events=events, page_time="sent", **TOKEN)
    assert {event.key: event.stage.value for event in batch.events} == stages
    assert codes(batch).count(IngestCode.LIST_OLDER) == late
    assert batch.list_time is not None and batch.list_time <= NOW + timedelta(seconds=200)


async def test_no_message_is_no_answer() -> None:
    messages = [WebhookMessage(5, message({"id": "a", "v": 1}))]
    async with client_factory(pending_messages=queued(messages)) as factory:
        source = row("/vao/a", SIMPLE)
        payload = await fetch(source, factory.context_for(source))
        assert (len(payload.pages), payload.message_ids, payload.has_data, payload.is_unchanged) == (
            1,
            (5,),
            True,
            False,
        )
        messages.clear()
        assert await fetch(source, factory.context_for(source)) == Payload(is_unchanged=True, has_data=False)


def test_time_a_day_ahead_is_rejected() -> None:
    ahead = {"id": "level", "v": 1, "at": (NOW + timedelta(days=1)).isoformat()}
    batch = validate_batch(parsed(message(ahead), **{**SIMPLE, "time": "at"}), row().polled_series(), NOW)
    assert batch.readings == () and batch.rejected_items[0].failure.code == ValidationCode.TIME_AHEAD


def test_recorded_message_of_wells_is_read() -> None:
    body = shared("mqtt/camau_data_mqtt.json").read_bytes()
    options = {
        "items": "stations", "each": "data", "series": "{parent.deviceName}-{name}", "value": "value", "time": "time",
        "time_format": "%H:%M:%S %d/%m/%Y", **TOKEN,
    }  # fmt: skip
    assert "g30a-muc-nuoc" in {reading.series for reading in parsed(message(body), **options).readings}


@pytest.mark.parametrize("options", [{}, TOKEN, {"series": "a", "value": "b"}, {**SIMPLE, "push_token": "abc"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@given(st.lists(st.tuples(st.binary(), st.sampled_from(["application/json", "text/plain", "application/cbor"]))))
def test_any_bytes_are_rejected_one_by_one(bodies: list[tuple[bytes, str]]) -> None:
    batch = parsed(*(ResponsePage(body, kind) for body, kind in bodies))
    assert all(item.failure.code for item in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.floats(-1e6, 1e6)), st.booleans())
def test_valid_messages_give_exactly_their_readings(values: dict[str, float], is_cbor: bool) -> None:
    items = [{"id": key, "v": value} for key, value in values.items()]
    pages = [message(cbor2.dumps(item), "application/cbor") if is_cbor else message(item) for item in items]
    assert {reading.series: reading.value for reading in parsed(*pages).readings} == values


def test_documented_row_is_read(tmp_path: Path) -> None:
    source = documented("webhook", tmp_path, RAIN_PUSH_TOKEN="a-token-of-sixteen")
    page = message({"station": "ninh-kieu", "rain_mm": 1.5, "at": NOW.isoformat()})
    batch = validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert len(batch.readings) == 1 and not batch.rejected_items

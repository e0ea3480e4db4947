"""webhook: letters read by the mapping; garbage beside good ones, CBOR, what has the last word."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.webhook import Options, fetch, parse
from ioc.domain.ingest.protocol import Payload, ResponsePage, WebhookMessage
from ioc.domain.ingest.reading import Batch, validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, door, row, shared

TOKEN = {"push_token": "${GAUGE_TOKEN}"}
SIMPLE = {"series": "{id}", "value": "v", **TOKEN}


def letter(body: Any, kind: str = "application/json", **more: Any) -> ResponsePage:
    return ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode(), kind, **more)


def parsed(*pages: ResponsePage, **options: Any) -> Batch:
    return parse(row(options=options or SIMPLE), Payload(pages), NOW)


def test_each_letter_is_of_the_moment_it_came() -> None:
    early = NOW - timedelta(minutes=9)
    batch = parsed(letter({"id": "a", "v": 1}, received_at=early), letter([{"id": "a", "v": "2.5"}]))
    assert [(one.series, one.value, one.observed) for one in batch.readings] == [("a", 1, early), ("a", 2.5, NOW)]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (letter(b""), "empty"), (letter(b"<html>"), "HTML"), (letter(b"[" * 5000), "too deep"),
        (letter(b'{"id": '), "not JSON"), (letter(b"\xff\xff", "application/cbor"), "no CBOR"),
        (letter(b"\x81" * 100 + b"\x01", "application/cbor"), "no CBOR"),
        (letter(b"\x9b" + b"\xff" * 8, "application/cbor"), "no CBOR"),
        (letter({"id": "x", "v": "high"}), "not a number"), (letter({"v": 3}), "id is missing"),
    ],
)  # fmt: skip
def test_garbage_costs_only_itself(page: ResponsePage, reason: str) -> None:
    batch = parsed(letter({"id": "a", "v": 1}), page, letter({"id": "b", "v": 2}))
    assert [one.series for one in batch.readings] == ["a", "b"]
    assert len(batch.rejected_items) == 1 and reason in batch.rejected_items[0].failure


def test_cbor_is_read_as_plain_data() -> None:
    body = cbor2.dumps({"id": "a", "v": 1.5, 7: [None, True], "at": NOW})
    options = {**SIMPLE, "time": "at"}
    batch = parsed(letter(body, "application/cbor"), **options)
    assert [(one.value, one.observed) for one in batch.readings] == [(1.5, NOW)]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1258"])
def test_other_charsets(charset: str) -> None:
    text = json.dumps({"id": "đâ\u0300m", "v": 1}, ensure_ascii=False)
    assert parsed(letter(text.encode(charset), charset=charset)).readings[0].series == "dam"


def test_the_last_letter_that_names_all_has_the_last_word() -> None:
    events = {"kind": "work", "key": "{id}", "title": "{id}", "whole": True}
    batch = parsed(letter([{"id": "1"}, {"id": "2"}]), letter([{"id": "2"}, {"id": "3"}]), events=events, **TOKEN)
    assert {one.key for one in batch.events} == {"2", "3"}
    assert batch.complete_kinds == {"work"}
    cut = parsed(letter([{"id": "1"}]), letter(b"garbage"), events=events, **TOKEN)
    assert (len(cut.events), cut.complete_kinds) == (1, frozenset())


async def test_silence_is_no_answer() -> None:
    box = [WebhookMessage(5, letter({"id": "a", "v": 1}))]
    async with door(pending_messages=lambda _: box) as way:
        source = row("/vao/a", SIMPLE)
        found = await fetch(source, way.context_for(source))
        assert (len(found.pages), found.message_ids, found.has_data, found.is_unchanged) == (1, (5,), True, False)
        box.clear()
        assert await fetch(source, way.context_for(source)) == Payload(is_unchanged=True, has_data=False)


def test_a_clock_a_day_ahead_is_not_admitted() -> None:
    ahead = {"id": "level", "v": 1, "at": (NOW + timedelta(days=1)).isoformat()}
    batch = validate_batch(parsed(letter(ahead), **{**SIMPLE, "time": "at"}), row().polled_series(), NOW)
    assert batch.readings == () and "lies ahead" in batch.rejected_items[0].failure


def test_a_message_of_the_wells_pushed_instead_of_asked() -> None:
    body = shared("mqtt/camau_data_mqtt.json").read_bytes()
    options = {
        "items": "stations", "each": "data", "series": "{parent.deviceName}-{name}", "value": "value", "time": "time",
        "time_format": "%H:%M:%S %d/%m/%Y", **TOKEN,
    }  # fmt: skip
    assert "g30a-muc-nuoc" in {one.series for one in parsed(letter(body), **options).readings}


@pytest.mark.parametrize("options", [{}, TOKEN, {"series": "a", "value": "b"}, {**SIMPLE, "push_token": "abc"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@given(st.lists(st.tuples(st.binary(), st.sampled_from(["application/json", "text/plain", "application/cbor"]))))
def test_any_bytes_are_refused_one_by_one(given: list[tuple[bytes, str]]) -> None:
    batch = parsed(*(ResponsePage(body, kind) for body, kind in given))
    assert all(one.failure for one in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.floats(-1e6, 1e6)), st.booleans())
def test_good_letters_give_exactly_their_readings(given: dict[str, float], packed: bool) -> None:
    items = [{"id": key, "v": value} for key, value in given.items()]
    pages = [letter(cbor2.dumps(one), "application/cbor") if packed else letter(one) for one in items]
    assert {one.series: one.value for one in parsed(*pages).readings} == given


def test_the_row_of_the_page_is_read_as_it_stands(tmp_path: Path) -> None:
    made = documented("webhook", tmp_path, RAIN_PUSH_TOKEN="a-token-of-sixteen")
    page = letter({"station": "ninh-kieu", "rain_mm": 1.5, "at": NOW.isoformat()})
    batch = validate_batch(parse(replace(made), Payload((page,)), NOW), made.polled_series(), NOW)
    assert len(batch.readings) == 1 and not batch.rejected_items

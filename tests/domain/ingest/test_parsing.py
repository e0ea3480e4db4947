"""Parsing of numbers, times and names, and decoding of text and JSON."""

import codecs
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.decoding import DecodingCode, decode_json, decode_text
from ioc.domain.ingest.parsing import (
    ParseCode,
    ParseError,
    fill_placeholders,
    parse_interval,
    parse_number,
    parse_timestamp,
    placeholders,
    text_readings,
)
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.value_types import TypeCode


@pytest.mark.parametrize(
    ("value", "decimal", "number"),
    [
        ("3,587,552.00", ".", 3587552.0),
        ("1.234,56", ",", 1234.56),
        ("1.234", ",", 1234.0),
        ("1,234", ".", 1234.0),
        ("27.52", ".", 27.52),
        (" 1 234,5 ", ",", 1234.5),
        ("−3", ".", -3.0),
        ("1e3", ".", 1000.0),
        (".5", ".", 0.5),
        ("NaN", ".", None),
        (None, ".", None),
        ("", ".", None),
        ("N/A", ".", None),
        (-999999, ".", None),
        ("-999999.0", ".", None),
        ("x", ".", None),
    ],
)
def test_number_is_parsed_by_its_decimal_sign(value: Any, decimal: str, number: float | None) -> None:
    assert parse_number(value, decimal, (-999999, "x")) == number


@pytest.mark.parametrize(
    ("value", "decimal", "failure"),
    [
        ("27,52", ".", Failure(ParseCode.NOT_A_NUMBER, {"text": "27,52"})),
        ("1.23", ",", Failure(ParseCode.NOT_A_NUMBER, {"text": "1.23"})),
        ("12 m", ".", Failure(ParseCode.NOT_A_NUMBER, {"text": "12 m"})),
        ("1,23,456", ".", Failure(ParseCode.NOT_A_NUMBER, {"text": "1,23,456"})),
        ([], ".", Failure(ParseCode.NOT_NUMERIC, {"kind": Failure(TypeCode.LIST)})),
        (True, ".", Failure(ParseCode.BOOLEAN, {"text": "true"})),
        (False, ".", Failure(ParseCode.BOOLEAN, {"text": "false"})),
        ({}, ".", Failure(ParseCode.NOT_NUMERIC, {"kind": Failure(TypeCode.OBJECT)})),
        (float("nan"), ".", Failure(ParseCode.NUMBER_NOT_FINITE)),
        (10**400, ".", Failure(ParseCode.NUMBER_TOO_LARGE)),
        ("1e999", ".", Failure(ParseCode.NUMBER_NOT_FINITE)),
        ("9" * 50, ".", Failure(ParseCode.NOT_A_NUMBER, {"text": "9" * 39 + "…"})),
        ("٣", ".", Failure(ParseCode.NOT_A_NUMBER, {"text": "٣"})),
    ],
)
def test_value_that_is_no_number_raises_its_code(value: Any, decimal: str, failure: Failure) -> None:
    with pytest.raises(ParseError) as caught:
        parse_number(value, decimal)
    assert caught.value.failure == failure


@pytest.mark.parametrize(
    ("value", "time_format", "time"),
    [
        ("2026-02-14T23:31:01+0000", "iso", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("2026-02-15T06:31:01", "iso", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("23:31:01 UTC 14/2/2026", "%H:%M:%S %Z %d/%m/%Y", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("23:31:01 gmt 14/2/2026", "%H:%M:%S %Z %d/%m/%Y", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("06:31:01 15/2/2026", "%H:%M:%S %d/%m/%Y", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("2026-02-15", "iso", datetime(2026, 2, 14, 17, tzinfo=UTC)),
        ("2026-02-15+05:00", "iso", datetime(2026, 2, 14, 19, tzinfo=UTC)),
        ("2026-02-15Z", "iso", datetime(2026, 2, 15, tzinfo=UTC)),
        ("2026-02-14t23:31:01z", "iso", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        (1771111861, "unix", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        (631152000, "unix", datetime(1990, 1, 1, tzinfo=UTC)),
        ("1771111861000", "unix_ms", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
    ],
)
def test_time_is_parsed_by_its_format(value: Any, time_format: str, time: datetime) -> None:
    assert parse_timestamp(value, time_format) == time


@pytest.mark.parametrize(
    ("value", "time_format"),
    [(0, "unix"), (-5, "unix"), (86_400, "unix"), (1, "unix_ms"), (1.8e15, "unix"), (1.8e15, "unix_ms"),
     (1e300, "unix"), ("soon", "iso"), (17, "iso"), (None, "iso"), ("", "%d"),
     ("0001-01-01T00:00:00+14:00", "iso"), ("32/13/2026", "%d/%m/%Y"), ([], "unix")],
)  # fmt: skip
def test_value_that_is_no_time_raises_its_code(value: Any, time_format: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(value, time_format)
    missing = Failure(ParseCode.TIME_MISSING)
    assert caught.value.failure == (
        missing if value in (None, "") else Failure(ParseCode.NOT_A_TIME, {"text": str(value)})
    )


@pytest.mark.parametrize(
    ("value", "time_format", "other"),
    [
        (1795511400, "unix_ms", "unix"), ("1795511400.5", "unix_ms", "unix"),
        (1795511400000, "unix", "unix_ms"), ("1795511400000", "unix", "unix_ms"), (4102444799000, "unix", "unix_ms"),
    ],
)  # fmt: skip
def test_unix_time_in_the_other_unit_is_rejected_with_its_format(value: Any, time_format: str, other: str) -> None:
    expected = Failure(ParseCode.EPOCH_UNIT, {"text": str(value), "declared": time_format, "other": other})
    for text in (value, f"{value}/.."):
        with pytest.raises(ParseError) as caught:
            parse_timestamp(text, time_format)
        assert caught.value.failure == replace(expected, params={**expected.params, "text": str(text).split("/")[0]})


@pytest.mark.parametrize(
    "value",
    ["20261124-0500", "2026-11-24x09:00", "2026-11-24-09", "1712051400000", "2026-11-24+07"],
)
def test_day_with_anything_but_a_time_of_day_is_no_time(value: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(value)
    assert caught.value.failure == Failure(ParseCode.NOT_A_TIME, {"text": value})


def test_boolean_is_missing_only_when_the_row_says_so() -> None:
    assert parse_number(False, ".", ("false",)) is None
    for missing in ((0.0, 1.0), ("true",)):
        with pytest.raises(ParseError):
            parse_number(False, ".", missing)


NINE, TEN = datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time_format", "start", "end"),
    [
        ("2026-11-24T09:00:00Z/2026-11-24T10:00:00Z", "iso", NINE, TEN),
        ("2026-11-24T16:00+07:00 / 2026-11-24T17:00+07:00", "iso", NINE, TEN),
        ("2026-11-24T16:00/2026-11-24T17:00", "iso", NINE, TEN),  # in the zone of the city
        ("2026-11-24T09:00Z/2026-11-24T10:00", "iso", NINE, TEN),  # the end is in the zone of the start
        ("2026-11-24T16:00/2026-11-24T10:00Z", "iso", NINE, TEN),
        ("2026-11-24T09:00Z/..", "iso", NINE, None),
        ("2026-11-24T09:00Z/", "iso", NINE, None),
        ("../2026-11-24T10:00Z", "iso", None, TEN),
        ("/2026-11-24T10:00Z", "iso", None, TEN),
        ("16:00 24/11/2026/17:00 24/11/2026", "%H:%M %d/%m/%Y", NINE, TEN),
        ("16:00 24/11/2026/..", "%H:%M %d/%m/%Y", NINE, None),
        ("../17:00 24/11/2026", "%H:%M %d/%m/%Y", None, TEN),
        ("16:00 24/11/2026", "%H:%M %d/%m/%Y", NINE, NINE),
        (f"{NINE.timestamp():.0f}/{TEN.timestamp():.0f}", "unix", NINE, TEN),
        (f"{NINE.timestamp():.0f}000/..", "unix_ms", NINE, None),
    ],
)
def test_interval_has_a_start_and_an_end(
    text: str, time_format: str, start: datetime | None, end: datetime | None
) -> None:
    assert parse_interval(text, time_format) == (start, end)
    assert parse_timestamp(text, time_format) == (end or start)


@pytest.mark.parametrize(
    ("text", "time_format"),
    [("../..", "iso"), ("/", "iso"), ("soon/2026-11-24", "iso"), ("2026-11-24/soon", "iso"),
     ("2026-11-24T10:00Z/2026-11-24T09:00Z", "iso"), ("2026-11-24/2026-11-25/2026-11-26", "iso"),
     ("2026-11-24T09:00Z/PT1H", "iso"), ("24/11/2026/", "%d/%m/%Y/%H"), ("0/1790000000", "unix")],
)  # fmt: skip
def test_interval_that_cannot_be_read_is_no_time(text: str, time_format: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(text, time_format)
    assert caught.value.failure == Failure(ParseCode.NOT_A_TIME, {"text": text[:40]})


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
FORMATS: dict[str, Callable[[datetime], str]] = {
    "iso": lambda moment: moment.isoformat(),
    "unix": lambda moment: str(int(moment.timestamp())),
    "unix_ms": lambda moment: str(int(moment.timestamp() * 1000)),
    "%d/%m/%Y %H:%M:%S %z": lambda moment: moment.strftime("%d/%m/%Y %H:%M:%S %z"),
}


@given(MOMENTS, MOMENTS, st.sampled_from(sorted(FORMATS)))
def test_interval_of_any_format_is_read_as_its_two_bounds(a: datetime, b: datetime, time_format: str) -> None:
    start, end = sorted((a, b))
    write = FORMATS[time_format]
    assert parse_interval(f"{write(start)}/{write(end)}", time_format) == (start, end)
    assert parse_interval(f"{write(start)}/..", time_format) == (start, None)
    assert parse_interval(f"../{write(end)}", time_format) == (None, end)
    assert parse_interval(write(start), time_format) == (start, start)


def test_placeholders_are_filled() -> None:
    assert placeholders("pm25-{id}-{a.b}") == ["id", "a.b"]
    assert fill_placeholders("pm25-{id}", {"id": 7}.get) == "pm25-7"
    assert fill_placeholders("{id}", {"id": "a" * 201}.get) == "a" * 199 + "…"
    assert fill_placeholders("{id}", {"id": "a" * 200}.get) == "a" * 200
    with pytest.raises(ParseError) as caught:
        fill_placeholders("pm25-{id}", lambda _: None)
    assert caught.value.failure == Failure(ParseCode.SERIES_NAME_MISSING, {"field": "id"})


@pytest.mark.parametrize(
    "body",
    [
        "é ư".encode(),
        codecs.BOM_UTF8 + "é ư".encode(),
        "é ư".encode("utf-16"),
        codecs.BOM_UTF16_BE + "é ư".encode("utf-16-be"),
        "é ư".encode("utf-32"),
    ],
)
def test_text_is_decoded_by_its_byte_order_mark(body: bytes) -> None:
    assert decode_text(ResponsePage(body)) == "é ư"


def test_declared_charset_is_tried_last() -> None:
    assert decode_text(ResponsePage("é".encode("latin-1"), charset="iso-8859-1")) == "é"
    assert decode_text(ResponsePage("é".encode(), charset="iso-8859-1")) == "é"
    assert decode_text(ResponsePage('{"a": "b"}'.encode("utf-16-le"))) == '{"a": "b"}'
    with pytest.raises(SourceError) as caught:
        decode_text(ResponsePage(b"\xff\xe9", charset="no-such"))
    assert caught.value.failure.code == DecodingCode.CHARSET_UNKNOWN


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b" \n", DecodingCode.EMPTY),
        (b"<!DOCTYPE html><html>", DecodingCode.HTML),
        (b"<a/>", DecodingCode.XML_INSTEAD_OF_JSON),
        (b'{"a": [1, 2', DecodingCode.NOT_JSON),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b"[" * 10_000 + b"NaN" + b"]" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'{"a": 1} trailing', DecodingCode.NOT_JSON),
        (b"\x00\x01\x02", DecodingCode.NOT_JSON),
        (b"\xff\xfea", DecodingCode.CHARSET_WRONG),
    ],
)
def test_body_that_is_no_json_raises_its_code(body: bytes, code: ErrorCode) -> None:
    with pytest.raises(SourceError) as caught:
        decode_json(ResponsePage(body), orjson.loads)
    assert caught.value.failure.code == code


def test_json_with_known_deviations_is_read() -> None:
    assert decode_json(ResponsePage('{"a": "ư"}'.encode("utf-16")), orjson.loads) == {"a": "ư"}
    assert decode_json(ResponsePage(codecs.BOM_UTF8 + b"[1]"), orjson.loads) == [1]
    assert decode_json(ResponsePage(b'{"a": NaN, "b": -Infinity}'), orjson.loads) == {"a": None, "b": None}


def test_lone_surrogates_in_json_are_replaced_and_pairs_are_characters() -> None:
    body = rb'[{"a": "b\ud83d", "n": [0.1, 1e400, 123456789012345678901234567890, NaN]}, "\ud83d\ude00 \\ud83d"]'
    numbers = [0.1, "1e400", 123456789012345678901234567890, None]
    assert decode_json(ResponsePage(body), orjson.loads) == [{"a": "b\ufffd", "n": numbers}, "😀 \\ud83d"]
    with pytest.raises(SourceError) as caught:
        decode_json(ResponsePage(rb'{"a\ud83d": 1, "a\ud83e": 2}'), orjson.loads)
    assert caught.value.failure.code == DecodingCode.KEY_TWICE


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_json_or_a_source_error(body: bytes) -> None:
    try:
        decode_json(ResponsePage(body), orjson.loads)
    except SourceError as error:
        assert error.failure.code.startswith("decoding.")


@given(st.text(max_size=60), st.sampled_from(["iso", "unix", "unix_ms", "%d/%m/%Y", "%H:%M %d/%m/%y%z"]))
def test_any_text_is_parsed_or_a_parse_error(text: str, time_format: str) -> None:
    for parse in (parse_number, lambda value: parse_timestamp(value, time_format)):
        try:
            parse(text)
        except ParseError as error:
            assert error.failure.code.startswith("parsing.")


@pytest.mark.parametrize(
    "text", ["4 5", "4\n5", "12 30", "1 2345", "10 20 30", "2026 11", "1,5\n2,5", "1 234\n567", "12 3 456"]
)
def test_white_space_that_groups_no_thousands_makes_no_number(text: str) -> None:
    assert text_readings(text) == {}


@pytest.mark.parametrize("text", ["1 234", "12\u00a0345\u00a0678", " 1\u202f234 ", "- 1 234"])
def test_spaces_between_groups_of_three_digits_are_read(text: str) -> None:
    digits = float("".join(character for character in text if character.isdigit()))
    assert set(text_readings(text).values()) == {-digits if "-" in text else digits}


@pytest.mark.parametrize("value", ["-0", "-0.0", "−0", -0.0])
def test_a_negative_zero_is_zero(value: object) -> None:
    assert str(parse_number(value)) == "0.0"

"""How feeds write numbers, times, names and text."""

import codecs
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.ingest.decoding import decode_json, decode_text
from ioc.domain.ingest.parsing import fill_placeholders, parse_number, parse_timestamp, placeholders, slugify
from ioc.domain.ingest.protocol import ResponsePage, SourceError


@pytest.mark.parametrize(
    ("value", "decimal", "found"),
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
        (True, ".", 1.0),
        ("NaN", ".", None),
        (None, ".", None),
        ("", ".", None),
        ("N/A", ".", None),
        (-999999, ".", None),
        ("-999999.0", ".", None),
        ("x", ".", None),
    ],
)
def test_numbers(value: Any, decimal: str, found: float | None) -> None:
    assert parse_number(value, decimal, (-999999, "x")) == found


@pytest.mark.parametrize(
    ("value", "decimal"),
    [("27,52", "."), ("1.23", ","), ("12 m", "."), ("1,23,456", "."), ([], "."), ({}, "."), (float("nan"), "."),
     (10**400, "."), ("1e999", "."), ("9" * 50, "."), ("٣", ".")],
)  # fmt: skip
def test_what_is_no_number_says_so(value: Any, decimal: str) -> None:
    with pytest.raises(ValueError, match=r"value|number"):
        parse_number(value, decimal)


@pytest.mark.parametrize(
    ("value", "form", "found"),
    [
        ("2026-02-14T23:31:01+0000", "iso", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("2026-02-15T06:31:01", "iso", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("06:31:01 15/2/2026", "%H:%M:%S %d/%m/%Y", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        (1771111861, "unix", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
        ("1771111861000", "unix_ms", datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC)),
    ],
)
def test_times(value: Any, form: str, found: datetime) -> None:
    assert parse_timestamp(value, form) == found


@pytest.mark.parametrize(
    ("value", "form"),
    [(0, "unix"), (-5, "unix"), (1e300, "unix"), ("soon", "iso"), (17, "iso"), (None, "iso"), ("", "%d"),
     ("0001-01-01T00:00:00+14:00", "iso"), ("32/13/2026", "%d/%m/%Y"), ([], "unix")],
)  # fmt: skip
def test_what_is_no_time_says_so(value: Any, form: str) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_timestamp(value, form)


def test_names() -> None:
    assert slugify("Mực nước (Đầm Dơi) ") == "muc-nuoc-dam-doi"
    assert slugify("QT2_NM2") == "qt2-nm2"
    assert placeholders("pm25-{id}-{a.b}") == ["id", "a.b"]
    assert fill_placeholders("pm25-{id}", {"id": 7}.get) == "pm25-7"
    with pytest.raises(ValueError, match="id is missing"):
        fill_placeholders("pm25-{id}", lambda _: None)


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
def test_text_whatever_the_charset(body: bytes) -> None:
    assert decode_text(ResponsePage(body)) == "é ư"


def test_the_claimed_charset_is_believed_last() -> None:
    assert decode_text(ResponsePage("é".encode("latin-1"), charset="iso-8859-1")) == "é"
    assert decode_text(ResponsePage("é".encode(), charset="iso-8859-1")) == "é"
    assert decode_text(ResponsePage('{"a": "b"}'.encode("utf-16-le"))) == '{"a": "b"}'
    with pytest.raises(SourceError, match="no charset"):
        decode_text(ResponsePage(b"\xff\xe9", charset="no-such"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!DOCTYPE html><html>", "HTML, not JSON"),
        (b"<a/>", "XML, not JSON"),
        (b'{"a": [1, 2', "not JSON"),
        (b"[" * 10_000, "nested too deep"),
        (b"[" * 10_000 + b"NaN" + b"]" * 10_000, "nested too deep"),
        (b'{"a": 1} trailing', "not JSON"),
        (b"\x00\x01\x02", "not JSON"),
        (b"\xff\xfea", "is not"),
    ],
)
def test_what_is_no_json_says_what_it_is(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        decode_json(ResponsePage(body), orjson.loads)


def test_json_in_other_wrappings() -> None:
    assert decode_json(ResponsePage('{"a": "ư"}'.encode("utf-16")), orjson.loads) == {"a": "ư"}
    assert decode_json(ResponsePage(codecs.BOM_UTF8 + b"[1]"), orjson.loads) == [1]
    assert decode_json(ResponsePage(b'{"a": NaN, "b": -Infinity, "a": 2}'), orjson.loads) == {"a": 2, "b": None}


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_json_or_a_clear_reason(body: bytes) -> None:
    try:
        decode_json(ResponsePage(body), orjson.loads)
    except SourceError as error:
        assert error.failure


@given(st.text(max_size=60), st.sampled_from(["iso", "unix", "unix_ms", "%d/%m/%Y", "%H:%M %d/%m/%y%z"]))
def test_any_text_is_a_number_and_a_time_or_a_reason(text: str, form: str) -> None:
    for read in (parse_number, lambda one: parse_timestamp(one, form)):
        try:
            read(text)
        except ValueError as error:
            assert str(error)
    assert slugify(text) == slugify(slugify(text))

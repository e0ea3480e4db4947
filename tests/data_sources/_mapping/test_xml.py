"""Decoding of XML by its bytes, parsing without DTD, and extraction of text from HTML."""

import unicodedata
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.errors import XmlCode
from data_sources._mapping.xml import (
    MAX_DEPTH,
    check_namespaces,
    decode_markup,
    element_text,
    event_key,
    html_to_text,
    parse_xml,
)
from ioc.domain.ingest.protocol import ResponsePage, SourceError

TEXT = "<a>Mưa lớn – độ ẩm 90 % ở Ninh Kiều</a>"
DECLARED = ["", "UTF-8", "ISO-8859-1", "windows-1258", "utf-16", "nothing-known", "punycode"]


def head(charset: str) -> str:
    return f'<?xml version="1.0" encoding="{charset}"?>\n' if charset else ""


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-32-le"]
)
@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("claimed", ["", "iso-8859-1"])
def test_bytes_decide_the_charset_before_the_declaration(charset: str, declared: str, claimed: str) -> None:
    mark = "\ufeff" if charset in ("utf-32-be", "utf-32-le") else ""
    page = ResponsePage((mark + head(declared) + TEXT).encode(charset), charset=claimed)
    assert element_text(parse_xml(page)) == "Mưa lớn – độ ẩm 90 % ở Ninh Kiều"


@pytest.mark.parametrize("declared", sorted({*DECLARED} - {"ISO-8859-1"}))  # these bytes are that charset too
def test_legacy_charset_of_the_country_is_decoded(declared: str) -> None:
    """Windows-1258 has the letters with their marks, but the five tones as separate characters."""
    separated = "".join(
        letter if len(letter.encode("windows-1258", "ignore")) == 1 else _separate_tone(letter) for letter in TEXT
    )
    assert element_text(parse_xml(ResponsePage((head(declared) + separated).encode("windows-1258")))) == TEXT[3:-4]


def _separate_tone(letter: str) -> str:
    tones = "\u0300\u0301\u0303\u0309\u0323"
    tone = next((mark for mark in unicodedata.normalize("NFD", letter) if mark in tones), "")
    rest = unicodedata.normalize("NFD", letter).replace(tone, "") if tone else letter
    return unicodedata.normalize("NFC", rest) + tone


def test_declared_single_byte_charset_is_used() -> None:
    page = ResponsePage((head("ISO-8859-1") + "<a>Usulután, Usulután</a>").encode("iso-8859-1"))
    assert element_text(parse_xml(page)) == "Usulután, Usulután"
    page = ResponsePage("<a>Usulután</a>".encode("iso-8859-1"), charset="iso-8859-1")
    assert element_text(parse_xml(page)) == "Usulután"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("&#55357;&#56832;", "😀"), ("&#xD83D;&#xDE00;", "😀"), ("&#x1F600;", "😀"), ("&#xD800;", "\ufffd"),
        ("&#x110000;", "\ufffd"), ("&#99999999999;", "\ufffd"), (f"&#{'9' * 5000};", "\ufffd"), ("&#0;", "\ufffd"),
        ("&#x1;", "\ufffd"), ("&#xFFFF;", "\ufffd"), ("\x0b", "\ufffd"), ("&#00065;&#9;", "A"), ("&amp;#0;", "&#0;"),
        ("&#x1ECD;", "ọ"),
    ],
)  # fmt: skip
def test_what_is_no_character_of_xml_makes_no_document_unreadable(written: str, text: str) -> None:
    root = parse_xml(ResponsePage(f"<a><b>Mưa</b><b>x{written}</b></a>".encode()))
    assert [(each.text or "").strip() for each in root] == ["Mưa", f"x{text}"]


def test_many_zeros_of_a_reference_take_no_long_time() -> None:
    began = thread_time()
    decode_markup(ResponsePage(b"<a>&#x" + b"0" * 1_000_000 + b"</a>"))
    assert thread_time() - began < 2


def test_one_broken_character_does_not_change_the_charset() -> None:
    body = ("<a>" + "Cần Thơ " * 20).encode() + b"\xff</a>"
    text = element_text(parse_xml(ResponsePage(body)))
    assert text.startswith("Cần Thơ Cần Thơ") and "\ufffd" in text


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-32"])
def test_incomplete_character_at_the_end_is_left_out(charset: str) -> None:
    body = "<a>Ninh Kiề".encode(charset)
    assert decode_markup(ResponsePage(body[:-1])) == "<a>Ninh Ki"


def test_text_is_normalised_to_nfc() -> None:
    assert element_text(parse_xml(ResponsePage(unicodedata.normalize("NFD", TEXT).encode()))) == TEXT[3:-4]


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a><a/>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/b"> %b;]><a/>',
    ],
)  # fmt: skip
def test_dtd_or_entities_are_refused(body: str) -> None:
    for charset in ("utf-8", "utf-16"):
        with pytest.raises(SourceError) as caught:
            parse_xml(ResponsePage(body.encode(charset)))
        assert caught.value.failure.code == XmlCode.DTD_OR_ENTITIES


def test_too_many_tags_or_attributes_are_refused() -> None:
    for body in (b"<a>" + b"<b/>" * 200_000 + b"</a>", b"<a " + b"b='' " * 400_001 + b"/>"):
        with pytest.raises(SourceError) as caught:
            parse_xml(ResponsePage(body))
        assert caught.value.failure.code == XmlCode.TOO_LARGE


def numbered(count: int) -> str:
    return " ".join(f'a:a{n}=""' for n in range(count))


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "body",
    [
        f"<a xmlns:a='{'u' * 2_000}' {numbered(20_000)}/>",
        f'<a {numbered(20_000)} xmlns:a\n=\t"{"u" * 2_000}"/>',
        f'<a><!-- xmlns="--><b xmlns:a="{"u" * 2_000}" {numbered(20_000)}/></a>',
        f'<a xmlns="{"u" * 20_000}">{"<b/>" * 2_000}</a>',
        f'<a xmlns="{"ư" * 10_000}">{"<b/>" * 2_000}</a>',
    ],
)
def test_namespace_that_makes_long_names_is_refused(body: str, charset: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_xml(ResponsePage(body.encode(charset)))
    assert caught.value.failure.code == XmlCode.NAMES_TOO_LONG


@pytest.mark.parametrize(
    "body",
    [
        f'<a xmlns="urn:oasis:names:tc:emergency:cap:1.2">{"<b/>" * 150_000}</a>',
        '<a xmlns="http://www.cuahsi.org/waterML/1.1/">' + '<b c="" d="" e="" f=""/>' * 95_000 + "</a>",
        f'<a xmlns:a="{"u" * 2_000}" {numbered(1_000)}/>',
    ],
)
def test_ordinary_namespace_is_read(body: str) -> None:
    assert parse_xml(ResponsePage(body.encode())).tag.endswith("a")


def test_namespaces_are_searched_in_linear_time() -> None:
    for piece in ("xmlns:", " xmlns:", " xmlns ", " xmlns='", " xmlns=\" xmlns='"):
        started = thread_time()
        check_namespaces(f"<a>{piece * 300_000}", 10**12)
        assert thread_time() - started < 2


@pytest.mark.parametrize(("depth", "is_read"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False), (90_000, False)])
def test_elements_are_read_to_a_depth(depth: int, is_read: bool) -> None:
    page = ResponsePage(b"<a>" * depth + b"x" + b"</a>" * depth)
    assert element_text(parse_xml(page)) == ("x" if is_read else "")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Mưa &amp; gió", "Mưa & gió"),
        ("<b>Mưa</b>lớn<br/>ở&nbsp;đây", "Mưalớn ở đây"),
        ("<p>Một</p><p>Hai</p>", "Một Hai"),
        ('<a href="x"><img alt="a > b" src=x onerror=y></a>Tin', "Tin"),
        ("<script>alert(1)</script>Tin<style>p{}</style>", "Tin"),
        ("Nước < 2 m và > 1 m", "Nước < 2 m và > 1 m"),
        ("&lt;script&gt;", "<script>"),
        ("<!-- x -->Tin", "Tin"),
        ("  hai\n dòng\t", "hai dòng"),
        ("", ""),
    ],
)
def test_html_becomes_plain_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize("tag", ["<a ", "<a/", "<a =", '<a b="', "<báo động &amp; ", "</a "])
def test_the_end_of_an_unfinished_tag_is_looked_for_once(tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 20,000 characters the library did so 6,000 times, each through the rest of the text."""
    searches = 0

    def counted(search: Callable[[HTMLParser, int], int]) -> Callable[[HTMLParser, int], int]:
        def count(parser: HTMLParser, position: int) -> int:
            nonlocal searches
            searches += 1
            return search(parser, position)

        return count

    for name in ("parse_starttag", "parse_endtag"):
        monkeypatch.setattr(HTMLParser, name, counted(getattr(HTMLParser, name)))
    assert html_to_text("Mưa " + tag * 1_000) == " ".join(f"Mưa {unescape(tag) * 1_000}".split())
    assert searches <= 1


@given(st.text())
def test_any_html_becomes_one_line(html: str) -> None:
    assert html_to_text(html) == " ".join(html_to_text(html).split())


def test_event_keys_are_bounded_and_distinct() -> None:
    assert event_key("a", " b  c ") == "a,b c"
    key, other_key = event_key("x" * 500), event_key("x" * 501)
    assert len(key) == len(other_key) == 200 and key != other_key and key == event_key("x" * 500)


@pytest.mark.parametrize(
    "html", ["a<![CDA[x]]>b", "a<![if x]>b", "a<![ b", "a<!", "a<![endif]-->b", "<![CDATA[x]]>a b"]
)
def test_marked_sections_of_any_kind_are_skipped(html: str) -> None:
    assert "a" in html_to_text(html)

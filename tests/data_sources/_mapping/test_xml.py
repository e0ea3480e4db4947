"""XML and HTML of strangers: letters by what the bytes show, trees without a DTD, words without tags."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.xml import decode_markup, element_text, event_key, html_to_text, parse_xml
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
def test_the_bytes_rule_over_what_is_declared(charset: str, declared: str, claimed: str) -> None:
    mark = "\ufeff" if charset in ("utf-32-be", "utf-32-le") else ""
    page = ResponsePage((mark + head(declared) + TEXT).encode(charset), charset=claimed)
    assert element_text(parse_xml(page)) == "Mưa lớn – độ ẩm 90 % ở Ninh Kiều"


@pytest.mark.parametrize("declared", sorted({*DECLARED} - {"ISO-8859-1"}))  # these bytes are that charset too
def test_the_countrys_old_charset(declared: str) -> None:
    """It has the letters with their marks, but the five tones as signs of their own."""
    old = "".join(one if len(one.encode("windows-1258", "ignore")) == 1 else _apart(one) for one in TEXT)
    assert element_text(parse_xml(ResponsePage((head(declared) + old).encode("windows-1258")))) == TEXT[3:-4]


def _apart(letter: str) -> str:
    tone = next((one for one in unicodedata.normalize("NFD", letter) if one in "\u0300\u0301\u0303\u0309\u0323"), "")
    rest = unicodedata.normalize("NFD", letter).replace(tone, "") if tone else letter
    return unicodedata.normalize("NFC", rest) + tone


def test_a_declared_charset_of_one_byte() -> None:
    page = ResponsePage((head("ISO-8859-1") + "<a>Usulután, Usulután</a>").encode("iso-8859-1"))
    assert element_text(parse_xml(page)) == "Usulután, Usulután"
    assert (
        element_text(parse_xml(ResponsePage("<a>Usulután</a>".encode("iso-8859-1"), charset="iso-8859-1")))
        == "Usulután"
    )


def test_one_broken_letter_does_not_make_another_charset_of_all_others() -> None:
    body = ("<a>" + "Cần Thơ " * 20).encode() + b"\xff</a>"
    assert element_text(parse_xml(ResponsePage(body))).startswith("Cần Thơ Cần Thơ") and "\ufffd" in element_text(
        parse_xml(ResponsePage(body))
    )


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-32"])
def test_half_a_letter_at_the_end_of_a_cut_answer_is_left_out(charset: str) -> None:
    body = "<a>Ninh Kiề".encode(charset)
    assert decode_markup(ResponsePage(body[:-1])) == "<a>Ninh Ki"


def test_letters_are_composed() -> None:
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
def test_no_dtd_and_no_entities(body: str) -> None:
    for charset in ("utf-8", "utf-16"):
        with pytest.raises(SourceError, match="DTD or entities"):
            parse_xml(ResponsePage(body.encode(charset)))


def test_floods_are_refused_before_they_are_read() -> None:
    for body in (b"<a>" + b"<b/>" * 200_000 + b"</a>", b"<a " + b"b='' " * 400_001 + b"/>"):
        with pytest.raises(SourceError, match="more than"):
            parse_xml(ResponsePage(body))


def test_depth_ends() -> None:
    assert element_text(parse_xml(ResponsePage(b"<a>" * 90_000 + b"x" + b"</a>" * 90_000))) == "x"


@pytest.mark.parametrize(
    ("html", "words"),
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
def test_words_without_tags(html: str, words: str) -> None:
    assert html_to_text(html) == words


@given(st.text())
def test_any_text_has_words(html: str) -> None:
    assert html_to_text(html) == " ".join(html_to_text(html).split())


def test_keys_are_bounded_and_stay_apart() -> None:
    assert event_key("a", " b  c ") == "a,b c"
    one, other = event_key("x" * 500), event_key("x" * 501)
    assert len(one) == len(other) == 200 and one != other and one == event_key("x" * 500)


@pytest.mark.parametrize(
    "html", ["a<![CDA[x]]>b", "a<![if x]>b", "a<![ b", "a<!", "a<![endif]-->b", "<![CDATA[x]]>a b"]
)
def test_marked_sections_of_any_kind_are_passed_over(html: str) -> None:
    assert "a" in html_to_text(html)

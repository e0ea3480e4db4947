"""What feedparser gets of a feed: nothing that its expressions take quadratic time for, and all that is read."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from data_sources._mapping.errors import XmlCode
from data_sources._mapping.feed_text import parsable_feed
from ioc.domain.ingest.protocol import SourceError

FEED = '<rss version="2.0"><channel><title>a</title>{}<item><guid>1</guid>{}<title>Tin</title></item></channel></rss>'


@pytest.mark.parametrize("space", ["\n", " ", "\r\n", "\t \v\f"])
def test_white_space_is_single(space: str) -> None:
    assert parsable_feed(space * 100_000 + "<rss>a b</rss>") == "\n<rss>a b</rss>"


PREFIX = "p" * 120
DUBLIN_CORE = 'xmlns:{0}="http://purl.org/dc/elements/1.1/"'
PERSONS = [
    *(
        f"<{name}>{{0}}</{name}>"
        for name in ("author", "managingEditor", "webMaster", "publisher", "contributor", "owner")
    ),
    "<author><name>{0}</name><email>{0}</email></author>",
    "<author><![CDATA[{0}]]></author>",
    "<author>{0}",
    "<author><b>{0}</author></b>",
    "<!-- <![CDATA[ --><author>{0}</author>",
    "<?x <![CDATA[ ?><author>{0}</author>",
    '<guid a="&lt;![CDATA[">1</guid><author>{0}</author>',
    "<author\n>{0}</author\t>",
    *(f"<{prefix}:creator {DUBLIN_CORE.format(prefix)}>{{0}}</{prefix}:creator>" for prefix in ("dc", PREFIX)),
    '<i:author xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd">{0}</i:author>',
    '<i:owner xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd"><i:name>{0}</i:name></i:owner>',
]


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("is_atom", [False, True])
def test_no_text_of_a_person_is_searched_for_an_address(
    monkeypatch: pytest.MonkeyPatch, person: str, is_atom: bool
) -> None:
    from feedparser import mixin

    from data_sources.rss import _parse_feed

    patterns, search = list[str](), re.search

    def noting(pattern: str, text: str, *more: Any) -> Any:
        patterns.append(pattern)
        return search(pattern, text, *more)

    class Expressions:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            return noting if name == "search" else getattr(re, name)

    monkeypatch.setattr(mixin, "re", Expressions())
    text = person.format("T" * 3_000)
    feed = FEED.format(text, text)
    if is_atom:
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>a</title>{text}<entry><id>1</id>{text}</entry></feed>'
    with suppress(SourceError):
        _parse_feed(feed)
    assert [pattern for pattern in patterns if "@" in pattern] == []


def test_items_beside_persons_are_read() -> None:
    from data_sources.rss import _parse_feed

    feed = _parse_feed(FEED.format("", "<author>T</author><!-- <![CDATA[ --><author>x@a.vn</author>"))
    assert [item.title for item in feed.entries] == ["Tin"]


def numbered(name: str, count: int) -> str:
    return "".join(f" {name}{n}=''" for n in range(count))


def declarations(count: int) -> str:
    return "".join(f" xmlns:a{n}='http://a.example/{n}'" for n in range(count))


RSS = '<rss version="2.0"{}><channel><title>a</title>{}<item><guid>1</guid><title>Tin</title></item></channel></rss>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
LIST = "<!DOCTYPE rss [<!ATTLIST link title CDATA 'v'>]>"


@pytest.mark.parametrize(
    ("feed", "code"),
    [
        (RSS.format(f' xmlns:a="{"u" * 2_000}"', f"<b{numbered('a:a', 20_000)}/>"), XmlCode.NAMES_TOO_LONG),
        (RSS.format(f' xmlns:a="{"u" * 20_000}"', "<a:b/>" * 2_000), XmlCode.NAMES_TOO_LONG),
        (RSS.format("", f"<b{numbered('a', 101)}/>"), XmlCode.NAMES_TOO_LONG),
        (RSS.format(declarations(101), ""), XmlCode.NAMES_TOO_LONG),
        (RSS.format(f' xml:base="http://a/{"b/" * 300}"', ""), XmlCode.NAMES_TOO_LONG),
        (RSS.format(f' xml:lang="{"vi_" * 50}"', ""), XmlCode.NAMES_TOO_LONG),
        (RSS.format(' xml:base="http://a/"', '<a xml:base="b/">' * 300), XmlCode.NAMES_TOO_LONG),
        (LIST + RSS.format("", ""), XmlCode.DTD_OR_ENTITIES),
        (f"<!--x-->{LIST}{RSS.format('', '')}", XmlCode.DTD_OR_ENTITIES),
    ],
)  # fmt: skip
def test_names_that_become_long_or_many_are_refused(feed: str, code: XmlCode) -> None:
    from data_sources.rss import _parse_feed

    with pytest.raises(SourceError) as caught:
        _parse_feed(feed)
    assert caught.value.failure.code == code


@pytest.mark.parametrize(
    ("attributes", "elements"),
    [
        (f' xmlns:a="http://{"a" * 300}.example/"', "<a:b/>" * 5_000),
        (declarations(50), f"<b{numbered('a', 60)}/>"),
        ("", "<description>mưa <b " + "mm và gió " * 100 + "</description>"),
        (' xml:base="http://a.example/tin/"', f"<b>{'<c/>' * 1_000}</b>"),
        ("", f"<b><![CDATA[{SVG * 5_000}]]></b>"),
    ],
)  # fmt: skip
def test_ordinary_names_are_read(attributes: str, elements: str) -> None:
    from data_sources.rss import _parse_feed

    assert [item.title for item in _parse_feed(RSS.format(attributes, elements)).entries] == ["Tin"]

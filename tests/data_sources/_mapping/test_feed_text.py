"""What feedparser gets of a feed: nothing that its expressions take quadratic time for, and all that is read."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.feed_text import parsable_feed

FEED = '<rss version="2.0"><channel><title>a</title>{}<item><guid>1</guid>{}<title>Tin</title></item></channel></rss>'


@pytest.mark.parametrize("name", ["author", "dc:creator", "managingEditor", "webMaster", "x:Owner", "itunes:author"])
@pytest.mark.parametrize(
    "form", ["<{0}>{1}</{0}>", "<{0} a='b'><![CDATA[{1}]]></{0}>", "<{0}><b>{1}</b>{1}</{0}>", "<{0}/>"]
)
def test_persons_are_left_out_and_nothing_else(name: str, form: str) -> None:
    person = form.format(name, "T" * 1_000)
    assert parsable_feed(FEED.format(person, person)) == FEED.format("", "")


def test_a_person_without_an_end_ends_with_the_item() -> None:
    feed = "<rss><channel><item><guid>1</guid><author>x</item><item><guid>2</guid></item></channel></rss>"
    assert parsable_feed(feed) == feed.replace("<author>x", "")


def test_markup_in_character_data_is_text() -> None:
    feed = FEED.format("", "<description><![CDATA[<p><author>Tin <b>bão</b></p>]]></description>")
    assert parsable_feed(feed) == feed


@pytest.mark.parametrize("space", ["\n", " ", "\r\n", "\t \v\f"])
def test_white_space_is_single(space: str) -> None:
    assert parsable_feed(space * 100_000 + "<rss>a b</rss>") == "\n<rss>a b</rss>"


@given(st.lists(st.sampled_from(["<item>", "</item>", "<author>", "</author>", "<author/>", "x", "<![CDATA[", "]]>"])))
def test_items_stay_whatever_is_broken(parts: list[str]) -> None:
    text = "".join(parts)
    if "<![CDATA[" not in text:
        kept = parsable_feed(text)
        assert (kept.count("<item>"), kept.count("</item>")) == (text.count("<item>"), text.count("</item>"))


def test_the_search_for_an_address_sees_no_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from feedparser import mixin

    from data_sources.rss import _parse_feed

    lengths, search = list[int](), mixin.re.search

    def noting(pattern: str, text: str, *more: Any) -> Any:
        lengths.append(len(text))
        return search(pattern, text, *more)

    class Expressions:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            return noting if name == "search" else getattr(mixin_re, name)

    mixin_re = mixin.re
    monkeypatch.setattr(mixin, "re", Expressions())
    feed = _parse_feed(FEED.format("", "<author>" + "T" * 50_000 + "</author>"))
    assert feed.entries[0].title == "Tin" and max(lengths, default=0) < 1_000

"""RSS and Atom: items as they are found in the wild, topics, feeds that are none."""

import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping.errors import XmlCode
from data_sources.rss import MAX_ITEMS, Options, RssCode, fetch, parse
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.events.event import Event
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared

TOPICS = {"flood": ["ngập", "triều cường"], "traffic": ["kẹt xe"]}


def read(body: str | bytes, **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else body.encode(), address="https://press.example.vn/rss")
    return parse(row("https://press.example.vn/rss", options, protocol="rss"), Payload((page,)), NOW)


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>Báo A</title>{"".join(items)}</channel></rss>'


def item(title: str = "Tin", guid: str = "1", extra: str = "") -> str:
    return f"<item><title>{title}</title><guid>{guid}</guid>{extra}</item>"


def only(body: str | bytes, **options: Any) -> Event:
    batch = read(body, **options)
    assert not batch.rejected_items, batch.rejected_items
    (event,) = batch.events
    return event


def test_items_become_events() -> None:
    options = {"topics": TOPICS, "zone": "Asia/Ho_Chi_Minh"}  # of times without one, which stand beside others
    batch = parse(row(options=options), Payload((fixture("press.rss"),)), NOW)
    first, second = batch.events
    published = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert first == Event(
        "press", "tin-1", published, "Triều cường gây NGẬP nhiều tuyến đường", text="Nước dâng 2,1 m.",
        started=published, expires=published + timedelta(hours=72), link="https://press.example.vn/1?a=1&b=2",
        facts={"publisher": "Báo A (mô phỏng)", "category": "Đời sống", "topic-flood": "1"},
    )  # fmt: skip
    assert (second.key, second.title) == ("https://press.example.vn/4", "Kẹt xe & ngập ở cầu")
    assert second.observed == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert {"topic-flood", "topic-traffic"} <= second.facts.keys()
    assert [(item.location, item.failure) for item in batch.rejected_items] == [
        ("item[1]", Failure(RssCode.ID_MISSING)), ("item[2]", Failure(ParseCode.NOT_A_FEED_TIME, {"text": "sáng nay"})),
    ]  # fmt: skip


def test_atom_entry_becomes_an_event_without_its_author() -> None:
    event = only(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>urn:1</id>'
        '<title type="html">&lt;b>Mưa&lt;/b> lớn</title><link href="https://press.example.vn/1"/>'
        "<updated>2026-11-24T08:00:00Z</updated><author><name>Phóng viên X</name></author></entry></feed>"
    )
    assert (event.key, event.title, event.link) == ("urn:1", "Mưa lớn", "https://press.example.vn/1")
    assert event.observed == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert "Phóng viên" not in repr(event)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Tue, 24 Nov 2026 15:30:00 +0700", 8),
        ("Tue, 24 Nov 2026 15:30:00 GMT+7", 8),
        ("Tue, 24 Nov 2026 15:30:00 UTC+07:00", 8),
        ("Tue, 24 Nov 2026 08:30:00 GMT", 8),
        ("Tue, 24 Nov 2026 15:30:00", 8),
        ("2026-11-24T15:30:00", 8),
        ("2026-11-24 15:30:00", 8),
        ("2026-11-24T08:30:00Z", 8),
        ("Tue, 24 Nov 2026 15:30:00 ICT", 8),
        ("Tue, 24 Nov 2026 15:30:00 +07:00", 8),
        ("Tue, 24 Nov 2026 15:30:00 +7", 8),
        ("Tue, 24 Nov 2026 15:30:00 +0700 (ICT)", 8),
        ("Tue, 24 Nov 2026 08:30:00 -0000", 8),
        ("Tue, 24 Nov 2026 08:30:00 UT", 8),
        ("Tue, 24 Nov 2026 03:30:00 EST", 8),
        ("24 Nov 26 08:30 Z", 8),
        ("Tue Nov 24 15:30:00 2026", 8),
        ("Tue Nov 24 15:30:00 ICT 2026", 8),
        ("Tue Nov 24 2026 15:30:00 GMT+0700 (Indochina Time)", 8),
        ("2026-11-24 15:30:00 ICT", 8),
        ("2026-11-24T15:30:00 GMT+7", 8),
        ("2026-11-24T04:30-04:00", 8),
        ("2026-11-24 03:30:00-05:00", 8),
        ("2026-11-24 03:30:00 -0500", 8),
        ("Tue, 24 Nov 2026 03:30 -0500", 8),
        ("2026-11-24 15:30+07:00", 8),
    ],
)
def test_a_time_is_read_in_the_forms_that_newspapers_write(text: str, hour: int) -> None:
    event = only(rss(item(extra=f"<pubDate>{text}</pubDate>")))
    assert event.observed == event.started == datetime(2026, 11, 24, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["XYZ", "AST", "A", "CET", "IST"])
@pytest.mark.parametrize("text", ["Tue, 24 Nov 2026 15:30:00", "2026-11-24T15:30:00", "24 Nov 2026 15:30"])
def test_a_time_in_an_unknown_zone_is_rejected(text: str, zone: str) -> None:
    batch = read(rss(item(extra=f"<pubDate>{text} {zone}</pubDate>")))
    written = f"{text} {zone}"
    assert not batch.events and failures(batch) == [Failure(ParseCode.UNKNOWN_ZONE, {"text": written, "zone": zone})]


@pytest.mark.parametrize(
    "text",
    ["Tue, 24 Nov 2026 15:30:00 +99:99", "Tue, 24 Nov 2026 15:30:00 07:00", "2026", "2026-11", "15:30 24/11/2026",
     "Tue, 24 Nov 2026 15:30:00 EST-5", "Tue, 24 Nov 2026 15:30:00 +0700 XYZ", "2026-11-24 07:30-08:30",
     "2026-11-24 07:30 - 08:30", "2026-11-24T07:30-08:30",
     "2026-11-24-10:30", "Tue, 24 Nov 2026 07:30-08:30", "Tue, 24 Nov 2026 07:30 - 08:30",
     "2026-11-24 10.30", "Tue, 24 Nov 2026 10.30", "2026-11-24 10:30.5", "2026-11-24T07:30:00+00:07",
     "Tue, 24 Nov 2026 15:30:00 +0007", "20261124 0730-0830"],
)  # fmt: skip
def test_a_time_that_the_library_would_guess_is_rejected(text: str) -> None:
    batch = read(rss(item(extra=f"<pubDate>{text}</pubDate>")))
    assert not batch.events and failures(batch) == [Failure(ParseCode.NOT_A_FEED_TIME, {"text": text})]


@pytest.mark.parametrize("text", ["Sun, 01 Nov 2026 01:30", "2026-03-08 02:30:00"])
def test_a_time_that_the_zone_has_twice_or_not_at_all_is_rejected(text: str) -> None:
    batch = read(rss(item(extra=f"<pubDate>{text}</pubDate>")), zone="America/New_York")
    assert failures(batch) == [Failure(ParseCode.CLOCK_CHANGE, {"text": text, "zone": "America/New_York"})]


def test_a_day_without_a_time_of_day_begins_in_the_zone_of_the_row() -> None:
    for text in ("Tue, 24 Nov 2026", "2026-11-24", "24 Nov 2026"):
        assert only(rss(item(extra=f"<pubDate>{text}</pubDate>"))).observed == datetime(2026, 11, 23, 17, tzinfo=UTC)


def test_an_item_without_a_time_is_of_now_and_one_of_tomorrow_is_rejected() -> None:
    event = only(rss(item()))
    assert (event.observed, event.started) == (NOW, None)
    later = parse(
        row(options={}, protocol="rss"), Payload((ResponsePage(rss(item()).encode()),)), NOW + timedelta(minutes=1)
    ).events
    assert [each.expires for each in later] == [event.expires]  # else each poll would be a revision
    ahead = only(rss(item(extra="<pubDate>Wed, 25 Nov 2026 16:18:00 +0700</pubDate>")))
    assert len(validate_events([ahead], {"press"}, NOW, id_key=b"key")[1]) == 1


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("NGẬP sâu", True),
        ("ngap sau", True),
        (unicodedata.normalize("NFD", "Đường ngập"), True),
        ("Triều  cường, gió", True),
        ("ngậpúng", False),
        ("Triều và cường", False),
        ("Trời đẹp", False),
    ],
)
def test_topics_match_whole_words_whatever_their_accents(title: str, found: bool) -> None:
    assert ("topic-flood" in only(rss(item(title)), topics=TOPICS).facts) is found


def test_a_cut_feed_gives_its_complete_items() -> None:
    whole = rss(*(item(f"Tin số {n}", str(n)) for n in range(3))).encode()
    for end in range(len(whole)):
        try:
            batch = read(whole[:end])
        except SourceError:
            continue
        assert len(batch.events) <= 3 and {one.key for one in batch.events} <= {"0", "1", "2"}
    assert [one.title for one in read(whole[: whole.index(b"<item><title>Tin s\xe1\xbb\x91 2")]).events] == [
        "Tin số 0",
        "Tin số 1",
    ]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_charsets_whatever_is_declared(charset: str) -> None:
    for declared in ("utf-8", "iso-8859-1", "utf-16"):
        body = f'<?xml version="1.0" encoding="{declared}"?>' + rss(item("Mưa lớn ở Ô Môn"))
        assert only(body.encode(charset)).title == "Mưa lớn ở Ô Môn"


def test_the_countrys_old_charset() -> None:
    for head in ('<?xml version="1.0" encoding="windows-1258"?>', '<?xml version="1.0" encoding="utf-8"?>', ""):
        body = (head + rss(item("Gió ở sông Hậu"))).replace("ậ", "â\u0323").replace("ở", "ơ\u0309")
        assert only(body.replace("ó", "o\u0301").replace("Báo", "Ba\u0301o").encode("windows-1258")).title == (
            "Gió ở sông Hậu"
        )


@pytest.mark.parametrize("written", ["&#55357;&#56832;", "&#xD800;", "&#x110000;", "&#99999999999;", "&#0;", "\x0b"])
def test_a_reference_to_no_character_keeps_back_no_item(written: str) -> None:
    items = "".join(f"<item><guid>{n}</guid><title>Tin {n} {written * (n == 1)}</title></item>" for n in range(3))
    batch = read(f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode())
    assert [event.key for event in batch.events] == ["0", "1", "2"] and not batch.rejected_items


def test_raw_ampersands_and_html_are_words() -> None:
    event = only(
        rss(item("A & B <b>to</b> &lt;script&gt;x&lt;/script&gt;", extra="<link>https://x.vn/?a=1&b=2</link>"))
    )
    assert event.title == "A & B to <script>x</script>"  # written as text, so it is text
    assert event.link == "https://x.vn/?a=1&b=2"


def test_links_of_the_site_itself_are_made_whole_and_ids_left_alone() -> None:
    for broken in ("", "&"):
        event = only(rss(item(f"Tin{broken}", "7", "<link>/tin/7.html</link>")))
        assert (event.key, event.link) == ("7", "https://press.example.vn/tin/7.html")
    assert only(rss(item(guid="http://["))).link == ""


def test_a_long_id_is_shortened() -> None:
    assert len(only(rss(item(guid="x" * 900))).key) == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<html><title>x</title></html>", DecodingCode.HTML),
        (b'{"items": []}', XmlCode.NOT_XML),
        (b"<kml></kml>", RssCode.NOT_A_FEED),
        (b"<a>" * 5_000, RssCode.NOT_A_FEED),
        ('<!DOCTYPE r [<!ENTITY a "b">]>' + rss(item("&a;")), XmlCode.DTD_OR_ENTITIES),
        *(
            (f"{begin}<!DOCTYPE r [<!ENTITY a 'b'>]>" + rss(item("&a;")), XmlCode.DTD_OR_ENTITIES)
            for begin in ("< ", "<\ufffd ", "<!x>", "<?x?> < ")
        ),
        ('<!-- <a --> <!DOCTYPE r [<!ENTITY a "b">]>' + rss(item("&a;")), XmlCode.DTD_OR_ENTITIES),
    ],
)
def test_an_answer_that_is_no_feed_is_an_error(body: str | bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body)


def test_an_item_about_entities_is_read() -> None:
    text = "<![CDATA[<!DOCTYPE a [<!ENTITY b 'c'>]>]]>"
    assert len(read(rss(item(), item(guid="2", extra=f"<description>{text}</description>"))).events) == 2


def test_a_binary_answer_is_an_error() -> None:
    with pytest.raises(SourceError):
        read(b"\xd0\xcf\x11\xe0")


def test_a_doctype_without_entities_is_ignored() -> None:
    assert (
        only('<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://127.0.0.1:1/x.dtd">' + rss(item())).title == "Tin"
    )


def test_items_beyond_the_limits_are_left_out() -> None:
    batch = read(rss(*(item(guid=str(n)) for n in range(MAX_ITEMS + 5))))
    assert len(batch.events) == MAX_ITEMS and batch.is_cut
    batch = read(rss(*(item("x" * 9_000, str(n)) for n in range(200))))
    assert 100 < len(batch.events) < 200 and batch.is_cut and codes(batch)[-1:] == [IngestCode.FEED_LEFT_OUT]
    assert not read(rss(item())).is_cut


def test_a_feed_without_items() -> None:
    assert read(rss()) == Batch()
    assert read('<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id></feed>') == Batch()


@pytest.mark.parametrize(
    "options",
    [{"topics": {"a": []}}, {"topics": {"a": ["!"]}}, {"topics": {"Ngập": ["a"]}}, {"keep_hours": -1}, {"x": 1}],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("rss", tmp_path)
    event = only(rss(item("Ngập úng")), **source.options)
    for _, rule in source.counted_series():
        assert rule.kind == event.kind and set(rule.facts) <= set(event.facts.items())


async def test_an_unchanged_feed_is_an_unchanged_payload() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match"):
            return web.Response(status=304)
        return web.Response(text=rss(item()), content_type="application/rss+xml", headers={"ETag": "1"})

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base}/rss")
        assert len(parse(source, await fetch(source, clients.context_for(source)), NOW).events) == 1
        assert (await fetch(source, clients.context_for(source))).is_unchanged


def test_a_recorded_feed_that_was_cut() -> None:
    batch = read(shared("rss/vnexpress_the-gioi_truncated.rss").read_bytes())
    (event,) = batch.events
    assert codes(batch) == [IngestCode.FEED_CUT]
    assert event.title == "Israel nối gót Mỹ rời Hội đồng Nhân quyền LHQ"
    assert event.text.startswith("Ngoại trưởng Israel cho biết") and "<" not in event.text
    assert event.observed == datetime(2025, 2, 6, 13, 30, 48, tzinfo=UTC)
    assert event.facts == {"publisher": "Thế giới - VnExpress RSS"}


def test_recorded_feeds_in_odd_charsets() -> None:
    for name in ("encoding_utf-16be-bom.xml", "encoding_utf-32le-bom.xml"):
        with raises_failure(RssCode.CHANNEL_MISSING):  # decoded: they are <rss></rss>
            read(shared(f"rss/{name}").read_bytes())
    assert only(shared("rss/illformed_rdf_channel_empty_textinput.xml").read_bytes()).title == "crashes here"


WORDS = st.sampled_from(["rss", "channel", "item", "title", "guid", "link", "pubDate", "description", "feed", "entry"])
TREE = st.recursive(
    st.text(max_size=12) | st.sampled_from(["<![CDATA[", "]]>", "<!--", "&amp;", "Tue, 24 Nov 2026", "</"]),
    lambda inner: st.tuples(WORDS, st.lists(inner, max_size=4)).map(
        lambda one: f"<{one[0]}>{''.join(one[1])}</{one[0]}>"
    ),
    max_leaves=25,
)


@given(st.binary() | TREE.map(lambda one: one.encode("utf-8", "replace")) | TREE.map(lambda one: rss(one).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)
        assert all(one.observed.tzinfo and one.title and len(one.key) <= 200 for one in batch.events)


def _encoded_twice(text: str) -> bool:
    """What looks like UTF-8 read as Latin-1: it is repaired, on purpose."""
    try:
        return text.encode("iso-8859-1").decode() != text
    except UnicodeError:
        return False


NAME = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20).filter(
    lambda one: not _encoded_twice(one)
)


def test_text_that_was_encoded_twice_is_repaired() -> None:
    assert only(rss(item("Mưa lũ".encode().decode("iso-8859-1")))).title == "Mưa lũ"


@given(st.dictionaries(NAME, NAME, min_size=1, max_size=8))
def test_valid_feeds_give_exactly_their_items(titles: dict[str, str]) -> None:
    batch = read(rss(*(item(escape(title), escape(guid)) for guid, title in titles.items())))
    plain = {unicodedata.normalize("NFC", guid): unicodedata.normalize("NFC", title) for guid, title in titles.items()}
    assert {one.key for one in batch.events} == plain.keys() and not batch.rejected_items
    assert {one.title for one in batch.events} <= {unicodedata.normalize("NFC", one) for one in titles.values()}


@pytest.mark.parametrize("zoned", ["Tue, 24 Nov 2026 15:00:00 +0700", "2026-11-24T08:00:00Z", "24 Nov 2026 08:00 GMT"])
def test_item_whose_time_has_no_zone_beside_others_with_one_is_rejected(zoned: str) -> None:
    local = "Tue, 24 Nov 2026 07:00:00"
    body = rss(
        *(item(guid=key, extra=f"<pubDate>{time}</pubDate>") for key, time in zip("12", (zoned, local), strict=True))
    )
    batch = read(body)
    assert [event.key for event in batch.events] == ["1"]
    assert failures(batch) == [Failure(ParseCode.ZONE_MISSING, {"text": local})]
    assert len(read(body, zone="Asia/Ho_Chi_Minh").events) == 2


def test_unreadable_time_beside_times_with_a_zone_keeps_its_reason() -> None:
    times = ("Tue, 24 Nov 2026 15:00:00 +0700", "sáng nay", "")
    batch = read(rss(*(item(guid=str(n), extra=f"<pubDate>{time}</pubDate>") for n, time in enumerate(times))))
    assert len(batch.events) == 2 and codes(batch) == [ParseCode.NOT_A_FEED_TIME]

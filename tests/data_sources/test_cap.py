"""CAP: the life of an alert, its languages, alerts that are not to be shown, invalid XML."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping.errors import XmlCode
from data_sources.cap import Options, parse
from data_sources.cap.errors import CapCode
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Event, EventStage
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, fixture, row, shared

BASE = "https://alerts.example.vn/index.atom"
SENT = "2026-11-24T15:00:00+07:00"
LATER = "2026-11-24T15:01:00+07:00"
INFO = """<info><language>vi</language><category>Met</category><event>Giông</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Observed</certainty><headline>Giông mạnh</headline>{}</info>"""


def alert(identifier: str = "A", extra: str = "", info: str = INFO.format(""), **changes: str) -> str:
    fields = {"identifier": identifier, "sender": "s", "sent": SENT, "status": "Actual", "msgType": "Alert", **changes}
    body = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text)
    return f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">{body}{extra}{info}</alert>'


def read(*bodies: str | bytes, **options: Any) -> Batch:
    encoded = [body if isinstance(body, bytes) else body.encode() for body in bodies]
    pages = tuple(ResponsePage(body, address=BASE) for body in encoded)
    return parse(row(BASE, options, protocol="cap"), Payload(pages), NOW)


def only(*bodies: str | bytes, **options: Any) -> Event:
    batch = read(*bodies, **options)
    assert not batch.rejected_items, batch.rejected_items
    (event,) = batch.events
    return event


def key(identifier: str, sent: str = "2026-11-24T08:00:00+00:00") -> str:
    return f"s,{identifier},{sent}"


def test_an_index_with_an_alert_in_vietnamese_and_two_without() -> None:
    batch = parse(row(BASE, {"places": {"Phường Ninh Kiều": "31135"}}), Payload((fixture("cap_index.atom"),)), NOW)
    (event,) = batch.events
    assert event.key == "tram@example.vn,A1,2026-11-24T08:00:00+00:00"
    assert (event.title, event.text) == (
        "Triều cường tại Ninh Kiều", "Mực nước < 2,1 m. Ngập đường thấp. Tránh bến Ninh Kiều.",
    )  # fmt: skip
    assert (event.severity, event.stage, event.place) == (Severity.CRITICAL, EventStage.OPEN, "31135")
    assert event.observed == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert event.started == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert event.expires == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert event.area and (round(event.area.lon, 6), round(event.area.lat, 6)) == (105.78, 10.03)
    assert event.area.rings[0][:2] == ((105.77, 10.02), (105.77, 10.04))
    assert event.facts == {
        "event": "Triều cường", "category": "Met", "severity": "Severe", "urgency": "Expected", "certainty": "Likely",
        "status": "Actual", "sender": "Đài A (mô phỏng)", "area": "Phường Ninh Kiều",
    }  # fmt: skip
    assert (event.link, event.personal) == ("https://example.vn/a1", {"contact": "Trực ban A"})
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("alert[1]", CapCode.SENDER_MISSING), ("entry[2]", CapCode.LINK_NOT_ALLOWED),
    ]  # fmt: skip


def test_another_form_of_the_same_time_is_the_same_alert() -> None:
    assert only(alert(sent="2026-11-24T08:00:00-00:00")).key == only(alert(sent=SENT)).key


@pytest.mark.parametrize("is_severe_first", [True, False])
def test_of_different_alerts_with_one_key_the_most_severe_is_shown_and_the_other_reported(
    is_severe_first: bool,
) -> None:
    severe = alert()
    minor = alert(info=INFO.format("").replace("<severity>Severe", "<severity>Minor").replace("Giông mạnh", "Mưa"))
    pair = (severe, minor) if is_severe_first else (minor, severe)
    batch = read(f"<feed xmlns='http://www.w3.org/2005/Atom'>{pair[0]}{pair[1]}</feed>")
    assert [event.title for event in batch.events] == ["Giông mạnh"]
    assert codes(batch) == [CapCode.IDENTIFIER_REPEATED]


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft", "exercise", "Other"])
def test_an_exercise_is_marked_and_never_ends_an_actual_alert(status: str) -> None:
    event = only(alert("X", status=status, msgType="Update", references=f"s,A,{SENT}", sent=LATER))
    assert event.facts["status"] == status and event.severity is Severity.NORMAL
    assert event.key.startswith(f"{status.casefold()}:") and event.replaces == (f"{status.casefold()}:{key('A')}",)
    assert event.is_drill
    both = read(f"<feed>{alert('A')}{alert('X', status=status, msgType='Cancel', references=f's,A,{SENT}')}</feed>")
    assert {one.key: one.stage for one in both.events}[key("A")] is EventStage.OPEN


def test_an_actual_alert_is_no_drill() -> None:
    assert not only(alert()).is_drill


def test_languages_vietnamese_then_the_rows_then_the_first() -> None:
    blocks = [f"<info><language>{one}</language><headline>{one}</headline></info>" for one in ("fr-CA", "en-CA", "vi")]
    assert only(alert(info="".join(blocks))).title == "vi"
    assert only(alert(info="".join(blocks[:2]))).title == "en-CA"
    assert only(alert(info="".join(blocks[:2])), language="fr").title == "fr-CA"
    assert only(alert(info=blocks[0])).title == "fr-CA"
    assert only(alert(info="<info><headline>plain</headline></info>" + blocks[0])).title == "plain"


def test_several_blocks_of_one_language_are_one_event() -> None:
    first = INFO.format("<expires>2026-11-24T18:00:00+07:00</expires><area><circle>10,105 0</circle></area>")
    second = INFO.replace("Severe", "Extreme").format(
        "<expires>2026-11-24T20:00:00+07:00</expires><area><circle>10,106 0</circle></area>"
    )
    event = only(alert(info=first + second))
    assert event.expires == datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert event.area is not None and event.area.points == ((105.0, 10.0), (106.0, 10.0))


@pytest.mark.parametrize(
    ("expires", "sent", "end"),
    [
        ("2026-11-27", SENT, datetime(2026, 11, 27, 16, 59, 59, tzinfo=UTC)),
        ("2026-11-27", "2026-11-24T15:00:00-05:00", datetime(2026, 11, 28, 4, 59, 59, tzinfo=UTC)),
        ("2026-11-27", "2026-11-24T15:00:00", datetime(2026, 11, 27, 16, 59, 59, tzinfo=UTC)),
        ("2026-11-27+09:00", SENT, datetime(2026, 11, 27, 14, 59, 59, tzinfo=UTC)),
        ("2026-11-27T00:00:00", SENT, datetime(2026, 11, 26, 17, tzinfo=UTC)),
    ],
)
def test_an_alert_that_expires_on_a_day_holds_until_its_end(expires: str, sent: str, end: datetime) -> None:
    event = only(alert(info=INFO.format(f"<onset>{expires[:10]}</onset><expires>{expires}</expires>"), sent=sent))
    assert event.expires == end and event.started and event.started.minute == 0


@pytest.mark.parametrize(
    ("onset", "expires", "field"),
    [
        ("<onset>2026-11-24T10:00:00+07:00</onset>", "2026-11-24T08:00:00+07:00", "sent"),
        ("<onset>2026-11-25T10:00:00+07:00</onset>", "2026-11-25T08:00:00+07:00", "onset"),
        ("<effective>2026-11-25T10:00:00+07:00</effective>", "2026-11-25T08:00:00+07:00", "effective"),
        ("<onset>2026-11-25T10:00:00+07:00</onset>", "2026-11-25T10:00:00+07:00", None),
        ("", "2026-11-24T18:00:00+07:00", None),
    ],
)
def test_end_before_the_alert_was_sent_or_begins_is_said(onset: str, expires: str, field: str | None) -> None:
    sent = "2026-11-24T09:00:00+07:00"
    batch = read(alert(info=INFO.format(f"{onset}<expires>{expires}</expires>"), sent=sent))
    (event,) = batch.events
    assert event.expires == datetime.fromisoformat(expires)
    assert [item.failure.params.get("field") for item in batch.rejected_items] == ([field] if field else [])
    assert set(codes(batch)) <= {CapCode.EXPIRES_EARLY}


def test_an_alert_without_an_end_expires_after_keep_hours() -> None:
    event = only(alert(), keep_hours=6)
    assert event.expires == event.observed + timedelta(hours=6)


@pytest.mark.parametrize(("keep_hours", "hours"), [(6, 72), (96, 96)])
def test_block_without_an_end_does_not_shorten_another(keep_hours: int, hours: int) -> None:
    info = INFO.format("<expires>2026-11-27T15:00:00+07:00</expires>") + INFO.format("")
    event = only(alert(info=info), keep_hours=keep_hours)
    assert event.expires == event.observed + timedelta(hours=hours)


@pytest.mark.parametrize("sent", ["2026-11-24", "2026-11-24+07:00", "2026-11-24Z"])
def test_an_alert_sent_on_a_day_without_a_time_is_rejected(sent: str) -> None:
    batch = read(alert("A", sent=sent))
    assert not batch.events
    assert [item.failure for item in batch.rejected_items] == [Failure(CapCode.SENT_WITHOUT_TIME, {"text": sent})]
    batch = read(alert("B", references=f"s,A,{sent}", msgType="Update"))
    assert [event.replaces for event in batch.events] == [()]
    assert [item.failure.code for item in batch.rejected_items] == [CapCode.INVALID_REFERENCE]


def test_no_info_block() -> None:
    event = only(alert(info=""))
    assert (event.title, event.severity, event.area) == ("A", Severity.NORMAL, None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"identifier": ""}, CapCode.SENDER_MISSING),
        ({"sender": ""}, CapCode.SENDER_MISSING),
        ({"sent": ""}, ParseCode.TIME_MISSING),
        ({"sent": "hôm qua"}, ParseCode.NOT_A_TIME),
        ({"status": ""}, CapCode.STATUS_MISSING),
        ({"msgType": "Party"}, CapCode.UNKNOWN_MESSAGE_TYPE),
        ({"scope": "Private"}, CapCode.NOT_PUBLIC),
        ({"scope": "Restricted"}, CapCode.NOT_PUBLIC),
    ],
)
def test_an_invalid_alert_is_rejected_alone(changes: dict[str, str], code: ErrorCode) -> None:
    bad = alert(**{"identifier": "bad", **changes})
    batch = read(f"<feed>{bad}{alert('good')}</feed>")
    assert [one.key for one in batch.events] == [key("good")]
    assert codes(batch) == [code]


def test_scopes_of_the_row_are_shown_and_messages_between_systems_are_not() -> None:
    assert only(alert(scope="Restricted"), scopes=["Public", "Restricted"])
    assert read(alert(msgType="Ack")) == read(alert(msgType="Error")) == Batch()


def test_an_alert_of_tomorrow_is_rejected_and_of_yesterday_accepted() -> None:
    ahead, behind = only(alert(sent="2026-11-25T16:18:00+07:00")), only(alert(sent="2026-11-23T16:18:00+07:00"))
    accepted, rejected = validate_events([ahead, behind], {"alert"}, NOW, id_key=b"key")
    assert [one.key for one in accepted] == [behind.key] and len(rejected) == 1


def test_a_long_key_is_shortened_the_same_way_each_time() -> None:
    long = "x" * 300
    event = only(alert(long))
    assert len(event.key) <= 200 and event.key != only(alert(long + "y")).key
    assert only(alert("C", msgType="Cancel", references=f"s,{long},{SENT}")).replaces == (event.key,)


def test_the_index_is_complete_only_with_whole_and_without_rejected_alerts() -> None:
    good, bad = alert("A"), alert("B", sent="?")
    assert read(f"<feed>{good}</feed>", complete=True).complete_kinds == {"alert"}
    assert read("<feed><id>a</id></feed>", complete=True).complete_kinds == {"alert"}
    assert not read(f"<feed>{good}{bad}</feed>", complete=True).complete_kinds
    assert not read(good, complete=True).complete_kinds and not read(f"<feed>{good}</feed>").complete_kinds


def test_markup_in_texts_is_removed() -> None:
    hostile = INFO.format("<description>&lt;script&gt;alert(1)&lt;/script&gt; Nước &lt; 2 m &amp; lên</description>")
    assert only(alert(info=hostile)).text == "Nước < 2 m & lên"


DTD = '<!DOCTYPE alert [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b" \n\0", DecodingCode.EMPTY),
        (b"<html><body>Login</body></html>", DecodingCode.HTML),
        (b"<!DOCTYPE html><p>", DecodingCode.HTML),
        (b'{"alerts": []}', XmlCode.NOT_XML),
        (b"PK\x03\x04", XmlCode.NOT_XML),
        (DTD + alert(), XmlCode.DTD_OR_ENTITIES),
        ('<!DOCTYPE alert SYSTEM "http://127.0.0.1/x.dtd">' + alert(), XmlCode.DTD_OR_ENTITIES),
        (alert()[:200], XmlCode.NOT_WELL_FORMED),
        ("<a>" * 50_000, XmlCode.NOT_WELL_FORMED),
        ("<feed>" + "<a/>" * 250_000 + "</feed>", XmlCode.TOO_LARGE),
        ("<kml/>", CapCode.NOT_CAP),
    ],
    ids=range(12),
)
def test_an_answer_that_is_no_cap_is_an_error(body: str | bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body)


def test_bytes_of_no_charset_are_an_error() -> None:
    with pytest.raises(SourceError):
        read(b"\xff" * 9)


@pytest.mark.parametrize("none", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_end_that_stands_for_none_is_that_of_an_alert_without_one(none: str) -> None:
    unset, without = (alert(info=INFO.format(end)) for end in (f"<expires>{none}</expires>", ""))
    assert only(unset).expires == only(without).expires


def test_an_alert_is_read_without_what_is_too_deep() -> None:
    """Elements inside each other would be read again for each one around them: 98,000 polygons took minutes."""
    began, deep = process_time(), alert(extra="<polygon>" * 98_000 + "</polygon>" * 98_000)
    assert [event.key for event in read(f"<feed>{deep}{alert('B')}</feed>").events] == [key("A"), key("B")]
    assert process_time() - began < 5


def test_alerts_beyond_the_limit_are_left_out() -> None:
    batch = read("<feed>" + "".join(alert(str(n)) for n in range(5)) + "</feed>", alerts=3)
    assert len(batch.events) == 3 and failures(batch) == [Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": 3})]


@pytest.mark.parametrize("options", [{"kind": "Cảnh báo"}, {"keep_hours": 0}, {"alerts": 0}, {"zone": "X/Y"}, {"a": 1}])
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("cap", tmp_path)
    assert [one.key for one in source.events] == [Options.model_validate(dict(source.options)).kind]
    assert source.counted_series()


# What stands in each file that others wrote: severity, stage, corners or km, replaced alerts.
SHARED = {
    "australia.cap": (Severity.NORMAL, EventStage.OPEN, [], 25.0, 0),
    "canada.cap": (Severity.NORMAL, EventStage.OPEN, [17, 38], 0.0, 2),
    "earthquake-iso8859-1.cap": (Severity.NORMAL, EventStage.OPEN, [], 0.0, 0),
    "mexico.xml": (Severity.ATTENTION, EventStage.OPEN, [29], 0.0, 1),
    "no_info_tag.cap": (Severity.NORMAL, EventStage.CANCELLED, None, None, 1),
    "taiwan.cap": (Severity.ATTENTION, EventStage.OPEN, None, None, 0),
    "weather.atom": (Severity.ATTENTION, EventStage.OPEN, None, None, 0),
    "weather.cap": (Severity.NORMAL, EventStage.OPEN, None, None, 0),
}


@pytest.mark.parametrize("name", SHARED)
def test_recorded_alert_becomes_one_valid_event(name: str) -> None:
    event = only(shared(f"cap/{name}").read_bytes())
    area = event.area
    corners, radius = ([len(one) for one in area.rings], area.radius_km) if area else (None, None)
    assert (event.severity, event.stage, corners, radius, len(event.replaces)) == SHARED[name]
    assert event.title and validate_events([event], {"alert"}, NOW, id_key=b"key")[0]


def test_details_of_recorded_alerts() -> None:
    assert only(shared("cap/taiwan.cap").read_bytes()).title == "明德水庫:洩洪中"
    assert "Usulután" in only(shared("cap/earthquake-iso8859-1.cap").read_bytes()).title
    assert only(shared("cap/canada.cap").read_bytes(), language="fr").title == "veille d'orages violents"
    mexico = only(shared("cap/mexico.xml").read_bytes())
    assert not any("Vázquez" in text for text in (*mexico.facts.values(), mexico.text))


def test_recorded_files_without_an_alert() -> None:
    empty = read(shared("cap/empty_weather_index.atom").read_bytes())
    made = datetime(2010, 8, 31, 14, 24, tzinfo=UTC)
    assert empty == Batch(source_time=made, list_time=made)
    linked = read(shared("cap/us_nws_weather.atom").read_bytes())
    assert not linked.events and [one.location for one in linked.rejected_items] == ["entry[0]", "entry[1]"]
    with raises_failure(XmlCode.DTD_OR_ENTITIES):
        read(shared("cap/xee.cap").read_bytes())
    with raises_failure(CapCode.NOT_CAP):
        read(shared("cap/CAP-v1.2.xsd").read_bytes())


WORDS = st.sampled_from(["alert", "info", "area", "polygon", "circle", "entry", "link", "sent", "status", "references"])
TREE = st.recursive(
    st.text(max_size=12).map(escape) | st.sampled_from([SENT, "Actual", "10,105 10,106 11,106", "10,105 5", "s,A,x"]),
    lambda inner: st.tuples(WORDS, st.lists(inner, max_size=4)).map(
        lambda one: f"<{one[0]}>{''.join(one[1])}</{one[0]}>"
    ),
    max_leaves=30,
)


@given(st.binary() | TREE.map(str.encode) | TREE.map(lambda inner: alert(extra=inner).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)
        assert all(one.observed.tzinfo and one.title and len(one.key) <= 200 for one in batch.events)


NAME = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(st.dictionaries(NAME, st.tuples(NAME, st.integers(0, 10**6)), min_size=1, max_size=8))
def test_valid_alerts_give_exactly_their_events(alerts: dict[str, tuple[str, int]]) -> None:
    import unicodedata

    def text(one: str) -> str:
        return unicodedata.normalize("NFC", one)

    start = datetime(2020, 1, 1, tzinfo=UTC)
    bodies = [
        alert(name, info=f"<info><headline>{title}</headline></info>", sent=(start + timedelta(seconds=s)).isoformat())
        for name, (title, s) in alerts.items()
    ]
    batch = read(f"<feed>{''.join(bodies)}</feed>")
    assert not batch.rejected_items
    assert {(one.title, one.observed) for one in batch.events} == {
        (text(title), start + timedelta(seconds=s)) for title, s in alerts.values()
    }


def test_every_category_of_an_alert_is_a_fact() -> None:
    several = "<category>Fire</category><category>Met</category><category>Fire</category>"
    event = only(alert(info=INFO.format("").replace("<category>Met</category>", several)))
    assert event.facts["category"] == "Fire; Met"

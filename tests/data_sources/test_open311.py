"""Open311 GeoReport v2: JSON and XML, the stages of a report, personal data, invalid answers, paging by time."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping.errors import GeometryCode, MappingCode, XmlCode
from data_sources.open311 import Options, fetch, parse
from data_sources.open311.errors import Open311Code
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.value_types import TypeCode
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared

SERVICES = ResponsePage(
    b'[{"service_code": "RAC", "service_name": "R\xc3\xa1c th\xe1\xba\xa3i", "group": "M\xc3\xb4i tr"}]'
)


def parsed(*bodies: Any, charset: str = "", **options: Any) -> Batch:
    pages = [
        ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode(), "", charset) for body in bodies
    ]
    return parse(row(options=options), Payload(tuple(pages)), NOW)


def report(key: Any = "1", **more: Any) -> dict[str, Any]:
    fields = {"status": "open", "service_name": "Rác", "requested_datetime": "2026-11-24T08:00:00Z"}
    return {"service_request_id": key, **fields, **more}


def as_xml(*items: dict[str, Any]) -> bytes:
    """The items in the XML form of the specification."""
    inner = "".join(
        "<request>" + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in item.items()) + "</request>"
        for item in items
    )
    return f'<?xml version="1.0" encoding="utf-8"?><service_requests>{inner}</service_requests>'.encode()


def test_item_that_has_an_element_twice_is_rejected_unless_equal() -> None:
    body = as_xml(report("1"), report("2"), report("3")).decode()
    first, second, third, end = body.split("</request>")
    second, third = f"{second}<status>closed</status>", f"{third}<status>open</status>"
    batch = parsed("</request>".join([first, second, third, end]).encode())
    assert [event.key for event in batch.events] == ["1", "3"]
    assert [item.failure for item in batch.rejected_items] == [
        Failure(Open311Code.ELEMENT_TWICE, {"element": "status"})
    ]


def test_report_becomes_an_event_with_its_stage_and_personal_data() -> None:
    zone = {"zone": "Asia/Ho_Chi_Minh"}  # of times without one, which stand beside others
    batch = parse(row(options=zone), Payload((SERVICES, fixture("open311.json"))), NOW)
    first, second, third = batch.events
    assert first == Event(
        "report", "1001", datetime(2026, 11, 24, 8, tzinfo=UTC), "Hố ga mất nắp", source_status="open",
        text="Đã chuyển Sở Xây dựng", started=datetime(2026, 11, 24, tzinfo=UTC),
        due=datetime(2026, 11, 27, tzinfo=UTC), area=Area(105.78, 10.03), replaces=("token-t-1",),
        facts={
            "agency": "Sở Xây dựng", "service": "HG", "service-name": "Hố ga mất nắp", "notice": "Xử lý trong 3 ngày",
        },
        personal={
            "description": "Trước nhà tôi, gọi 0912 345 678", "address": "12 hẻm 5, đường Mẫu", "name": "A Mẫu",
            "phone": "0912345678", "email": "a@example.org", "media": "http://img.example.org/1.jpg",
        },
    )  # fmt: skip
    assert (second.title, second.stage, second.area) == (
        "Rác thải",
        EventStage.CLOSED,
        Area(0.0, 0.0),
    )  # the area is rejected later
    assert (second.closed, second.is_late(NOW)) == (datetime(2026, 11, 22, 1, tzinfo=UTC), True)
    assert second.facts == {"service": "RAC", "service-name": "Rác thải", "group": "Môi tr"}
    assert (third.key, third.title, third.replaces) == ("token-t-9", "Rác thải", ())
    assert [(item.location, item.failure) for item in batch.rejected_items] == [
        ("[6]", Failure(Open311Code.NOT_AN_OBJECT, {"kind": Failure(TypeCode.NUMBER)})),
        ("items[2]", Failure(ParseCode.NOT_A_TIME, {"text": "hôm qua"})),
        ("items[3]", Failure(MappingCode.WORD_UNKNOWN, {"table": "words", "word": "đang xác minh"})),
        ("items[4]", Failure(GeometryCode.FIELDS_SWAPPED, {"lon": 10.03, "lat": 105.78})),
    ]


def test_report_whose_time_has_no_zone_beside_others_with_one_is_rejected_unless_the_row_sets_it() -> None:
    reports = [report(), report("2", requested_datetime="2026-11-24T08:00:00")]
    batch = parsed(reports)
    assert [event.key for event in batch.events] == ["1"]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("items[1]", ParseCode.ZONE_MISSING)
    ]
    assert len(parsed(reports, zone="Asia/Ho_Chi_Minh").events) == len(parsed(reports[1:]).events) + 1 == 2


def test_personal_data_is_in_no_shown_field_and_no_sample() -> None:
    personal = {
        "description": "tôi là Mẫu", "address": "12 hẻm 5", "first_name": "Mẫu", "phone": "0912345678",
        "email": "mau@example.org", "media_url": "http://img.example.org/mau.jpg",
    }  # fmt: skip
    batch = parsed([report(**personal), report("2", status="?", **personal), {"description": personal["description"]}])
    shown = repr(
        [(event.title, event.text, event.source_status, event.link, dict(event.facts)) for event in batch.events]
    )
    for word in personal.values():
        assert word not in shown + repr(batch.rejected_items)


def test_states_besides_open_and_closed_come_from_the_row() -> None:
    words = {"đã xử lý": "closed", "khẩn": "critical"}
    reports = [report("1", status="Đã xử lý"), report("2", status="khẩn"), report("3", status="Open")]
    batch = parsed(reports, words=words)
    assert [(event.stage, event.severity.value) for event in batch.events] == [
        (EventStage.CLOSED, "normal"), (EventStage.OPEN, "critical"), (EventStage.OPEN, "normal"),
    ]  # fmt: skip


def test_closed_time_is_that_of_the_server() -> None:
    fields = {"status": "closed", "updated_datetime": "2026-11-24T09:00:00Z", "closed_datetime": "2026-11-24T08:30:00Z"}
    assert parsed([report(**fields)]).events[0].closed == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert parsed([report(**{**fields, "status": "open"})]).events[0].closed is None


def test_time_without_a_zone_is_in_the_zone_of_the_row() -> None:
    item = report(requested_datetime="2026-11-24T08:00:00")
    assert parsed([item]).events[0].started == datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert parsed([item], zone="UTC").events[0].started == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("time", [None, ""])
def test_report_without_any_time_is_rejected_and_never_of_the_moment_of_the_poll(time: str | None) -> None:
    batch = parsed([report("1", requested_datetime=time, updated_datetime=time), report("2")])
    assert [event.key for event in batch.events] == ["2"]
    assert [item.failure for item in batch.rejected_items] == [Failure(MappingCode.EVENT_TIME_MISSING)]
    assert batch.source_time == batch.events[0].observed


def test_token_without_a_report_is_rejected() -> None:
    batch = parsed([{"token": "t-1"}, {"service_request_id": 5, "token": "t-2"}])
    assert batch.events == ()
    assert [(item.failure.code, item.failure.params["field"]) for item in batch.rejected_items] == [
        (MappingCode.FIELD_MISSING, "title")
    ] * 2


def test_json_and_xml_give_the_same_events() -> None:
    items = [report("1", lat=10.03, long=105.78, description="a < b & <b>c</b>"), report("2", status="closed")]
    assert parsed(as_xml(*items)) == parsed(items)
    assert parsed(as_xml(*items)).events[0].personal == {"description": "a < b & <b>c</b>"}


def test_empty_list_is_an_answer() -> None:
    assert parsed([]) == parsed(b"<service_requests/>") == parsed(SERVICES.body, []) == Batch()


def test_list_of_services_alone_is_no_answer() -> None:
    assert failure_of(SERVICES.body) == Failure(Open311Code.SERVICES_WITHOUT_REPORTS)
    page = replace(SERVICES, address="http://a.example/v2/services.json")
    assert parse(row(), Payload((page,)), NOW) == Batch()  # the reports have not changed


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b'[{"code": 403, "description": "no such key"}]', IngestCode.SERVICE_MESSAGE),
        (b'{"code": "1", "description": "x"}', IngestCode.SERVICE_MESSAGE),
        (
            b"<errors><error><code>404</code><description>gone</description></error></errors>",
            IngestCode.SERVICE_MESSAGE,
        ),
        (b"<!doctype html><html><body>login", DecodingCode.HTML),
        (b"\xef\xbb\xbf <html>", DecodingCode.HTML),
        (b"<service_requests><request>", XmlCode.NOT_WELL_FORMED),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><service_requests>&a;</service_requests>', XmlCode.DTD_OR_ENTITIES),
        (b'<!DOCTYPE x SYSTEM "file:///etc/hosts"><service_requests/>', XmlCode.DTD_OR_ENTITIES),
        (b"<feed/>", Open311Code.NOT_GEOREPORT),
        (b'{"reports": []}', Open311Code.NOT_GEOREPORT),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'[{"service_request_id": "1"', DecodingCode.NOT_JSON),
        (b"[7, null]", Open311Code.NOT_AN_OBJECT),
        (json.dumps([{}] * 20_001).encode(), IngestCode.TOO_MANY_ITEMS),
    ],
)
def test_unreadable_answer_fails_with_its_code(body: bytes, code: str) -> None:
    assert failure_of(body).code == code


def failure_of(body: bytes) -> Failure:
    with pytest.raises(SourceError) as caught:
        parsed(body)
    return caught.value.failure


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'[{"code": 403, "description": "no such key"}]', "403 no such key"),
        (b"<errors><error><code>404</code><description>gone</description></error></errors>", "404 gone"),
    ],
)
def test_message_of_the_service_is_quoted(body: bytes, message: str) -> None:
    assert failure_of(body) == Failure(IngestCode.SERVICE_MESSAGE, external=message)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
def test_other_charsets_are_read(charset: str) -> None:
    text = json.dumps([report(service_name="đươ\u0300ng ngâ\u0323p")], ensure_ascii=False)
    assert parsed(text.encode(charset), charset=charset).events[0].title == "đường ngập"


def test_charset_declared_in_the_xml_is_used() -> None:
    text = as_xml(report(service_name="đươ\u0300ng")).decode().replace('"utf-8"', '"windows-1258"')
    assert parsed(text.encode("cp1258")).events[0].title == "đường"


def test_time_a_day_ahead_is_rejected() -> None:
    ahead = (NOW + timedelta(days=1)).isoformat()
    events = parsed([report("1", updated_datetime=ahead), report("2")]).events
    valid, rejected = validate_events(events, {"report"}, NOW, id_key=b"key")
    assert [event.key for event in valid] == ["2"]
    assert rejected[0].failure.code == ValidationCode.TIME_AHEAD


class ReportServer:
    """A server that gives at most `most` reports of the requested span, the newest first."""

    def __init__(self, count: int, most: int) -> None:
        self.most, self.requests = most, list[dict[str, str]]()
        self.times = [NOW - timedelta(minutes=7 * n + 1) for n in range(count)]

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append({"path": request.path, **request.query})
        if request.path.endswith("/services.json"):
            return web.Response(body=SERVICES.body, content_type="application/json", headers={"ETag": "s"})
        start, end = (datetime.fromisoformat(request.query[name]) for name in ("start_date", "end_date"))
        matching = [n for n, time in enumerate(self.times) if start <= time <= end]
        skipped = (int(request.query.get("page", 1)) - 1) * self.most
        items = [
            report(n, requested_datetime=self.times[n].isoformat()) for n in matching[skipped : skipped + self.most]
        ]
        return web.json_response(items, headers={"ETag": str(len(self.requests))})


async def polled(server: ReportServer, clock: Clock = lambda: NOW, **options: Any) -> Batch:
    async with serving(server.answer) as base, client_factory(clock=clock) as factory:
        source = row(f"{base}/v2", options)
        return parse(source, await fetch(source, factory.context_for(source)), NOW)


async def test_span_is_halved_until_each_answer_is_complete() -> None:
    server = ReportServer(count=300, most=50)
    batch = await polled(server, most=50)
    assert {event.key for event in batch.events} == {str(n) for n in range(300)}
    assert batch.rejected_items == ()
    assert 6 < len(server.requests) < 60


@pytest.mark.parametrize("paging", ["per_page", "page_size"])
async def test_pages_are_requested_when_the_server_has_paging(paging: str) -> None:
    server = ReportServer(count=120, most=50)
    batch = await polled(server, most=50, paging=paging, params={"status": "open,closed"})
    assert len(batch.events) == 120
    assert [request.get("page") for request in server.requests] == [None, "1", "2", "3"]
    assert all(request[paging] == "50" and request["status"] == "open,closed" for request in server.requests[1:])


@pytest.mark.parametrize("paging", ["", "page_size"])
async def test_spans_beyond_the_limit_are_reported(paging: str) -> None:
    batch = await polled(ReportServer(count=300, most=20), most=20, asks=4, paging=paging)
    assert batch.events
    assert {item.failure for item in batch.rejected_items} == {Failure(IngestCode.SPAN_LEFT_OUT)}


async def test_poll_overlaps_the_last_one_and_a_sweep_requests_all_days() -> None:
    server, now = ReportServer(count=10, most=100), NOW
    async with serving(server.answer) as base, client_factory(clock=lambda: now) as factory:
        source = row(base, {"overlap": 30, "sweep": 60, "params": {"jurisdiction_id": "ct"}})
        for minutes in (0, 10, 60):
            now = NOW + timedelta(minutes=minutes)
            payload = await fetch(source, factory.context_for(source))
            assert parse(source, payload, now).events
            assert payload.is_partial is (minutes == 10)
        memory = factory.context_for(source).memory
    starts = [request["start_date"] for request in server.requests if "start_date" in request]
    assert starts == ["2026-10-25T09:18:07Z", "2026-11-24T08:48:07Z", "2026-10-25T10:18:07Z"]
    assert [request["path"] for request in server.requests].count("/services.json") == 2
    assert all(request["jurisdiction_id"] == "ct" for request in server.requests)
    assert len(memory) == 3, "validators of each span would be kept for ever"


@pytest.mark.parametrize("options", [{"days": 91}, {"form": "csv"}, {"words": {"a": "done"}}, {"paging": "offset"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@pytest.mark.parametrize(
    ("name", "events", "rejected"),
    [("status_service_requests.json", 2, 0), ("status_requests_many.xml", 2, 0)],
)
def test_recorded_file_is_read(name: str, events: int, rejected: int) -> None:
    batch = parsed(shared(f"open311/open311{name}").read_bytes())
    assert (len(batch.events), len(batch.rejected_items)) == (events, rejected)
    assert all(event.area and event.personal["address"] and event.facts["agency"] for event in batch.events)


@pytest.mark.parametrize("name", ["status_service_list.json", "status_services_giessen.xml"])
def test_recorded_list_of_services_fails(name: str) -> None:
    failure = failure_of(shared(f"open311/open311{name}").read_bytes())
    assert failure == Failure(Open311Code.SERVICES_WITHOUT_REPORTS)


@pytest.mark.parametrize("name", ["adapter_services.json", "sanjose_data1.json"])
def test_recorded_file_of_another_kind_fails(name: str) -> None:
    assert failure_of(shared(f"open311/{name}").read_bytes()) == Failure(Open311Code.NOT_GEOREPORT)


def test_recorded_xml_has_the_expected_first_report() -> None:
    first = parsed(shared("open311/open311status_requests_many.xml").read_bytes()).events[0]
    assert (first.key, first.title, first.stage) == ("101005420892", "Road - Pot hole", EventStage.OPEN)
    assert first.due == datetime(2018, 8, 3, 4, 1, tzinfo=UTC)
    assert first.text == "In progress - The request has been scheduled."


ITEMS = st.dictionaries(
    st.sampled_from(["service_request_id", "token", "status", "code", "service_code", "requested_datetime", "lat"]),
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6) | st.lists(st.none(), max_size=1),
)


@given(
    st.binary()
    | st.lists(ITEMS | st.none()).map(lambda items: json.dumps(items).encode())
    | st.text(alphabet="<>/ab&; ").map(lambda text: f"<service_requests>{text}</service_requests>".encode())
)
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert 0 < len(str(error.failure)) < 300
    else:
        assert all(item.failure.code for item in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True), st.sampled_from(["open", "closed"])))
def test_valid_document_gives_exactly_its_events(statuses: dict[str, str]) -> None:
    items = [report(key, status=status) for key, status in statuses.items()]
    for batch in (parsed(items), parsed(as_xml(*items))):
        assert {event.key: event.source_status for event in batch.events} == statuses
        assert batch.rejected_items == ()


def test_documented_row_is_read(tmp_path: Path) -> None:
    source = documented("open311", tmp_path)
    batch = parse(source, Payload((SERVICES, fixture("open311.json"))), NOW)
    valid, rejected = validate_events(batch.events, {kind.key for kind in source.events}, NOW, id_key=b"key")
    assert [event.key for event in valid] == ["1001", "1002", "1004", "token-t-9"]
    assert rejected == ()


def test_rejected_report_is_named_by_its_number() -> None:
    (item,) = parsed([report("101005420892", status="lost")]).rejected_items
    assert item.sample == "101005420892"

"""Open311 GeoReport v2: both forms, the life of a report, what is personal, faults, the paging by time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.open311 import Options, fetch, parse
from ioc.domain.base.times import Clock
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, door, fixture, row, serving, shared

SERVICES = ResponsePage(
    b'[{"service_code": "RAC", "service_name": "R\xc3\xa1c th\xe1\xba\xa3i", "group": "M\xc3\xb4i tr"}]'
)


def parsed(*bodies: Any, charset: str = "", **options: Any) -> Batch:
    pages = [ResponsePage(one if isinstance(one, bytes) else json.dumps(one).encode(), "", charset) for one in bodies]
    return parse(row(options=options), Payload(tuple(pages)), NOW)


def report(key: Any = "1", **more: Any) -> dict[str, Any]:
    told = {"status": "open", "service_name": "Rác", "requested_datetime": "2026-11-24T08:00:00Z"}
    return {"service_request_id": key, **told, **more}


def written(*items: dict[str, Any]) -> bytes:
    """The items as the specification writes them in XML."""
    inner = "".join(
        "<request>" + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in one.items()) + "</request>"
        for one in items
    )
    return f'<?xml version="1.0" encoding="utf-8"?><service_requests>{inner}</service_requests>'.encode()


def test_the_life_of_a_report_and_what_is_personal() -> None:
    batch = parse(row(), Payload((SERVICES, fixture("open311.json"))), NOW)
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
    assert (second.title, second.stage, second.area) == ("Rác thải", EventStage.CLOSED, None)
    assert (second.closed, second.is_late(NOW)) == (datetime(2026, 11, 22, 1, tzinfo=UTC), True)
    assert second.facts == {"service": "RAC", "service-name": "Rác thải", "group": "Môi tr"}
    assert (third.key, third.title, third.replaces) == ("token-t-9", "Rác thải", ())
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("[6]", "this is no report but a int"),
        ("items[2]", "'hôm qua' is not a time"),
        ("items[3]", "the word 'đang xác minh' is not in the row's table"),
        ("items[4]", "longitude and latitude are swapped: 10.03, 105.78"),
    ]


def test_nothing_personal_is_shown_or_kept_as_a_sample() -> None:
    secret = {
        "description": "tôi là Mẫu", "address": "12 hẻm 5", "first_name": "Mẫu", "phone": "0912345678",
        "email": "mau@example.org", "media_url": "http://img.example.org/mau.jpg",
    }  # fmt: skip
    batch = parsed([report(**secret), report("2", status="?", **secret), {"description": secret["description"]}])
    shown = repr([(one.title, one.text, one.source_status, one.link, dict(one.facts)) for one in batch.events])
    for word in secret.values():
        assert word not in shown + repr(batch.rejected_items)


def test_states_of_its_own_are_told_by_the_row() -> None:
    words = {"đã xử lý": "closed", "khẩn": "critical"}
    found = parsed(
        [report("1", status="Đã xử lý"), report("2", status="khẩn"), report("3", status="Open")], words=words
    )
    assert [(one.stage, one.severity.value) for one in found.events] == [
        (EventStage.CLOSED, "normal"), (EventStage.OPEN, "critical"), (EventStage.OPEN, "normal"),
    ]  # fmt: skip


def test_a_closed_report_has_the_time_that_the_server_gives_for_it() -> None:
    told = {"status": "closed", "updated_datetime": "2026-11-24T09:00:00Z", "closed_datetime": "2026-11-24T08:30:00Z"}
    assert parsed([report(**told)]).events[0].closed == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert parsed([report(**{**told, "status": "open"})]).events[0].closed is None


def test_times_without_a_zone_are_the_rows() -> None:
    told = report(requested_datetime="2026-11-24T08:00:00")
    assert parsed([told]).events[0].started == datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert parsed([told], zone="UTC").events[0].started == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_token_alone_is_no_report_yet() -> None:
    batch = parsed([{"token": "t-1"}, {"service_request_id": 5, "token": "t-2"}])
    assert batch.events == ()
    assert [one.failure for one in batch.rejected_items] == ["title is missing"] * 2


def test_both_forms_tell_the_same() -> None:
    items = [report("1", lat=10.03, long=105.78, description="a < b & <b>c</b>"), report("2", status="closed")]
    assert parsed(written(*items)) == parsed(items)
    assert parsed(written(*items)).events[0].personal == {"description": "a < b & <b>c</b>"}


def test_an_empty_list_is_an_answer() -> None:
    assert parsed([]) == parsed(b"<service_requests/>") == parsed(SERVICES.body) == Batch()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b'[{"code": 403, "description": "no such key"}]', "the service says: 403 no such key"),
        (b'{"code": "1", "description": "x"}', "the service says: 1 x"),
        (b"<errors><error><code>404</code><description>gone</description></error></errors>", "404 gone"),
        (b"<!doctype html><html><body>login", "HTML"),
        (b"\xef\xbb\xbf <html>", "HTML"),
        (b"<service_requests><request>", "not whole XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><service_requests>&a;</service_requests>', "DTD or entities"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/hosts"><service_requests/>', "DTD or entities"),
        (b"<feed/>", "no GeoReport list"),
        (b'{"reports": []}', "no GeoReport list"),
        (b"[" * 10_000, "too deep"),
        (b'[{"service_request_id": "1"', "not JSON"),
        (b"[7, null]", "no report but a int"),
        (json.dumps([{}] * 20_001).encode(), "more than 20000 items"),
    ],
)
def test_answers_of_which_nothing_can_be_made(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parsed(body)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
def test_any_charset_is_read(charset: str) -> None:
    text = json.dumps([report(service_name="đươ\u0300ng ngâ\u0323p")], ensure_ascii=False)
    assert parsed(text.encode(charset), charset=charset).events[0].title == "đường ngập"


def test_windows_1258_that_only_the_xml_itself_names() -> None:
    told = written(report(service_name="đươ\u0300ng")).decode().replace('"utf-8"', '"windows-1258"')
    assert parsed(told.encode("cp1258")).events[0].title == "đường"


def test_a_clock_a_day_ahead_is_not_admitted() -> None:
    ahead = (NOW + timedelta(days=1)).isoformat()
    good, refused = admit_events(parsed([report("1", updated_datetime=ahead), report("2")]).events, {"report"}, NOW)
    assert [one.key for one in good] == ["2"]
    assert "lies ahead" in refused[0].failure


class City:
    """A server that gives at most `most` reports of the stretch asked for, the newest first."""

    def __init__(self, count: int, most: int) -> None:
        self.most, self.asked = most, list[dict[str, str]]()
        self.times = [NOW - timedelta(minutes=7 * n + 1) for n in range(count)]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append({"path": request.path, **request.query})
        if request.path.endswith("/services.json"):
            return web.Response(body=SERVICES.body, content_type="application/json", headers={"ETag": "s"})
        start, end = (datetime.fromisoformat(request.query[name]) for name in ("start_date", "end_date"))
        found = [n for n, one in enumerate(self.times) if start <= one <= end]
        skipped = (int(request.query.get("page", 1)) - 1) * self.most
        items = [report(n, requested_datetime=self.times[n].isoformat()) for n in found[skipped : skipped + self.most]]
        return web.json_response(items, headers={"ETag": str(len(self.asked))})


async def polled(city: City, clock: Clock = lambda: NOW, **options: Any) -> Batch:
    async with serving(city.answer) as base, door(clock=clock) as way:
        source = row(f"{base}/v2", options)
        return parse(source, await fetch(source, way.context_for(source)), NOW)


async def test_a_month_is_asked_in_halves_until_each_is_whole() -> None:
    city = City(count=300, most=50)
    batch = await polled(city, most=50)
    assert {one.key for one in batch.events} == {str(n) for n in range(300)}
    assert batch.rejected_items == ()
    assert 6 < len(city.asked) < 60


@pytest.mark.parametrize("paging", ["per_page", "page_size"])
async def test_pages_are_asked_where_the_server_knows_them(paging: str) -> None:
    city = City(count=120, most=50)
    batch = await polled(city, most=50, paging=paging, params={"status": "open,closed"})
    assert len(batch.events) == 120
    assert [one.get("page") for one in city.asked] == [None, "1", "2", "3"]
    assert all(one[paging] == "50" and one["status"] == "open,closed" for one in city.asked[1:])


@pytest.mark.parametrize("paging", ["", "page_size"])
async def test_what_the_bound_left_out_is_said(paging: str) -> None:
    batch = await polled(City(count=300, most=20), most=20, asks=4, paging=paging)
    assert batch.events
    assert all("left out" in one.failure for one in batch.rejected_items)
    assert batch.rejected_items


async def test_the_next_poll_overlaps_the_last_and_a_sweep_asks_all_again() -> None:
    city, now = City(count=10, most=100), NOW
    async with serving(city.answer) as base, door(clock=lambda: now) as way:
        source = row(base, {"overlap": 30, "sweep": 60, "params": {"jurisdiction_id": "ct"}})
        for minutes in (0, 10, 60):
            now = NOW + timedelta(minutes=minutes)
            payload = await fetch(source, way.context_for(source))
            assert parse(source, payload, now).events
            assert payload.is_partial is (minutes == 10)
        memory = way.context_for(source).memory
    starts = [one["start_date"] for one in city.asked if "start_date" in one]
    assert starts == ["2026-10-25T09:18:07Z", "2026-11-24T08:48:07Z", "2026-10-25T10:18:07Z"]
    assert [one["path"] for one in city.asked].count("/services.json") == 2
    assert all(one["jurisdiction_id"] == "ct" for one in city.asked)
    assert len(memory) == 3, "each stretch of time would leave a mark for ever"


@pytest.mark.parametrize("options", [{"days": 91}, {"form": "csv"}, {"words": {"a": "done"}}, {"paging": "offset"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@pytest.mark.parametrize(
    ("name", "events", "refused"),
    [("status_service_requests.json", 2, 0), ("status_requests_many.xml", 2, 0), ("status_service_list.json", 0, 0),
     ("status_services_giessen.xml", 0, 0)],
)  # fmt: skip
def test_the_shared_files(name: str, events: int, refused: int) -> None:
    batch = parsed(shared(f"open311/open311{name}").read_bytes())
    assert (len(batch.events), len(batch.rejected_items)) == (events, refused)
    assert all(one.area and one.personal["address"] and one.facts["agency"] for one in batch.events)


@pytest.mark.parametrize("name", ["adapter_services.json", "sanjose_data1.json"])
def test_shared_files_that_are_no_georeport(name: str) -> None:
    with pytest.raises(SourceError, match="no GeoReport list"):
        parsed(shared(f"open311/{name}").read_bytes())


def test_the_shared_xml_says_what_it_means() -> None:
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
    | st.lists(ITEMS | st.none()).map(lambda one: json.dumps(one).encode())
    | st.text(alphabet="<>/ab&; ").map(lambda one: f"<service_requests>{one}</service_requests>".encode())
)
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert 0 < len(error.failure) < 300
    else:
        assert all(one.failure for one in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True), st.sampled_from(["open", "closed"])))
def test_good_documents_give_exactly_their_events(given: dict[str, str]) -> None:
    items = [report(key, status=status) for key, status in given.items()]
    for batch in (parsed(items), parsed(written(*items))):
        assert {one.key: one.source_status for one in batch.events} == given
        assert batch.rejected_items == ()


def test_the_row_of_the_page_is_read_as_it_stands(tmp_path: Path) -> None:
    source = documented("open311", tmp_path)
    batch = parse(source, Payload((SERVICES, fixture("open311.json"))), NOW)
    good, refused = admit_events(batch.events, {one.key for one in source.events}, NOW)
    assert [one.key for one in good] == ["1001", "1002", "1004", "token-t-9"]
    assert refused == ()

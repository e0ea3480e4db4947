"""An event that one answer holds twice, for the protocols of events."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from data_sources import protocols
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.validation import EventCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.source import EventKind
from ioc.poller.admission import admit_batch
from tests.data_sources.server import NOW, client_factory, row
from tests.data_sources.transit import feed, vehicle

AT, LATER = "2026-11-24T08:00:00Z", "2026-11-24T08:30:00Z"
MAPPING = {
    "kind": "work", "key": "{id}", "title": "{title}", "time": "at", "word": "word",
    "words": {"open": "open", "closed": "closed"}, "complete": True,
}  # fmt: skip
Item = dict[str, str]
Write = Callable[[list[Item]], bytes]


def as_json(items: list[Item]) -> bytes:
    return json.dumps(items).encode()


def as_features(items: list[Item]) -> bytes:
    features = [{"type": "Feature", "properties": item, "geometry": None} for item in items]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def as_reports(items: list[Item]) -> bytes:
    names = {"id": "service_request_id", "title": "service_name", "word": "status", "at": "updated_datetime"}
    return json.dumps([{names[name]: value for name, value in item.items()} for item in items]).encode()


def as_news(items: list[Item]) -> bytes:
    entries = (
        f"<entry><id>{item['id']}</id><title>{item['title']}</title><published>{item['at']}</published></entry>"
        for item in items
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'.encode()


def as_alerts(items: list[Item]) -> bytes:
    """The key of an alert holds the time at which it was sent: another time is another alert."""
    alerts = (
        f"""<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{item["id"]}</identifier><sender>s</sender>
        <sent>2026-11-24T08:00:00-00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
        <info><category>Met</category><event>{item["title"]}</event><urgency>Immediate</urgency>
        <severity>Severe</severity><certainty>Observed</certainty><headline>{item["title"]}</headline></info></alert>"""
        for item in items
    )
    return f"<feed>{''.join(alerts)}</feed>".encode()


def as_vehicles(items: list[Item]) -> bytes:
    seconds = {AT: 1_764_000_000, LATER: 1_764_001_800}
    longitude = {"A": 105.78, "B": 105.79, "nowhere": 500.0}
    entities = (
        vehicle(
            item["id"],
            timestamp=seconds[item["at"]],
            position={"latitude": 10.03, "longitude": longitude[item["title"]]},
        )
        for item in items
    )
    return feed(*entities, at=1_764_002_000)


CASES: dict[str, tuple[Write, dict[str, Any], str]] = {
    "http_json": (as_json, {"events": MAPPING}, "work"),
    "webhook": (as_json, {"push_token": "${TOKEN}", "events": MAPPING}, "work"),
    "mqtt": (as_json, {"topics": ["a"], "events": {**MAPPING, "complete": False}}, "work"),
    "geojson": (
        as_features,
        {
            "events": {
                **MAPPING, "key": "{properties.id}", "title": "{properties.title}", "time": "properties.at",
                "word": "properties.word",
            }
        },
        "work",
    ),
    "open311": (as_reports, {}, "report"),
    "rss": (as_news, {}, "press"),
    "cap": (as_alerts, {"complete": True}, "alert"),
    "gtfs_rt": (as_vehicles, {}, "vehicle"),
}  # fmt: skip


async def admitted(protocol: str, *items: Item, is_read: bool = True) -> Any:
    return await admitted_pages(protocol, list(items), is_read=is_read)


async def admitted_pages(protocol: str, *pages: list[Item], is_read: bool = True) -> Any:
    """The batch of an answer of these pages. `is_read`: that all of them can be read is checked."""
    write, options, kind = CASES[protocol]
    source = replace(row(options=options), protocol=protocol, events=(EventKind(kind, LocalizedText(kind)),))
    raw = protocols()[protocol].parse(source, Payload(tuple(ResponsePage(write(items)) for items in pages)), NOW)
    assert bool(raw.rejected_items) is not is_read
    async with client_factory() as factory:
        return admit_batch(raw, source, factory.context_for(source), NOW, id_key=b"key")


def item(title: str, at: str = AT, word: str = "open", key: str = "1") -> Item:
    return {"id": key, "title": title, "at": at, "word": word}


@pytest.mark.parametrize("protocol", CASES)
async def test_equal_states_are_one_event_and_counted_as_repeated(protocol: str) -> None:
    batch = await admitted(protocol, item("A"), item("A"), item("B", key="2"))
    assert (len(batch.events), batch.rejected_items, batch.duplicate_count) == (2, (), 1)


def unread(protocol: str, at: str = AT, key: str = "1") -> Item:
    """A state of an event that cannot be read: of an unknown word, or without a position in a feed of vehicles."""
    return item("nowhere" if protocol == "gtfs_rt" else "B", at, "lost", key)


WITH_STATES = [protocol for protocol in CASES if protocol not in ("cap", "rss")]  # alerts and news have no such word


@pytest.mark.parametrize("protocol", WITH_STATES)
@pytest.mark.parametrize("is_first", [True, False])
async def test_state_beside_one_of_the_same_moment_that_cannot_be_read_is_rejected(
    protocol: str, is_first: bool
) -> None:
    states = [unread(protocol), item("A")]
    batch = await admitted(protocol, *(states if is_first else reversed(states)), item("A", key="2"), is_read=False)
    assert [event.key for event in batch.events] == ["2"] and not batch.complete_kinds
    other, beside = sorted((one.failure for one in batch.rejected_items), key=lambda one: "time" in one.params)
    assert beside.code == EventCode.OTHER_STATE_REJECTED and beside.params["cause"] == other
    assert batch.duplicate_count == 0


@pytest.mark.parametrize("protocol", WITH_STATES)
async def test_state_of_a_later_or_earlier_time_than_one_that_cannot_be_read_counts(protocol: str) -> None:
    later = await admitted(protocol, unread(protocol), item("A"), item("A", LATER), is_read=False)
    assert len(later.events) == len(later.rejected_items) == 1
    earlier = await admitted(protocol, unread(protocol, LATER), item("A"), is_read=False)
    assert len(earlier.events) == len(earlier.rejected_items) == 1
    other = await admitted(protocol, unread(protocol, key="2"), item("A"), is_read=False)
    assert len(other.events) == len(other.rejected_items) == 1


@pytest.mark.parametrize("protocol", ["mqtt", "webhook"])
@pytest.mark.parametrize("is_first", [True, False])
async def test_state_that_cannot_be_read_in_one_message_concerns_no_other_message(
    protocol: str, is_first: bool
) -> None:
    messages = [[unread(protocol)], [item("A")]]
    batch = await admitted_pages(protocol, *(messages if is_first else reversed(messages)), is_read=False)
    assert len(batch.events) == len(batch.rejected_items) == 1
    beside = await admitted_pages(protocol, [unread(protocol), item("A")], [item("A", key="2")], is_read=False)
    assert [event.key for event in beside.events] == ["2"] and len(beside.rejected_items) == 2


async def test_state_beside_one_whose_time_or_severity_cannot_be_used_is_rejected() -> None:
    options = {**MAPPING, "severity": "level", "severities": {"high": "critical"}, "started": "from"}
    good = {**item("A"), "level": "high"}
    source = replace(
        row(options={"events": options}), protocol="http_json", events=(EventKind("work", LocalizedText("work")),)
    )
    for fields in ({"level": "?"}, {"from": "soon"}, {"from": "1776-07-04T00:00:00Z"}, {"title": ""}):
        body = as_json([good, {**good, **fields}])
        raw = protocols()["http_json"].parse(source, Payload((ResponsePage(body),)), NOW)
        async with client_factory() as factory:
            batch = admit_batch(raw, source, factory.context_for(source), NOW, id_key=b"key")
        assert not batch.events and len(batch.rejected_items) == 2


@pytest.mark.parametrize("protocol", [protocol for protocol in CASES if protocol != "cap"])
async def test_different_states_of_one_moment_are_rejected_and_no_event_ends(protocol: str) -> None:
    batch = await admitted(protocol, item("A"), item("B"), item("A", key="2"))
    assert [one.failure.code for one in batch.rejected_items] == [EventCode.STATES_DIFFER] * 2
    assert (len(batch.events), batch.complete_kinds, batch.duplicate_count) == (1, frozenset(), 0)


def entry(title: str, published: str = "", updated: str = "") -> str:
    times = {"published": published, "updated": updated}
    elements = "".join(f"<{name}>{time}</{name}>" for name, time in times.items() if time)
    return f"<entry><id>1</id><title>{title}</title>{elements}</entry>"


async def admitted_entries(*entries: str) -> Any:
    source = replace(row(), protocol="rss", events=(EventKind("press", LocalizedText("press")),))
    body = f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'.encode()
    raw = protocols()["rss"].parse(source, Payload((ResponsePage(body),)), NOW)
    async with client_factory() as factory:
        return admit_batch(raw, source, factory.context_for(source), NOW, id_key=b"key")


@pytest.mark.parametrize(
    ("entries", "title"),
    [
        ([entry("A", AT, AT), entry("B", AT, LATER)], "B"),
        ([entry("B", AT, LATER), entry("A", AT, AT)], "B"),
        ([entry("A", AT), entry("B", AT, LATER)], "B"),
        ([entry("A", LATER), entry("B", AT)], "A"),
        ([entry("A", AT, LATER), entry("B", AT, LATER), entry("A", AT, AT)], None),
        ([entry("A", LATER), entry("B", AT, LATER)], None),  # one changed when the other was published
        ([entry("A"), entry("B")], None),
        ([entry("A"), entry("B", AT)], None),  # nothing says which of both is later
        ([entry("A", AT), entry("B", AT, "hôm qua")], None),
        ([entry("A", AT), entry("B", AT, "2026-12-24T08:00:00Z")], None),  # of a wrong clock
    ],
)
async def test_later_of_two_entries_with_one_guid_counts(entries: list[str], title: str | None) -> None:
    batch = await admitted_entries(*entries)
    assert [event.title for event in batch.events] == ([title] if title else [])
    assert {one.failure.code for one in batch.rejected_items} == (set() if title else {EventCode.STATES_DIFFER})
    assert len(batch.events) + len(batch.rejected_items) + batch.duplicate_count == len(entries)
    assert all(event.observed == event.started for event in batch.events)  # news is as old as its publication


@pytest.mark.parametrize("protocol", [protocol for protocol in CASES if protocol != "cap"])
@pytest.mark.parametrize("is_newest_first", [True, False])
async def test_newer_state_counts_and_the_older_one_is_counted_as_repeated(
    protocol: str, is_newest_first: bool
) -> None:
    states = [item("B", LATER), item("A")]
    batch = await admitted(protocol, *(states if is_newest_first else reversed(states)))
    assert (len(batch.events), batch.rejected_items, batch.duplicate_count) == (1, (), 1)

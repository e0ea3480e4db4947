"""A position (0, 0) is no position, in every protocol with positions: it is rejected, and the event stays."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from data_sources import protocols
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.validation import EventCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind
from ioc.poller.admission import admit_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, row
from tests.data_sources.transit import feed, vehicle

EVENTS = {"kind": "report", "key": "{id}", "title": "{id}", "lon": "x", "lat": "y", "complete": True}
REPORT = {
    "service_request_id": "1", "service_name": "a", "status": "open",
    "requested_datetime": "2026-11-24T09:00:00Z",
}  # fmt: skip


def feature(lon: float, lat: float) -> Any:
    return {"type": "Feature", "properties": {"id": "1"}, "geometry": {"type": "Point", "coordinates": [lon, lat]}}


def bus(lon: float, lat: float) -> bytes:
    return feed(vehicle(position={"longitude": lon, "latitude": lat}))


def alert(lon: float, lat: float) -> str:
    return (
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender>'
        "<sent>2026-11-24T09:00:00+00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
        "<info><category>Met</category><event>e</event><urgency>Immediate</urgency><severity>Severe</severity>"
        "<certainty>Observed</certainty><headline>h</headline><expires>2026-11-25T09:00:00+00:00</expires>"
        f"<area><areaDesc>a</areaDesc><circle>{lat},{lon} 0</circle></area></info></alert>"
    )


Answer = Callable[[float, float], Any]
ITEM: Answer = lambda lon, lat: [{"id": "1", "x": lon, "y": lat}]  # noqa: E731 — one of a table
CASES: dict[str, tuple[dict[str, Any], Answer]] = {
    "http_json": ({"events": EVENTS}, ITEM),
    "webhook": ({"events": EVENTS, "push_token": "${TOKEN}"}, ITEM),
    "mqtt": ({"events": EVENTS | {"complete": False}, "topics": ["x"]}, ITEM),
    "sql_view": ({"query": "SELECT 1", "events": EVENTS}, ITEM),
    "geojson": (
        {"events": {"kind": "report", "key": "{properties.id}", "title": "{properties.id}", "complete": True}},
        lambda lon, lat: {"type": "FeatureCollection", "features": [feature(lon, lat)]},
    ),
    "open311": ({}, lambda lon, lat: [REPORT | {"long": lon, "lat": lat}]),
    "gtfs_rt": ({}, bus),
    "cap": ({}, alert),
    "cameras": (
        {"events": {"items": "cameras", "key": "{id}", "title": "{id}", "lon": "x", "lat": "y"}},
        lambda lon, lat: {"cameras": ITEM(lon, lat)},
    ),
}
KINDS = ("report", "vehicle", "alert", "camera", "item")


def read(protocol: str, lon: float, lat: float) -> Batch:
    options, answer = CASES[protocol]
    kinds = tuple(EventKind(kind, LocalizedText(kind)) for kind in KINDS)
    source = replace(row(options=options, protocol=protocol, series_keys=()), events=kinds)
    body = answer(lon, lat)
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    message = MqttMessage(body, address="x", received_at=NOW)
    page = message if protocol == "mqtt" else ResponsePage(body, received_at=NOW)
    raw = protocols()[protocol].parse(source, Payload((page,)), NOW)
    return admit_batch(raw, source, client_factory().context_for(source), NOW, id_key=b"key")


@pytest.mark.parametrize("protocol", CASES)
def test_position_zero_is_rejected_and_the_event_stays(protocol: str) -> None:
    placed, unplaced = read(protocol, 105.78, 10.03), read(protocol, 0, 0)
    (event,), (kept,) = placed.events, unplaced.events
    assert event.area is not None and kept == replace(event, area=None)
    assert not placed.rejected_items and codes(unplaced) == [EventCode.POSITION_ZERO]
    assert unplaced.complete_kinds == placed.complete_kinds and not unplaced.duplicate_count

"""What the answers of a GeoReport server tell: services, reports, faults. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from data_sources._mapping import EventOptions, options_of, read_events
from data_sources.open311.decoding import items_of
from data_sources.open311.fetch import LEFT_OUT
from data_sources.open311.options import Options
from ioc.domain.events.event import Event, Stage
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.reading import Batch, Refused
from ioc.domain.ingest.source import Source

_IDS = ("service_request_id", "token")
_PERSONAL = {
    "description": "description", "address": "address", "name": "name", "phone": "phone", "email": "email",
    "media": "media_url",
}  # fmt: skip
_FACTS = {
    "agency": "agency_responsible", "service": "service_code", "service-name": "title", "group": "group",
    "notice": "service_notice",
}  # fmt: skip


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each report as an event. One that cannot be read is refused; the others go on. SourceError: only faults."""
    options = options_of(source, Options)
    refused: list[Refused] = []
    services: dict[str, Mapping[str, Any]] = {}
    reports: list[dict[str, Any]] = []
    for page in payload.pages:
        if page.kind == LEFT_OUT:
            refused.append(Refused(page.address, "too many reports for the row's bounds: this time was left out"))
            continue
        for n, item in enumerate(items_of(page)):
            if not isinstance(item, dict):
                refused.append(Refused(f"[{n}]", f"this is no report but a {type(item).__name__}"))
            elif any(_said(item, name) for name in _IDS) or _said(item, "requested_datetime"):
                reports.append(item)
            elif _said(item, "service_code") and "status" not in item:
                services[_said(item, "service_code")] = item
            else:
                refused.append(_fault(n, item))
    batch = read_events(_mapping(options), [_plain(one, services, options) for one in reports], now)
    if refused and not (batch.events or batch.refused or services):
        raise SourceError(refused[0].reason)
    return Batch((), (*refused, *batch.refused), tuple(_born(batch.events, reports)))


def _mapping(options: Options) -> EventOptions:
    return EventOptions(
        kind=options.kind, key="{key}", title="{title}", text="status_notes", word="status", words=options.meanings(),
        time="seen", started="requested_datetime", due="expected_datetime", closed="closed", lon="long", lat="lat",
        zone=options.zone, place=options.place, places=options.places, facts=_FACTS, personal=_PERSONAL,
    )  # fmt: skip


def _said(item: Mapping[str, Any], name: str) -> str:
    found = item.get(name)
    return str(found).strip()[:2_000] if isinstance(found, (str, int)) and not isinstance(found, bool) else ""


def _fault(n: int, item: Mapping[str, Any]) -> Refused:
    """A fault that the service tells, or an item of another kind."""
    if "code" in item:  # without it a description may be a person's words
        said = f"{_said(item, 'code')} {_said(item, 'description')[:120]}"
        return Refused(f"[{n}]", f"the service says: {said.strip()}")
    return Refused(f"[{n}]", "this is neither a report nor a service")


def _plain(item: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]], options: Options) -> dict[str, Any]:
    """A report as the mapping reads it."""
    service = services.get(_said(item, "service_code"), {})
    words = options.meanings()
    status = _said(item, "status")
    status = status if status in words else status.lower()
    updated = item.get("updated_datetime")
    ended = status in words and words[status].stage is not Stage.OPEN
    names = (_said(item, "first_name"), _said(item, "last_name"))
    return {
        **item,
        "key": _key(item),
        "title": _said(item, "service_name") or _said(service, "service_name") or _said(item, "service_code"),
        "group": _said(service, "group"),
        "status": status,
        "seen": updated or item.get("requested_datetime"),
        "closed": (item.get("closed_datetime") or updated) if ended else None,
        "name": " ".join(filter(None, names)) or _said(item, "name"),
    }


def _key(item: Mapping[str, Any]) -> str:
    number, token = (_said(item, name) for name in _IDS)
    return number or (f"token-{token}" if token else "")


def _born(events: Iterable[Event], reports: Iterable[Mapping[str, Any]]) -> Iterable[Event]:
    """A report that has got its number ends the event that stood under its token."""
    tokens = {_key(one): _said(one, "token") for one in reports}
    for event in events:
        token = tokens.get(event.key)
        known = token and event.key != f"token-{token}"
        yield replace(event, replaces=(f"token-{token}",)) if known else event

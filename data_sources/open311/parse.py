"""What the answers of a GeoReport server tell: services, reports, faults. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from data_sources._mapping import EventOptions, options_of, read_events
from data_sources.open311.fetch import OMITTED_SPAN
from data_sources.open311.items import items_of
from data_sources.open311.options import Options
from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
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
    refused: list[RejectedItem] = []
    services: dict[str, Mapping[str, Any]] = {}
    reports: list[dict[str, Any]] = []
    for page in payload.pages:
        if page.media_type == OMITTED_SPAN:
            refused.append(
                RejectedItem(page.address, untyped("too many reports for the row's bounds: this time was left out"))
            )
            continue
        for n, item in enumerate(items_of(page)):
            if not isinstance(item, dict):
                refused.append(RejectedItem(f"[{n}]", untyped(f"this is no report but a {type(item).__name__}")))
            elif any(_text(item, name) for name in _IDS) or _text(item, "requested_datetime"):
                reports.append(item)
            elif _text(item, "service_code") and "status" not in item:
                services[_text(item, "service_code")] = item
            else:
                refused.append(_rejection(n, item))
    batch = read_events(_mapping(options), [_normalize(one, services, options) for one in reports], now)
    if refused and not (batch.events or batch.rejected_items or services):
        raise SourceError(refused[0].failure)
    return Batch((), (*refused, *batch.rejected_items), tuple(_replace_tokens(batch.events, reports)))


def _mapping(options: Options) -> EventOptions:
    return EventOptions(
        kind=options.kind, key="{key}", title="{title}", text="status_notes", word="status", words=options.meanings(),
        time="seen", started="requested_datetime", due="expected_datetime", closed="closed", lon="long", lat="lat",
        zone=options.zone, place=options.place, places=options.places, facts=_FACTS, personal=_PERSONAL,
    )  # fmt: skip


def _text(item: Mapping[str, Any], name: str) -> str:
    found = item.get(name)
    return str(found).strip()[:2_000] if isinstance(found, (str, int)) and not isinstance(found, bool) else ""


def _rejection(n: int, item: Mapping[str, Any]) -> RejectedItem:
    """A fault that the service tells, or an item of another kind."""
    if "code" in item:  # without it a description may be a person's words
        said = f"{_text(item, 'code')} {_text(item, 'description')[:120]}"
        return RejectedItem(f"[{n}]", untyped(f"the service says: {said.strip()}"))
    return RejectedItem(f"[{n}]", untyped("this is neither a report nor a service"))


def _normalize(item: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]], options: Options) -> dict[str, Any]:
    """A report as the mapping reads it."""
    service = services.get(_text(item, "service_code"), {})
    words = options.meanings()
    status = _text(item, "status")
    status = status if status in words else status.lower()
    updated = item.get("updated_datetime")
    ended = status in words and words[status].stage is not EventStage.OPEN
    names = (_text(item, "first_name"), _text(item, "last_name"))
    return {
        **item,
        "key": _key(item),
        "title": _text(item, "service_name") or _text(service, "service_name") or _text(item, "service_code"),
        "group": _text(service, "group"),
        "status": status,
        "seen": updated or item.get("requested_datetime"),
        "closed": (item.get("closed_datetime") or updated) if ended else None,
        "name": " ".join(filter(None, names)) or _text(item, "name"),
    }


def _key(item: Mapping[str, Any]) -> str:
    number, token = (_text(item, name) for name in _IDS)
    return number or (f"token-{token}" if token else "")


def _replace_tokens(events: Iterable[Event], reports: Iterable[Mapping[str, Any]]) -> Iterable[Event]:
    """A report that has got its number ends the event that stood under its token."""
    tokens = {_key(one): _text(one, "token") for one in reports}
    for event in events:
        token = tokens.get(event.key)
        known = token and event.key != f"token-{token}"
        yield replace(event, replaces=(f"token-{token}",)) if known else event

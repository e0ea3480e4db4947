"""Events from the answers of a GeoReport server: reports, with the names of their services."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from data_sources._mapping import EventOptions, options_of, read_events
from data_sources._mapping.path_use import PathUse
from data_sources.open311.errors import Open311Code
from data_sources.open311.fetch import OMITTED_SPAN, is_report_page
from data_sources.open311.items import items_of
from data_sources.open311.options import Options
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.data_time import latest_event_time
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.value_types import type_of

_IDS = ("service_request_id", "token")
_REPORT_FIELDS = (*_IDS, "requested_datetime")
_PERSONAL = {
    "description": "description", "address": "address", "name": "name", "phone": "phone", "email": "email",
    "media": "media_url",
}  # fmt: skip
_FACTS = {
    "agency": "agency_responsible", "service": "service_code", "service-name": "title", "group": "group",
    "notice": "service_notice",
}  # fmt: skip


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each report as an event. One that cannot be read is rejected. Raises SourceError when there are only errors."""
    options = options_of(source, Options)
    rejected: list[RejectedItem] = []
    services: dict[str, Mapping[str, Any]] = {}
    reports: list[dict[str, Any]] = []
    service_lists = 0  # pages that list services, but are not the answer to the request for them
    for page in payload.pages:
        if page.media_type == OMITTED_SPAN:
            rejected.append(RejectedItem(page.address, Failure(IngestCode.SPAN_LEFT_OUT)))
            continue
        is_services = page.address.endswith(f"/services.{options.form}")
        items = items_of(page, is_services)
        if items and all(map(_is_service, items)) and not is_services:
            service_lists += 1
        for n, item in enumerate(items):
            if isinstance(item, dict) and any(_text(item, name) for name in _REPORT_FIELDS):
                reports.append(item)
            elif _is_service(item) and not is_report_page(page, options):
                services[_text(item, "service_code")] = item
            else:
                rejected.append(_rejection(n, item))
    if service_lists == len(payload.pages) > 0:
        raise SourceError(Open311Code.SERVICES_WITHOUT_REPORTS)
    options.path_use.note(reports)
    mapping = _mapping(options)
    batch = read_events(mapping, [_normalize(report, services, options) for report in reports], now)
    if mapping.assumed_zone:
        options.note_local_time(mapping.assumed_zone.text)
    if rejected and not (batch.events or batch.rejected_items or services):
        raise SourceError(rejected[0].failure)
    return Batch(
        (), (*rejected, *batch.rejected_items), tuple(_replace_tokens(batch.events, reports)),
        source_time=latest_event_time(batch.events, now),
    )  # fmt: skip


class _ReportOptions(EventOptions):
    has_time_format = False

    @cached_property
    def path_use(self) -> PathUse:
        """The row sets none of these paths."""
        return PathUse(())


def _mapping(options: Options) -> EventOptions:
    zone: dict[str, Any] = {"zone": options.zone} if "zone" in options.model_fields_set else {}
    return _ReportOptions(
        kind=options.kind, key="{key}", title="{title}", text="status_notes", word="status", words=options.meanings(),
        time="seen", started="requested_datetime", due="expected_datetime", closed="closed", lon="long", lat="lat",
        place=options.place, places=options.places, facts=_FACTS, personal=_PERSONAL, **zone,
    )  # fmt: skip


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return str(value).strip()[:2_000] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _is_service(item: Any) -> bool:
    """Whether it describes a service, not a report of one."""
    is_report = not isinstance(item, dict) or "status" in item or any(_text(item, name) for name in _REPORT_FIELDS)
    return not is_report and bool(_text(item, "service_code"))


def _rejection(n: int, item: Any) -> RejectedItem:
    """An error of the service, an item of another kind, or one that could not be read."""
    if not isinstance(item, dict):
        not_an_object = Failure(Open311Code.NOT_AN_OBJECT, {"kind": type_of(item)})
        return RejectedItem(f"[{n}]", item if isinstance(item, Failure) else not_an_object)
    if "code" in item:  # without it a description may be a person's words
        message = f"{_text(item, 'code')} {shorten(_text(item, 'description'), 120)}".strip()
        return RejectedItem(f"[{n}]", Failure(IngestCode.SERVICE_MESSAGE, external=message))
    return RejectedItem(f"[{n}]", Failure(Open311Code.UNKNOWN_ITEM))


def _normalize(item: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]], options: Options) -> dict[str, Any]:
    """A report in the form that the mapping expects."""
    service = services.get(_text(item, "service_code"), {})
    words = options.meanings()
    status = _text(item, "status")
    status = status if status in words else status.lower()
    updated = item.get("updated_datetime")
    has_ended = status in words and words[status].stage is not EventStage.OPEN
    names = (_text(item, "first_name"), _text(item, "last_name"))
    return {
        **item,
        "key": _key(item),
        "title": _text(item, "service_name") or _text(service, "service_name") or _text(item, "service_code"),
        "group": _text(service, "group"),
        "status": status,
        "seen": updated or item.get("requested_datetime"),
        "closed": (item.get("closed_datetime") or updated) if has_ended else None,
        "name": " ".join(filter(None, names)) or _text(item, "name"),
    }


def _key(item: Mapping[str, Any]) -> str:
    number, token = (_text(item, name) for name in _IDS)
    return number or (f"token-{token}" if token else "")


def _replace_tokens(events: Iterable[Event], reports: Iterable[Mapping[str, Any]]) -> Iterable[Event]:
    """A report that has a number now replaces the event that had its token as key."""
    tokens = {_key(report): _text(report, "token") for report in reports}
    for event in events:
        token = tokens.get(event.key)
        has_number = token and event.key != f"token-{token}"
        yield replace(event, replaces=(f"token-{token}",)) if has_number else event

"""Readings from the entities of an answer or a notification."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from data_sources._mapping import MAX_ITEMS, find, options_of
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.webhook import parse_messages
from data_sources.ngsi.entity import AttributeValue, attributes, key_values
from data_sources.ngsi.options import AttributeOptions, Options
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, parse_timestamp
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source


class NgsiCode(ErrorCode):
    """Why an entity, or a whole answer, cannot be read. Texts: components/messages/errors/ngsi.toml."""

    NO_ENTITIES = "ngsi.no_entities"
    NOT_AN_ENTITY = "ngsi.not_an_entity"  # kind: the type of the item
    TIME_MISSING = "ngsi.time_missing"  # attribute
    DATASET_MISSING = "ngsi.dataset_missing"  # known, wanted
    DEFAULT_DATASET_MISSING = "ngsi.default_dataset_missing"  # known
    PAGES_END = "ngsi.pages_end"  # total, read: entities
    LAST_PAGE_FULL = "ngsi.last_page_full"


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all entities. A value that cannot be read is rejected; the others are read."""
    options = options_of(source, Options)
    if options.push:
        return parse_messages(payload.pages, partial(_read_page, options=options), now)
    batches = [_read_page(page, now, options) for page in payload.pages]
    readings = (reading for batch in batches for reading in batch.readings)
    rejected = (item for batch in batches for item in batch.rejected_items)
    return Batch(tuple(readings), (*rejected, *_truncation_notices(options, payload.pages)))


def _read_page(page: ResponsePage, now: datetime, options: Options) -> Batch:
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    for n, entity in enumerate(_entities(page)):
        if n >= MAX_ITEMS:
            rejected.append(RejectedItem(f"[{n}]", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})))
            break
        _read_entity(entity, f"[{n}]", now, options, readings, rejected)
    return Batch(tuple(readings), tuple(rejected))


def _entities(page: ResponsePage) -> list[Any]:
    """A list, a single entity, or the data of a notification."""
    document = decode_json(page, orjson.loads)
    if isinstance(document, dict):
        data = document.get("data")
        document = data if isinstance(data, list) else [document] if document.keys() & {"id", "@id"} else None
    if not isinstance(document, list):
        raise SourceError(NgsiCode.NO_ENTITIES)
    return document


def _read_entity(
    entity: Any, location: str, now: datetime, options: Options, readings: list[Reading], rejected: list[RejectedItem]
) -> None:
    if not isinstance(entity, dict):
        rejected.append(RejectedItem(location, Failure(NgsiCode.NOT_AN_ENTITY, {"kind": type(entity).__name__})))
        return
    values = attributes(entity)
    item = key_values(entity, values)
    sample, count = str(item["id"])[:120], len(readings) + len(rejected)
    for template, wanted in options.values.items():
        try:
            value = _select_value(values, wanted)
            if value is not None:
                series = options.series_key(template, partial(find, item))
                observed = _observed_time(value, values, options) or now
                unit = wanted.unit or options.unit_of(value.unit)
                readings.append(Reading(series, observed, options.number(value.value), unit))
        except ParseError as error:
            rejected.append(RejectedItem(f"{location}.{wanted.attribute}"[:120], error.failure, sample))
    if count == len(readings) + len(rejected):
        rejected.append(RejectedItem(location, Failure(MappingCode.NO_VALUES), sample))


def _select_value(values: dict[str, list[AttributeValue]], wanted: AttributeOptions) -> AttributeValue | None:
    """The value of an attribute; None when the entity does not have it: a notification holds only what changed."""
    is_plain = wanted.attribute in values
    name, _, path = (wanted.attribute, "", "") if is_plain else wanted.attribute.partition(".")
    candidates = values.get(name, [])
    value = next((candidate for candidate in candidates if candidate.dataset == wanted.dataset), None)
    if value is None and candidates:
        known = ", ".join(candidate.dataset or "@none" for candidate in candidates)[:80]
        if wanted.dataset:
            raise ParseError(NgsiCode.DATASET_MISSING, known=known, wanted=wanted.dataset[:40])
        raise ParseError(NgsiCode.DEFAULT_DATASET_MISSING, known=known)
    if value is None or not path:
        return value
    return AttributeValue(_value_at(value.value, path), value.unit, value.time)


def _value_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _observed_time(value: AttributeValue, values: dict[str, list[AttributeValue]], options: Options) -> datetime | None:
    """The time of a value: its own, or that of the time attribute; None when the row names no time attribute."""
    entity_time = next((time.time or time.value for time in values.get(options.time, [])), None)
    time = value.time or entity_time
    if time is None:
        if options.time:
            raise ParseError(NgsiCode.TIME_MISSING, attribute=options.time)
        return None
    end = time.rpartition("/")[2] if isinstance(time, str) else time  # of an interval
    return parse_timestamp(end, "iso", ZoneInfo(options.zone))


def _truncation_notices(options: Options, pages: tuple[ResponsePage, ...]) -> Iterator[RejectedItem]:
    read = len(pages) * options.limit
    total = pages[-1].total_items if pages else None
    if total is not None and total > read:
        yield RejectedItem(f"[{read}]", Failure(NgsiCode.PAGES_END, {"total": total, "read": read}))
    elif total is None and len(pages) == options.pages and len(_entities(pages[-1])) >= options.limit:
        yield RejectedItem(f"[{read}]", Failure(NgsiCode.LAST_PAGE_FULL))

"""What the entities of an answer or of a notification tell, as readings."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from data_sources._mapping import MAX_ITEMS, find, options_of
from data_sources._mapping.webhook import parse_messages
from data_sources.ngsi.entity import AttributeValue, attributes, key_values
from data_sources.ngsi.options import AttributeOptions, Options
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import parse_timestamp
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all entities. A value that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    if options.push:
        return parse_messages(payload.pages, partial(_read_page, options=options), now)
    batches = [_read_page(page, now, options) for page in payload.pages]
    refused = [one for batch in batches for one in batch.rejected_items]
    return Batch(
        tuple(one for batch in batches for one in batch.readings),
        (*refused, *_truncation_notices(options, payload.pages)),
    )


def _read_page(page: ResponsePage, now: datetime, options: Options) -> Batch:
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    for n, entity in enumerate(_entities(page)):
        if n >= MAX_ITEMS:
            refused.append(RejectedItem(f"[{n}]", untyped(f"more than {MAX_ITEMS} entities: the rest was left out")))
            break
        _read_entity(entity, f"[{n}]", now, options, readings, refused)
    return Batch(tuple(readings), tuple(refused))


def _entities(page: ResponsePage) -> list[Any]:
    """A list, a single entity, or the data of a notification."""
    document = decode_json(page, orjson.loads)
    if isinstance(document, dict):
        data = document.get("data")
        document = data if isinstance(data, list) else [document] if document.keys() & {"id", "@id"} else None
    if not isinstance(document, list):
        raise SourceError(untyped("the answer holds no entities"))
    return document


def _read_entity(
    entity: Any, where: str, now: datetime, options: Options, readings: list[Reading], refused: list[RejectedItem]
) -> None:
    if not isinstance(entity, dict):
        refused.append(RejectedItem(where, untyped(f"this is no entity but a {type(entity).__name__}")))
        return
    told = attributes(entity)
    item = key_values(entity, told)
    found = False
    for template, wanted in options.values.items():
        try:
            for one in _select_value(told, wanted):
                found = True
                readings.append(_reading(item, one, template, wanted, now, options, told))
        except ValueError as error:
            found = True
            refused.append(
                RejectedItem(f"{where}.{wanted.attribute}"[:120], untyped(str(error)), str(item["id"])[:120])
            )
    if not found:
        refused.append(RejectedItem(where, untyped("it has none of the row's attributes"), str(item["id"])[:120]))


def _select_value(told: dict[str, list[AttributeValue]], wanted: AttributeOptions) -> Iterator[AttributeValue]:
    """The value that is meant; none where the entity has no such attribute: a notification tells what changed."""
    whole = wanted.attribute in told
    name, _, rest = (wanted.attribute, "", "") if whole else wanted.attribute.partition(".")
    values = told.get(name, [])
    chosen = [one for one in values if one.dataset == wanted.dataset]
    if values and not chosen:
        known = ", ".join(one.dataset or "none" for one in values)
        raise ValueError(f"its datasets are {known[:80]}, not {wanted.dataset[:40] or 'none'}")
    for one in chosen[:1]:
        yield AttributeValue(_value_at(one.value, rest), one.unit, one.time) if rest else one


def _value_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _reading(
    item: dict[str, Any], one: AttributeValue, template: str, wanted: AttributeOptions, now: datetime, options: Options,
    told: dict[str, list[AttributeValue]],
) -> Reading:  # fmt: skip
    series = options.series_key(template, partial(find, item))
    own = next((some.time or some.value for some in told.get(options.time, [])), None)
    given = one.time or own
    if given is None and options.time:
        raise ValueError(f"{options.time} is missing: the value has no time")
    observed = _time(given, ZoneInfo(options.zone)) if given is not None else now
    return Reading(series, observed, options.number(one.value), wanted.unit or one.unit)


def _time(given: Any, zone: ZoneInfo) -> datetime:
    """An instant, or the end of an interval."""
    return parse_timestamp(given.rpartition("/")[2] if isinstance(given, str) else given, "iso", zone)


def _truncation_notices(options: Options, pages: tuple[ResponsePage, ...]) -> Iterator[RejectedItem]:
    read = len(pages) * options.limit
    total = pages[-1].total_items if pages else None
    if total is not None and total > read:
        yield RejectedItem(f"[{read}]", untyped(f"there are {total} entities: the row's pages end at {read}"))
    elif total is None and len(pages) == options.pages and len(_entities(pages[-1])) >= options.limit:
        yield RejectedItem(f"[{read}]", untyped("the last page of the row is full: there may be more"))

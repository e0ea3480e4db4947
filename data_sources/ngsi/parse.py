"""What the entities of an answer or of a notification tell, as readings."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from data_sources._mapping import MOST_ITEMS, find, options_of
from data_sources._mapping.webhook import each
from data_sources.ngsi.entity import Told, attributes, plain
from data_sources.ngsi.options import Attribute, Options
from ioc.domain.ingest.decoding import json_of
from ioc.domain.ingest.parsing import moment
from ioc.domain.ingest.protocol import Page, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, Refused
from ioc.domain.ingest.source import Source


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all entities. A value that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    if options.push:
        return each(payload.pages, partial(_read, options=options), now)
    batches = [_read(page, now, options) for page in payload.pages]
    refused = [one for batch in batches for one in batch.refused]
    return Batch(
        tuple(one for batch in batches for one in batch.readings),
        (*refused, *_left_out(options, payload.pages)),
    )


def _read(page: Page, now: datetime, options: Options) -> Batch:
    readings: list[Reading] = []
    refused: list[Refused] = []
    for n, entity in enumerate(_entities(page)):
        if n >= MOST_ITEMS:
            refused.append(Refused(f"[{n}]", f"more than {MOST_ITEMS} entities: the rest was left out"))
            break
        _take(entity, f"[{n}]", now, options, readings, refused)
    return Batch(tuple(readings), tuple(refused))


def _entities(page: Page) -> list[Any]:
    """A list, a single entity, or the data of a notification."""
    document = json_of(page, orjson.loads)
    if isinstance(document, dict):
        data = document.get("data")
        document = data if isinstance(data, list) else [document] if document.keys() & {"id", "@id"} else None
    if not isinstance(document, list):
        raise SourceError("the answer holds no entities")
    return document


def _take(
    entity: Any, where: str, now: datetime, options: Options, readings: list[Reading], refused: list[Refused]
) -> None:
    if not isinstance(entity, dict):
        refused.append(Refused(where, f"this is no entity but a {type(entity).__name__}"))
        return
    told = attributes(entity)
    item = plain(entity, told)
    found = False
    for template, wanted in options.values.items():
        try:
            for one in _wanted(told, wanted):
                found = True
                readings.append(_reading(item, one, template, wanted, now, options, told))
        except ValueError as error:
            found = True
            refused.append(Refused(f"{where}.{wanted.attribute}"[:120], str(error), str(item["id"])[:120]))
    if not found:
        refused.append(Refused(where, "it has none of the row's attributes", str(item["id"])[:120]))


def _wanted(told: dict[str, list[Told]], wanted: Attribute) -> Iterator[Told]:
    """The value that is meant; none where the entity has no such attribute: a notification tells what changed."""
    whole = wanted.attribute in told
    name, _, rest = (wanted.attribute, "", "") if whole else wanted.attribute.partition(".")
    values = told.get(name, [])
    chosen = [one for one in values if one.dataset == wanted.dataset]
    if values and not chosen:
        known = ", ".join(one.dataset or "none" for one in values)
        raise ValueError(f"its datasets are {known[:80]}, not {wanted.dataset[:40] or 'none'}")
    for one in chosen[:1]:
        yield Told(_inside(one.value, rest), one.unit, one.time) if rest else one


def _inside(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _reading(
    item: dict[str, Any], one: Told, template: str, wanted: Attribute, now: datetime, options: Options,
    told: dict[str, list[Told]],
) -> Reading:  # fmt: skip
    series = options.named(template, partial(find, item))
    own = next((some.time or some.value for some in told.get(options.time, [])), None)
    given = one.time or own
    if given is None and options.time:
        raise ValueError(f"{options.time} is missing: the value has no time")
    observed = _time(given, ZoneInfo(options.zone)) if given is not None else now
    return Reading(series, observed, options.number(one.value), wanted.unit or one.unit)


def _time(given: Any, zone: ZoneInfo) -> datetime:
    """An instant, or the end of an interval."""
    return moment(given.rpartition("/")[2] if isinstance(given, str) else given, "iso", zone)


def _left_out(options: Options, pages: tuple[Page, ...]) -> Iterator[Refused]:
    read = len(pages) * options.limit
    total = pages[-1].total if pages else None
    if total is not None and total > read:
        yield Refused(f"[{read}]", f"there are {total} entities: the row's pages end at {read}")
    elif total is None and len(pages) == options.pages and len(_entities(pages[-1])) >= options.limit:
        yield Refused(f"[{read}]", "the last page of the row is full: there may be more")

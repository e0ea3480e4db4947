"""Documents of plain data into readings, as a mapping says."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from data_sources.mapping.expressions import find, sample
from data_sources.mapping.options import MappingOptions, Value
from domain.feed import SourceError
from domain.reading import Batch, Reading, Refused
from domain.wire import moment

MOST_ITEMS = 20_000


def read(mapping: MappingOptions, documents: Iterable[Any], now: datetime) -> Batch:
    """Each item's values. An item that cannot be read is refused; the others go on. SourceError: nothing to read."""
    readings: list[Reading] = []
    refused: list[Refused] = []
    for document in documents:
        fallback = _page_time(document, mapping, now)
        for n, item in enumerate(_items(document, mapping)):
            if n >= MOST_ITEMS:
                refused.append(Refused(f"items[{n}]", f"more than {MOST_ITEMS} items: the rest was left out"))
                break
            _take(item, f"items[{n}]", mapping, fallback, readings, refused)
    return Batch(tuple(readings), tuple(refused))


def _page_time(document: Any, mapping: MappingOptions, now: datetime) -> datetime | None:
    """The time of items that have none; None when an item must have its own."""
    if not mapping.page_time:
        return None if mapping.time else now
    try:
        return moment(find(document, mapping.page_time), mapping.time_format, mapping.clock)
    except ValueError as error:
        raise SourceError(f"{mapping.page_time}: {error}") from None


def _items(document: Any, mapping: MappingOptions) -> Iterator[Any]:
    try:
        found = find(document, mapping.items)
    except ValueError as error:
        raise SourceError(str(error)) from None
    if found is None:
        raise SourceError(f"nothing lies at {mapping.items}")
    outer = found if isinstance(found, list) else [found]
    return _inner(outer, mapping.each) if mapping.each else iter(outer)


def _inner(outer: list[Any], each: str) -> Iterator[Any]:
    for parent in outer:
        try:
            children = find(parent, each)
        except ValueError:
            children = None
        for child in children if isinstance(children, list) else [children]:
            yield {**child, "parent": parent} if isinstance(child, dict) else {"value": child, "parent": parent}


def _take(
    item: Any, where: str, mapping: MappingOptions, fallback: datetime | None,
    readings: list[Reading], refused: list[Refused],
) -> None:  # fmt: skip
    try:
        observed = _observed(item, mapping, fallback)
    except ValueError as error:
        refused.append(Refused(where, str(error), sample(item)))
        return
    for template, value in mapping.parts:
        try:
            readings.append(_reading(item, mapping, template, value, observed))
        except ValueError as error:
            refused.append(Refused(f"{where}.{value.path}", str(error), sample(item)))


def _reading(item: Any, mapping: MappingOptions, template: str, value: Value, observed: datetime) -> Reading:
    series = mapping.named(template, lambda hole: _hole(item, mapping, hole))
    amount = mapping.number(find(item, value.path))
    unit = find(item, value.unit_path) if value.unit_path else value.unit
    return Reading(series, observed, amount, unit.strip()[:40] if isinstance(unit, str) else "")


def _hole(item: Any, mapping: MappingOptions, hole: str) -> Any:
    if hole != "place" or not mapping.place:
        return find(item, hole)
    place = find(item, mapping.place)
    return mapping.places.get(place.strip(), place) if isinstance(place, str) else place


def _observed(item: Any, mapping: MappingOptions, fallback: datetime | None) -> datetime:
    found = find(item, mapping.time) if mapping.time else None
    if fallback is not None and found in (None, ""):
        return fallback
    return moment(found, mapping.time_format, mapping.clock)

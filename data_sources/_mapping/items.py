"""The items of a document, and what of an item every reading of it needs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from data_sources._mapping.expressions import find
from data_sources._mapping.options import ItemOptions
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.parsing import parse_timestamp
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import RejectedItem

MAX_ITEMS = 20_000


def items_of(
    document: Any, options: ItemOptions, refused: list[RejectedItem], context: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, Any]]:
    """Each item with its place in the document; beyond MOST_ITEMS one line among the refused. SourceError: none lie.

    With `beside` every item holds that as well; one that is no object becomes one with it as its `value`.
    """
    for n, item in enumerate(_items(document, options)):
        if n >= MAX_ITEMS:
            refused.append(RejectedItem(f"items[{n}]", untyped(f"more than {MAX_ITEMS} items: the rest was left out")))
            return
        if context is not None:
            item = {**item, **context} if isinstance(item, dict) else {"value": item, **context}
        yield f"items[{n}]", item


def _items(document: Any, options: ItemOptions) -> Iterator[Any]:
    try:
        found = find(document, options.items)
    except ValueError as error:
        raise SourceError(untyped(str(error))) from None
    if found is None:
        raise SourceError(untyped(f"nothing lies at {options.items}"))
    outer = found if isinstance(found, list) else [found]
    return _child_items(outer, options.each) if options.each else iter(outer)


def _child_items(outer: list[Any], each: str) -> Iterator[Any]:
    for parent in outer:
        try:
            children = find(parent, each)
        except ValueError:
            children = None
        for child in children if isinstance(children, list) else [children]:
            yield {**child, "parent": parent} if isinstance(child, dict) else {"value": child, "parent": parent}


def place_of(item: Any, options: ItemOptions) -> Any:
    """What the item says of its place: the code that `places` has for it, else its own word; of a list, each."""
    place = find(item, options.place)
    return [_place_code(one, options) for one in place] if isinstance(place, list) else _place_code(place, options)


def _place_code(place: Any, options: ItemOptions) -> Any:
    return options.places.get(place.strip(), place) if isinstance(place, str) else place


def time_of(item: Any, path: str, options: ItemOptions) -> datetime | None:
    """The time at `path`, None for none. ValueError when something else stands there."""
    found = find(item, path) if path else None
    return None if found in (None, "") else parse_timestamp(found, options.time_format, options.zone_info)

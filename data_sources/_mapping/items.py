"""The items of a document, their place and their time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find, plain_steps
from data_sources._mapping.options import ItemOptions
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.compact_time import compact_pattern
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode, ParseError, names_zone, parse_end, parse_interval, parse_number
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import RejectedItem

MAX_ITEMS = 20_000
MAX_COPIED = 8_000_000  # characters of all copies of a text of an outer item
_LEAST_SHARED = 250  # characters that are left of a text, however many inner items share it: of any name
_MAX_DEPTH, _MAX_ENTRIES = 6, 100  # of what is looked through; no path leads to one of more entries of a list
_MAX_LABEL = 80  # characters
_MAX_QUOTED = 40  # characters of a text that a failure quotes
_CENTURY, _NEXT_CENTURY = 946_684_800, 4_102_444_800  # 2000 and 2100 in seconds since 1970
T = TypeVar("T")


def items_of(
    document: Any, options: ItemOptions, rejected: list[RejectedItem], context: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, Any]]:
    """Each item with its location in the document. After MAX_ITEMS one rejected item stands for the rest.

    The entries of `context` are added to every item; an item that is no object becomes one, with itself as `value`.
    Raises SourceError when the document has no items, or they are selected by a damaged text.
    """
    for n, item in enumerate(_items(document, options, rejected)):
        if n >= MAX_ITEMS:
            rejected.append(RejectedItem(f"items[{n}]", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})))
            return
        if context is not None:
            item = {**item, **context} if isinstance(item, dict) else {"value": item, **context}
        yield f"items[{n}]", item


def _items(document: Any, options: ItemOptions, rejected: list[RejectedItem]) -> Iterator[Any]:
    try:
        items = find(document, options.items)
    except ParseError as error:
        raise SourceError(error.failure) from None
    if path := _json_text_on(document, options.items):
        raise SourceError(MappingCode.JSON_IN_TEXT, path=path)
    if items is None:
        raise SourceError(MappingCode.NOTHING_AT_PATH, path=options.items)
    items = items if isinstance(items, list) else [items]
    return _child_items(items, options, rejected) if options.each else iter(items)


def _json_text_on(document: Any, path: str) -> str:
    """The part of `path` at which a text stands that holds JSON, "" for none."""
    taken: list[str] = []
    for step in plain_steps(path) or ():
        document = document.get(step) if isinstance(document, dict) else None
        taken.append(str(step))
        if isinstance(document, str) and document.strip()[:1] in ("{", "["):
            return ".".join(taken)
    return ""


def _child_items(parents: list[Any], options: ItemOptions, rejected: list[RejectedItem]) -> Iterator[Any]:
    lists = [_children(parent, options.each) for parent in parents]
    missing = [children for children in lists if isinstance(children, Failure)]
    if missing and len(missing) == len(lists):
        raise SourceError(next((failure for failure in missing if _is_damage(failure)), missing[0]))
    for n, (parent, children) in enumerate(zip(parents, lists, strict=True)):
        if isinstance(children, Failure):
            params = {"item": parent_label(parent, options) or f"items[{n}]", "path": options.each}
            failure = children if _is_damage(children) else Failure(MappingCode.LIST_MISSING, params)
            rejected.append(RejectedItem(f"items[{n}].{options.each}", failure))
            continue
        parent = cut_shared(parent, children)
        for child in children if isinstance(children, list) else [children]:
            yield {**child, "parent": parent} if isinstance(child, dict) else {"value": child, "parent": parent}


def _is_damage(failure: Failure) -> bool:
    return failure.code == MappingCode.DAMAGED_TEXT_IN_FILTER


def cut_shared(parent: Any, inner: Any) -> Any:
    """`parent` with each text so long that the items of `inner` together take no more than MAX_COPIED characters of it.

    The same object where no text is longer.
    """
    if not isinstance(inner, list) or len(inner) < 2:
        return parent
    return _cut(parent, max(_LEAST_SHARED, MAX_COPIED // len(inner)), inner, _MAX_DEPTH)


def _cut(value: Any, limit: int, inner: Any, depth: int) -> Any:
    if isinstance(value, str):
        return shorten(value, limit)
    if value is inner or not depth:
        return value
    if isinstance(value, Mapping):
        changed = {name: _cut(each, limit, inner, depth - 1) for name, each in value.items()}
        return changed if any(changed[name] is not each for name, each in value.items()) else value
    if isinstance(value, list) and len(value) <= _MAX_ENTRIES:
        cut = [_cut(each, limit, inner, depth - 1) for each in value]
        return cut if any(new is not old for new, old in zip(cut, value, strict=True)) else value
    return value


def _children(parent: Any, each: str) -> Any:
    """What stands at `each`; a Failure where nothing does, or it is selected by a damaged text."""
    nothing = Failure(MappingCode.NOTHING_AT_PATH, {"path": each})
    try:
        children = find(parent, each)
    except ParseError as error:
        return error.failure if _is_damage(error.failure) else nothing
    return nothing if children is None else children


def parent_label(parent: Any, options: ItemOptions) -> str:
    """What the row's templates name of an item that has a list of items, "" for nothing."""
    texts: dict[str, None] = {}
    for path in options.naming_paths:
        with suppress(ParseError):
            if isinstance(value := find({"parent": parent}, path), str | int):
                texts[str(value).strip()] = None
    return ", ".join(filter(None, texts))[:_MAX_LABEL]


def place_of(item: Any, options: ItemOptions) -> Any:
    """The place of an item: the code that `places` has for its word, else the word itself; of a list, each."""
    place = find(item, options.place)
    return [_place_code(word, options) for word in place] if isinstance(place, list) else _place_code(place, options)


def _place_code(place: Any, options: ItemOptions) -> Any:
    return options.places.get(place.strip(), place) if isinstance(place, str) else place


def time_of(item: Any, path: str, options: ItemOptions, option: str = "time") -> datetime | None:
    """The time at `path`, of an interval its end, else its start; None for none. Raises ParseError for no time.

    `option`: that names the path, for the failure.
    """
    start, end = interval_of(item, path, options, option)
    return end or start


def end_of(item: Any, path: str, options: ItemOptions, option: str) -> datetime | None:
    """The end of the interval or day at `path`, or the time there; None for an open or missing one.

    Raises ParseError when the value is no time.
    """
    value = find(item, path) if path else None
    return None if value in (None, "") else in_time_format(parse_end, value, options, option)


def interval_of(item: Any, path: str, options: ItemOptions, option: str) -> tuple[datetime | None, datetime | None]:
    """Start and end of the interval at `path`, both of a single time, None for an open or missing one.

    Raises ParseError when the value is no time.
    """
    value = find(item, path) if path else None
    if isinstance(value, list) and len(value) > 1 and not any(isinstance(one, dict | list) for one in value):
        last, write = f"{path}[-1]", f"[{{t: {path}[-1], v: …[-1]}}, {{t: {path}[-2], v: …[-2]}}]"
        params = {"option": option, "path": path, "last": in_yaml(last), "write": in_yaml(write)}
        raise ParseError(Failure(MappingCode.TIMES_IN_LIST, {**params, "n": len(value)}))
    return (None, None) if value in (None, "") else in_time_format(parse_interval, value, options, option)


def in_time_format(parse: Callable[[Any, str, tzinfo], T], value: Any, options: ItemOptions, option: str) -> T:
    """What `parse` makes of `value`, to which `option` leads.

    Raises ParseError, which names that option and `time_format` where the row may set it.
    """
    try:
        parsed = parse(value, options.time_format, options.zone_info)
    except ParseError as error:
        if options.has_time_format and options.time_format == "iso" and (pattern := compact_pattern(value)):
            raise ParseError(ParseCode.COMPACT_TIME, text=str(value).strip(), pattern=pattern) from None
        if options.has_time_format and options.time_format == "iso" and (other := _epoch_format(value)):
            params = {"text": shorten(str(value), _MAX_QUOTED), "declared": "iso", "other": other}
            raise ParseError(Failure(ParseCode.EPOCH_UNIT, params)) from None
        if error.failure.code == ParseCode.TIME_OF_DAY_MISSING and option != "time":
            text = error.failure.params["text"]
            raise ParseError(Failure(MappingCode.TIME_OF_DAY_MISSING, {"text": text, "option": option})) from None
        if options.has_time_format and error.failure.code == ParseCode.NOT_A_TIME:
            text = error.failure.params["text"]
            raise ParseError(Failure(ParseCode.NOT_IN_TIME_FORMAT, {"text": text, "option": option})) from None
        raise
    if not names_zone(str(value), options.time_format):
        options.note_local_time(str(value))
    return parsed


def _epoch_format(value: Any) -> str:
    """Which of unix and unix_ms a number is likely to be a time of, "" for neither: one of this century."""
    try:
        number = 0.0 if isinstance(value, bool) else parse_number(value) or 0.0
    except ParseError:
        return ""
    divisors = {"unix": 1, "unix_ms": 1000}
    return next((name for name, by in divisors.items() if _CENTURY <= number / by < _NEXT_CENTURY), "")

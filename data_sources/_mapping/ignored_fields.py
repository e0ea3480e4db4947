"""Fields of an answer of which the row says that they mean something else than their names seem to say."""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import replace
from typing import Any

from data_sources._mapping.expressions import plain_steps
from data_sources._mapping.options import ItemOptions
from ioc.domain.ingest.protocol import ResponsePage

_TOTAL, _LINK = "X-Total-Count", "Link"


def without_ignored(
    documents: Sequence[Any], pages: Sequence[ResponsePage], readers: Iterable[ItemOptions]
) -> tuple[Sequence[Any], Sequence[ResponsePage]]:
    """`documents` and `pages` without such fields and headers, for what judges the answer. Names on the way to the
    items stay. Each reader learns which of its names are there.
    """
    readers = list(readers)
    steps = {step for one in readers for path in (one.items, one.each) for step in plain_steps(path) or ()}
    ignored = {name for one in readers for name in one.ignored_fields} - steps
    for one in readers:
        one.unfound_ignored.difference_update(steps)
    if not ignored:
        return documents, pages
    found = {_TOTAL for page in pages if page.total_items is not None}
    found |= {_LINK for page in pages if page.has_next_page}
    kept = [_without(document, ignored, found) for document in documents]
    for one in readers:
        one.unfound_ignored.difference_update(found)
    return kept, [_page_without(page, ignored) for page in pages]


def _without(value: Any, ignored: Set[Any], found: set[Any]) -> Any:
    """`value` without the fields `ignored`; those that it has, also inside each other, are added to `found`."""
    if isinstance(value, dict):
        found |= ignored & value.keys()
        kept = {name: _without(inner, ignored, found) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if name not in ignored}
    return [_without(entry, ignored, found) for entry in value] if isinstance(value, list) else value


def _page_without(page: ResponsePage, ignored: Collection[Any]) -> ResponsePage:
    total = None if _TOTAL in ignored else page.total_items
    return replace(page, total_items=total, has_next_page=page.has_next_page and _LINK not in ignored)

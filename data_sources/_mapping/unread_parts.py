"""The parts of an answer that no expression of a mapping reads."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from jmespath.exceptions import JMESPathError

from data_sources._mapping.answer_parts import AnswerPart, AnswerParts
from data_sources._mapping.event_paths import event_paths
from data_sources._mapping.events import EventOptions
from data_sources._mapping.expression_reads import ExpressionReads, Path, Place, item_place
from data_sources._mapping.mapping_options import MappingOptions

_ROOT: Path = ()


def unread_parts(
    options: MappingOptions, documents: Iterable[Any], items: str = "", read: Iterable[str] = ()
) -> list[AnswerPart]:
    """The parts of `documents` that the mapping does not name. `items`: where they are that its `items` starts from.

    `read`: expressions of what the protocol itself reads.
    """
    reads = ExpressionReads()
    root = Place(frozenset({_ROOT}))
    for path in (options.page_time, *read):
        reads.read(path, root)
    start = reads.place(items, root)
    whole: set[Path] = set()
    if options.value_mappings:
        item = item_place(reads, options.items, options.each, start)
        for _, path in options.mapped_paths():
            reads.read(path, item)
        reads.read(options.place, item)
        for path in options.may_differ:  # may be any text
            with suppress(JMESPathError):
                reads.read(path, item)
    if options.event_options:
        whole |= _read_event(options.event_options, reads, start)
    return _unread(documents, reads, whole)


def unread_parts_of_events(options: EventOptions, page_time: str, documents: Iterable[Any]) -> list[AnswerPart]:
    """The parts of `documents` that a mapping of events alone does not name."""
    reads, root = ExpressionReads(), Place(frozenset({_ROOT}))
    reads.read(page_time, root)
    return _unread(documents, reads, _read_event(options, reads, root))


def _unread(documents: Iterable[Any], reads: ExpressionReads, whole: set[Path]) -> list[AnswerPart]:
    parts = AnswerParts()
    for document in documents:
        parts.add(document)
    return parts.unread(reads.paths, whole)


def _read_event(options: EventOptions, reads: ExpressionReads, start: Place) -> set[Path]:
    """Take the paths of an event into account; those of its geometry are returned: it is read as a whole."""
    item = item_place(reads, options.items, options.each, start)
    for _, path in event_paths(options, ()):
        reads.read(path, item)
    single = (str(getattr(options, name)) for name in options.single_paths if name != "geometry")
    for path in filter(None, single):
        reads.read(path, item)
    return reads.place(options.geometry, item).all_paths() if options.geometry else set()

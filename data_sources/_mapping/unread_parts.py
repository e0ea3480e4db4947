"""The parts of an answer that no expression of a mapping reads."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from jmespath.exceptions import JMESPathError

from data_sources._mapping.answer_parts import AnswerPart, AnswerParts, with_partly_read
from data_sources._mapping.entry_reads import EntryReads, ItemReads, PartlyRead, may_leave_out
from data_sources._mapping.event_paths import event_paths
from data_sources._mapping.events import EventOptions
from data_sources._mapping.expression_reads import ExpressionReads, Path, Place, item_place
from data_sources._mapping.expressions import find
from data_sources._mapping.mapping_options import MappingOptions
from ioc.domain.ingest.parsing import ParseError

_ROOT: Path = ()


def unread_parts(
    options: MappingOptions, documents: Iterable[Any], items: str = "", read: Iterable[str] = ()
) -> list[AnswerPart]:
    """The parts of `documents` that the mapping does not name. `items`: where they are that its `items` starts from.

    `read`: expressions of what the protocol itself reads.
    """
    rows = []
    if options.value_mappings:
        paths = [path for _, path in options.mapped_paths()]
        rows.append(_Row(options.items, options.each, [*paths, options.place], optional=options.may_differ))
    if options.event_options:
        rows.append(_row_of_events(options.event_options))
    return _unread(list(documents), rows, items, options.page_time, read)


def unread_parts_of_events(options: EventOptions, page_time: str, documents: Iterable[Any]) -> list[AnswerPart]:
    """The parts of `documents` that a mapping of events alone does not name."""
    return _unread(list(documents), [_row_of_events(options)], "", page_time, ())


class _Row(NamedTuple):
    """The expressions on an item of one kind of a mapping; `geometry` is read as a whole, `optional` may be any text"""

    items: str
    each: str
    paths: Sequence[str]
    geometry: str = ""
    optional: Sequence[str] = ()


def _row_of_events(options: EventOptions) -> _Row:
    single = (str(getattr(options, name)) for name in options.single_paths if name != "geometry")
    paths = [*(path for _, path in event_paths(options, ())), *single]
    return _Row(options.items, options.each, paths, options.geometry)


def _unread(
    documents: Sequence[Any], rows: Sequence[_Row], items: str, page_time: str, read: Iterable[str]
) -> list[AnswerPart]:
    reads, root, whole = ExpressionReads(), Place(frozenset({_ROOT})), set[Path]()
    for path in (page_time, *read):
        reads.read(path, root)
    start = reads.place(items, root)
    for row in rows:
        item = item_place(reads, row.items, row.each, start)
        for path in row.paths:
            reads.read(path, item)
        for path in row.optional:
            with suppress(JMESPathError):
                reads.read(path, item)
        if row.geometry:
            whole |= reads.place(row.geometry, item).all_paths()
    parts = AnswerParts()
    for document in documents:
        parts.add(document)
    return with_partly_read(parts.unread(reads.paths, whole), _partly_read(documents, rows, items, page_time))


def _partly_read(
    documents: Iterable[Any], rows: Iterable[_Row], items: str, page_time: str
) -> Mapping[Path, PartlyRead]:
    """The lists of which expressions leave out entries."""
    expressions = [ItemReads(row.items, row.each, [*row.paths, row.geometry, *row.optional]) for row in rows]
    if not may_leave_out([page_time, *(path for row in expressions for path in (row.items, row.each, *row.paths))]):
        return {}
    entries = EntryReads()
    for document in documents:
        with suppress(ParseError):
            entries.read(document, find(document, items) if items else document, [page_time], expressions)
    return entries.partly_read

"""The register of documents as a tree: those that are followed in the program, and those of the configuration.

The city's own documents stand in the configuration alone (directives.yaml); a document that is followed here under the
same key takes its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ioc.directives.context import DirectiveContext, load_positions
from ioc.directives.visibility import read_access
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.slug import fold, search_words
from ioc.domain.base.text import clean_text
from ioc.domain.directives.directive import Document
from ioc.domain.directives.progress import DocumentView, assess_register, parent_keys
from ioc.storage.db.store import Conn
from ioc.storage.directives.document_index import (
    IndexedDocument,
    TaskTotals,
    all_parents,
    count_tasks,
    find_headers,
    index_documents,
)

# Parameters of the address, each once: words; the city's documents, simulated ones, or those that are followed here.
FILTER_PARAMS = ("tim", "loai")
CITY, SIMULATED, FOLLOWED = "thanh-pho", "mo-phong", "theo-doi"
_MAX_WORDS, _EXPORT_BLOCK = 200, 500


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document by key and number. `is_stored`: it is followed in the program."""

    key: str
    number: str
    is_stored: bool


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """A row of the register. `id`: of the row: a document stands below each document that it carries out.

    `depth`: below how many documents it stands, 0 for none. `is_repeated`: what is below it stands at another place of
    it. `parents`: what it carries out. `totals`: of its tasks.
    """

    id: str
    document: Document
    depth: int
    is_repeated: bool
    is_stored: bool
    parents: tuple[NamedDocument, ...]
    totals: TaskTotals


@dataclass(frozen=True, slots=True)
class DocumentRegisterPage:
    """Some rows, how many there are, and of how many documents."""

    rows: tuple[PlacedDocument, ...]
    total: int
    documents: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a document stands in the tree."""

    key: str
    parent: str
    depth: int
    is_repeated: bool = False


def filter_values(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the filter, "" for what is not asked for."""
    return {name: clean_text(params.get(name, ""), _MAX_WORDS).strip() for name in FILTER_PARAMS}


def list_documents(
    context: DirectiveContext, params: Mapping[str, str], principal: Principal, *, start: int = 0, limit: int = 100
) -> DocumentRegisterPage:
    """Some rows of the tree of documents that the principal may see: the city's own first, the newest first.

    PermissionDeniedError. Words that are searched leave the documents that have them, each once, without the tree.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        index, places = _placed(conn, context, params, principal)
        rows = _rows(conn, context, index, places[start : start + limit])
    return DocumentRegisterPage(rows, len(places), len({place.key for place in places}))


def all_documents(
    context: DirectiveContext, params: Mapping[str, str], principal: Principal
) -> Iterator[PlacedDocument]:  # fmt: skip
    """Every row of `list_documents`, as they were at one moment, for an export. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        index, places = _placed(conn, context, params, principal)
        for first in range(0, len(places), _EXPORT_BLOCK):
            yield from _rows(conn, context, index, places[first : first + _EXPORT_BLOCK])


@dataclass(frozen=True, slots=True)
class _Index:
    """All documents that are seen. `configured`: those of the configuration that are not followed in the program."""

    documents: Mapping[str, IndexedDocument]
    parents: Mapping[str, Sequence[str]]
    configured: Mapping[str, DocumentView]


def _placed(
    conn: Conn, context: DirectiveContext, params: Mapping[str, str], principal: Principal
) -> tuple[_Index, list[_Place]]:
    """The documents that the filter leaves, and the places of the rows."""
    values = filter_values(params)
    words = search_words(values["tim"])
    index = _index(conn, context, principal, with_text=bool(words))
    kept = {
        key: each
        for key, each in index.documents.items()
        if all(word in each.text for word in words) and values["loai"] in ("", *_kinds(each, index))
    }
    if words:
        return index, [_Place(key, "", 0) for key in _newest_first(kept, kept)]
    return index, _tree(kept, index.parents)


def _kinds(each: IndexedDocument, index: _Index) -> tuple[str, ...]:
    origin = SIMULATED if each.is_simulated else CITY
    return (origin,) if each.key in index.configured else (origin, FOLLOWED)


def _index(conn: Conn, context: DirectiveContext, principal: Principal, *, with_text: bool) -> _Index:
    access = read_access(conn, context, load_positions(conn), principal)
    stored = index_documents(conn, access, with_text=with_text)
    configured = configured_documents(conn, context)
    found = {each.key: each for each in stored} | {
        key: _indexed(view.document, with_text=with_text) for key, view in configured.items()
    }
    return _Index(found, known_parents(conn, configured), configured)


def configured_documents(conn: Conn, context: DirectiveContext) -> Mapping[str, DocumentView]:
    """The documents of the configuration, as they are now, that are not followed in the program."""
    assessed = assess_register(context.limits, context.clock()).documents
    taken = find_headers(conn, (view.document.key for view in assessed)).keys()
    return {view.document.key: view for view in assessed if view.document.key not in taken}


def known_parents(conn: Conn, configured: Mapping[str, DocumentView]) -> Mapping[str, Sequence[str]]:
    """What each document carries out. `configured`: those of the configuration that are not followed here."""
    return {**all_parents(conn), **{key: parent_keys(view.document) for key, view in configured.items()}}


def _indexed(document: Document, *, with_text: bool) -> IndexedDocument:
    text = fold(f"{document.number} {document.title.vi} {document.title.en}") if with_text else ""
    day = document.issued_on or document.published_on
    return IndexedDocument(document.key, document.number, day, document.is_simulated, text)


def _newest_first(keys: Iterable[str], documents: Mapping[str, IndexedDocument]) -> list[str]:
    """The city's own before simulated ones; by day, those without one last; then by number."""

    def order(key: str) -> tuple[bool, int, str, str]:
        each = documents[key]
        return each.is_simulated, -(each.issued_on or date.min).toordinal(), each.number, key

    return sorted(keys, key=order)


def _tree(documents: Mapping[str, IndexedDocument], parents: Mapping[str, Sequence[str]]) -> list[_Place]:
    """The places of `documents`, each below what it carries out; what is below a document stands there once."""
    children, roots = defaultdict[str, list[str]](list), list[str]()
    for key in documents:
        above = [parent for parent in parents.get(key, ()) if parent in documents and parent != key]
        for parent in above:
            children[parent].append(key)
        if not above:
            roots.append(key)
    places, placed = list[_Place](), set[str]()
    # Last, each document above which only such stand as carry it out: no document is left out.
    for root in (*_newest_first(roots, documents), *_newest_first(documents, documents)):
        if root not in placed:
            _place(_Place(root, "", 0), children, documents, places, placed)
    return places


def _place(
    root: _Place, children: Mapping[str, Sequence[str]], documents: Mapping[str, IndexedDocument],
    places: list[_Place], placed: set[str],
) -> None:  # fmt: skip
    """Adds the place `root` and those below it to `places`, and their documents to `placed`."""
    waiting = [root]
    while waiting:
        place = waiting.pop()
        below = children.get(place.key, ())
        is_repeated = place.key in placed and bool(below)
        places.append(_Place(place.key, place.parent, place.depth, is_repeated))
        if place.key not in placed:
            placed.add(place.key)
            ordered = reversed(_newest_first(below, documents))
            waiting += [_Place(key, place.key, place.depth + 1) for key in ordered]


def _rows(conn: Conn, context: DirectiveContext, index: _Index, places: Sequence[_Place]) -> tuple[PlacedDocument, ...]:
    keys = [place.key for place in places if place.key not in index.configured]
    headers, totals = find_headers(conn, keys), count_tasks(conn, keys, context.today(), context.due_soon_days)

    def row(place: _Place) -> PlacedDocument:
        view = index.configured.get(place.key)
        document = view.document if view else headers[place.key]
        counted = _configured_totals(view) if view else totals.get(place.key, TaskTotals())
        named = tuple(
            NamedDocument(key, index.documents[key].number, key not in index.configured)
            for key in index.parents.get(place.key, ())
            if key in index.documents
        )
        return PlacedDocument(
            f"{place.parent}/{place.key}", document, place.depth, place.is_repeated, view is None, named, counted
        )

    return tuple(map(row, places))


def each_once(rows: Iterable[PlacedDocument]) -> Iterator[PlacedDocument]:
    """Each document at its first place alone: whoever adds up the rows of a file counts it once."""
    seen = set[str]()
    for row in rows:
        if row.document.key not in seen:
            seen.add(row.document.key)
            yield row


def _configured_totals(view: DocumentView) -> TaskTotals:
    return TaskTotals(view.numbers, view.counts.overdue, view.counts.paused + view.counts.withdrawn)

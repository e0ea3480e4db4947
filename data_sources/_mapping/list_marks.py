"""The marks by which an answer says that a list in it is not whole: a further page, or a total beyond what came.

They are those of OData and SensorThings, OGC API, STAC, HAL, JSON:API, Django, Hydra, Spring, Laravel, Esri, OpenAQ,
OpenDataSoft, Elasticsearch, CouchDB, DynamoDB, Airtable and the HTTP headers. They count only beside a list that the
row reads to its end: `data[0]` and `data[:5]` ask for no more.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from data_sources._mapping import list_mark_names as names
from data_sources._mapping.expressions import find, is_plain_path
from data_sources._mapping.options import ItemOptions
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shows_damage
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.reading import RejectedItem
from ioc.domain.ingest.server_message import plain_name

_ADDRESS = re.compile(r"https?://|/|[^/]*\?")  # not the time or the number that a field named "next" may hold
_AIRTABLE_OFFSET = re.compile(r"(?:itr|rec)[A-Za-z0-9]+(?:/rec[A-Za-z0-9]+)?")  # not that of a zone, or of a number
_NO_TOKENS = ("", "0", "-1", "null", "none", "false", "end")
_MAX_DIGITS = 12
_MORE_THAN = re.compile(r">[0-9]{1,12}")  # OpenAQ's `found`
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`")
_NAME = r'(?:[A-Za-z_]\w*|"(?:[^"\\])*")'
_PATH = re.compile(rf"(?<![.\w]){_NAME}(?:\.{_NAME})*", re.ASCII)
_BOUNDED = re.compile(r"\[\s*(?:-?[0-9]|:)|\(")  # an index, a slice, or a function's arguments
_STEP = re.compile(_NAME, re.ASCII)
_plain = lru_cache(4096)(plain_name)


class _List(NamedTuple):
    """A list of an answer: the objects around it, the outermost first, its name in the last, and its length."""

    around: tuple[dict[str, Any], ...]
    name: str
    length: int


class _Marks:
    """An object that may hold marks of a list: its fields with a prefix, by their plain names without it."""

    def __init__(self, raw: dict[str, Any], prefix: str = "", is_group: bool = False) -> None:
        self.raw, self.prefix, self._is_group = raw, prefix, is_group
        self.fields = {
            _plain(name[len(prefix) :]): (name, value) for name, value in raw.items() if name.startswith(prefix)
        }

    @cached_property
    def totals(self) -> list[tuple[str, str, int]]:
        """Plain name, name and number of each total."""
        found = []
        for plain, (name, value) in self.fields.items():
            if plain not in names.TOTALS and not (self._is_group and plain in names.GROUP_TOTALS):
                continue
            if names.FILTERED_TOTALS.get(plain) in self.fields:
                name, value = self.fields[names.FILTERED_TOTALS[plain]]
            total = _number(value.get("value") if isinstance(value, dict) else value)  # an object: of Elasticsearch
            found += [(plain, name, total)] if total is not None else []
        return found


def cut_list_notices(documents: Sequence[Any], path: str, pages: Sequence[ResponsePage] = ()) -> list[RejectedItem]:
    """A rejected item when the lists at `path`, together, are not whole; [] otherwise.

    The documents are consecutive pages: the last says whether there is another. `pages`: as they came, for the marks of
    their headers.
    """
    found = [_lists_at(document, path) for document in documents]
    if not found or not any(found):
        return []
    read = sum(one.length for lists in found for one in lists)
    totals = [total for lists in found for one in lists for total in _totals(one)]
    totals += [("X-Total-Count", page.total_items) for page in pages if page.total_items is not None]
    mark, total = max(totals, key=lambda named: named[1], default=("", 0))
    if total > read:
        return [RejectedItem(mark, Failure(IngestCode.LIST_CUT, {"read": read, "total": total}))]
    marks = [mark for one in found[-1] for mark in _further_pages(one, read)]
    marks += ["Link"] * bool(pages and pages[-1].has_next_page)
    return [RejectedItem(mark, Failure(IngestCode.LIST_CONTINUES, {"read": read})) for mark in marks[:1]]


def asks_for_beginning(path: str) -> bool:
    """Whether an expression on a list takes an item or a slice of it: `[0]`, `[:5]`."""
    return bool(_BOUNDED.match(path))


def notices_of_items(
    readers: Iterable[ItemOptions], documents: Sequence[Any], pages: Sequence[ResponsePage]
) -> list[RejectedItem]:
    """As `cut_list_notices`, for the items of each of `readers`, and for the lists inside them."""
    notices: list[RejectedItem] = []
    for options in readers:
        found = cut_list_notices(documents, options.items, pages)
        if options.each and found and found[0].failure.params.get("total") == _count_children(documents, options):
            found = []  # the count is that of all items inside
        if options.each and not found:
            found = next(
                filter(None, (cut_list_notices([one], options.each) for one in _parents(documents, options))), []
            )
        notices += [notice for notice in found if notice not in notices]
    return notices


def _parents(documents: Iterable[Any], options: ItemOptions) -> Iterator[Any]:
    for document in documents:
        try:
            parents = find(document, options.items)
        except ParseError:
            continue
        yield from parents if isinstance(parents, list) else [parents]


def _count_children(documents: Sequence[Any], options: ItemOptions) -> int:
    return sum(one.length for parent in _parents(documents, options) for one in _lists_at(parent, options.each))


def cut_computations(document: Any, options: ItemOptions, paths: Iterable[str]) -> dict[str, Failure]:
    """Which of `paths` compute a value, such as length(data), from a list of the document that is not whole, and why.

    Only where the document itself is the item.
    """
    if options.items != "@" or options.each or not isinstance(document, dict):
        return {}
    found = {path: cut_list_notices([document], path) for path in paths if not is_plain_path(path)}
    return {path: notices[0].failure for path, notices in found.items() if notices}


def _lists_at(document: Any, path: str) -> list[_List]:
    """The lists of a document that an expression reads to their end."""
    if isinstance(document, list):
        return [] if asks_for_beginning(path) else [_List((), "", len(document))]
    expression, lists = _LITERAL.sub(" ", path), []
    for match in _PATH.finditer(expression):
        if _BOUNDED.match(expression, match.end()):
            continue
        steps = [step.strip('"') for step in _STEP.findall(match[0])]
        around, here = [], document
        for name in steps:
            around.append(here)
            here = here.get(name) if isinstance(here, dict) else None
        if isinstance(here, list):
            lists.append(_List(tuple(around), steps[-1], len(here)))
    return lists


def reads_empty_list(document: Any, path: str) -> bool:
    """Whether an expression takes something of a list of the document that is empty: `max(data[].t)`, `data[0].t`."""
    expression = _LITERAL.sub(" ", path)
    for match in _PATH.finditer(expression):
        here = document
        for name in _STEP.findall(match[0]):
            here = here.get(name.strip('"')) if isinstance(here, dict) else None
        if here == [] and expression[match.end() :].strip():
            return True
    return False


def _marked(one: _List) -> Iterator[_Marks]:
    """What may hold marks of a list."""
    for n, around in enumerate(one.around, 1):
        yield _Marks(around)
        if n == len(one.around):  # OData and SensorThings write the marks of an inner list with its name
            yield _Marks(around, f"{one.name}@")
        for name, inner in around.items():
            if isinstance(inner, dict) and _plain(name) in names.GROUPS:
                yield _Marks(inner, is_group=True)
                yield from (
                    _Marks(group, is_group=True)
                    for key, group in inner.items()
                    if isinstance(group, dict) and _plain(key) in names.INNER_GROUPS
                )


def _totals(one: _List) -> Iterator[tuple[str, int]]:
    lengths = _lengths(one)
    for marks in _marked(one):
        yield from ((name, total) for _, name, total in marks.totals if total not in lengths)


def _lengths(one: _List) -> set[int]:
    """The lengths of the lists beside the objects around a list: a count that one of them has is its own."""
    return {len(value) for around in one.around for value in around.values() if isinstance(value, list)}


def _further_pages(one: _List, read: int) -> Iterator[str]:
    """The names of the marks of a further page. `read`: items that came in all."""
    for marks in _marked(one):
        for plain, (name, value) in marks.fields.items():
            is_link = plain in names.LINKS and _is_address(value)
            if is_link or _is_damaged_mark(plain, value) or (not marks.prefix and _is_continued(plain, value)):
                yield name
        if marks.prefix:
            continue
        # Marks by number say nothing where the whole number came; a count may be that of one page.
        if not any(total == read and plain not in names.OF_PAGE for plain, _, total in marks.totals):
            yield from _page_marks(marks)
        if next_link(marks.raw) or _has_damaged_relation(marks.raw):
            yield "links"


def _is_damaged_mark(plain: str, value: Any) -> bool:
    """Whether a mark may have said that the list goes on: characters of it were lost."""
    return plain in names.TEXTS and isinstance(value, str) and shows_damage(value)


def _is_continued(plain: str, value: Any) -> bool:
    """Whether a field says alone, and by no address, that the list goes on."""
    if plain in names.TOKENS:
        return _is_token(value)
    if plain in names.FLAGS:
        return value is True or _is_text(value, "true")
    if plain in names.ENDS:
        return value is False or _is_text(value, "false")
    if plain in names.TOTALS:
        return isinstance(value, str) and bool(_MORE_THAN.fullmatch(value))
    return plain == "offset" and isinstance(value, str) and bool(_AIRTABLE_OFFSET.fullmatch(value))


def _is_text(value: Any, text: str) -> bool:
    return isinstance(value, str) and value.strip().lower() == text


def _is_token(token: Any) -> bool:
    """Whether a value tells where the next page begins: a text, the key of an entry, or a number."""
    if isinstance(token, str):
        return token.strip().lower() not in _NO_TOKENS
    return bool(token) and (isinstance(token, dict) or (_number(token) or 0) > 0)


def _number(value: Any) -> int | None:
    """An integer, also as a text of digits; None for all else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    return value if type(value) is int else None


def _page_marks(marks: _Marks) -> Iterator[str]:
    """The marks of numbered pages before the last one. Spring counts from 0, and says which page is the last."""
    fields = marks.fields
    numbers = {plain: number for plain, (_, value) in fields.items() if (number := _number(value)) is not None}
    counts = [plain for plain in fields if plain in names.PAGE_COUNTS and numbers.get(plain, 0) > 1]
    page = next((numbers[plain] for plain in names.PAGE_NUMBERS if plain in numbers), None)
    if page is None and "number" in numbers:
        page = numbers["number"] + 1
    yield from (fields[plain][0] for plain in counts if page is not None and page < numbers[plain])
    yield from (fields[plain][0] for plain, number in numbers.items() if _is_next(plain, number, page, marks.totals))
    if marks.raw.get("last") is False and ("first" in marks.raw or "pageable" in marks.raw or counts):
        yield "last"


def _is_next(plain: str, number: int, page: int | None, totals: list[tuple[str, str, int]]) -> bool:
    """Whether a number is that of a page after `page`, or a position before the end of the list."""
    if plain in names.NEXT_PAGES:
        return number > (1 if page is None else page)
    return plain in names.NEXT_POSITIONS and 0 < number < max((total for _, _, total in totals), default=number + 1)


def _is_address(link: Any) -> bool:
    link = link.get("href") or link.get("url") if isinstance(link, dict) else link
    return isinstance(link, str) and bool(_ADDRESS.match(link))


def next_link(document: Any) -> str:
    """The address of the next page in a list of links as OGC API or FHIR writes it, "" at the end."""
    for link in _links(document):
        address = link.get("href") or link.get("url")
        if "next" in _relations(link) and isinstance(address, str):
            return address
    return ""


def _has_damaged_relation(document: Any) -> bool:
    """Whether one of the links of an answer may be that of the next page: characters of its relation were lost."""
    relations = (relation for link in _links(document) for relation in _relations(link))
    return any(isinstance(relation, str) and shows_damage(relation) for relation in relations)


def _links(document: Any) -> Iterator[dict[str, Any]]:
    fields = document if isinstance(document, dict) else {}
    lists = [fields[name] for name in ("links", "_links", "link") if isinstance(fields.get(name), list)]
    return (link for links in lists for link in links if isinstance(link, dict))


def _relations(link: dict[str, Any]) -> tuple[Any, Any]:
    return link.get("rel"), link.get("relation")

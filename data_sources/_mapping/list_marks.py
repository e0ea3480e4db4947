"""The marks by which an answer says that a list in it is not whole: a further page, or a total beyond what came.

They are those of OData and SensorThings, OGC API, STAC, HAL, JSON:API, Django, Hydra, Spring, Laravel, Esri, OpenAQ,
OpenDataSoft, Elasticsearch, CouchDB, DynamoDB, Airtable and the HTTP headers. They count only beside a list that the
row reads to its end: `data[0]` and `data[:5]` ask for no more.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from data_sources._mapping.expressions import find, is_plain_path
from data_sources._mapping.options import ItemOptions
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.reading import RejectedItem

_LINKS = (
    "@iot.nextLink", "@odata.nextLink", "odata.nextLink", "nextLink", "next", "hydra:next", "next_url", "nextUrl",
    "next_page_url", "nextPageUrl", "next_page", "nextPage",
)  # fmt: skip
_TOKENS = (
    "nextPageToken", "next_page_token", "nextCursor", "next_cursor", "nextToken", "next_token", "NextToken",
    "continuationToken", "continuation_token", "LastEvaluatedKey", "offset",
)  # fmt: skip
_FLAGS = (
    "exceededTransferLimit", "hasNextPage", "has_next_page", "hasNext", "has_next", "hasMore", "has_more", "more",
    "hasMorePages", "has_more_pages", "truncated", "isTruncated", "is_truncated", "IsTruncated",
)  # fmt: skip
_TOTALS = (
    "@iot.count", "@odata.count", "odata.count", "count", "total", "totalCount", "total_count", "totalItems",
    "total_items", "totalResults", "total_results", "totalElements", "recordsTotal", "totalRecords", "total_records",
    "totalRows", "total_rows", "totalHits", "total_hits", "nhits", "nbHits", "numberMatched", "totalFeatures",
    "numFound", "found", "matched", "hydra:totalItems", "tongSo", "tong_so", "tongSoBanGhi", "tong_so_ban_ghi",
)  # fmt: skip
_PAGE_COUNTS = (
    "totalPages",
    "total_pages",
    "last_page",
    "lastPage",
    "pageCount",
    "page_count",
    "numPages",
    "num_pages",
)
_PAGE_NUMBERS = ("page", "current_page", "currentPage", "pageNumber", "page_number", "pageIndex", "page_index")
# Objects beside a list that hold its marks.
_GROUPS = (
    "meta", "_meta", "metadata", "pagination", "paging", "page", "pageInfo", "properties", "context", "links", "_links",
    "hydra:view", "view",
)  # fmt: skip
_ADDRESS = re.compile(r"https?://|/|[^/]*\?")  # not the time or the number that a field named "next" may hold
_MORE_THAN = re.compile(r">[0-9]{1,12}")  # OpenAQ's `found`
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`")
_NAME = r'(?:[A-Za-z_]\w*|"(?:[^"\\])*")'
_PATH = re.compile(rf"(?<![.\w]){_NAME}(?:\.{_NAME})*", re.ASCII)
_BOUNDED = re.compile(r"\[\s*(?:-?[0-9]|:)|\(")  # an index, a slice, or a function's arguments
_STEP = re.compile(_NAME, re.ASCII)


class _List(NamedTuple):
    """A list of an answer: the objects around it, the outermost first, its name in the last, and its length."""

    around: tuple[dict[str, Any], ...]
    name: str
    length: int


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
    marks = [mark for one in found[-1] for mark in _further_pages(one)]
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
        names = [name.strip('"') for name in _STEP.findall(match[0])]
        around, here = [], document
        for name in names:
            around.append(here)
            here = here.get(name) if isinstance(here, dict) else None
        if isinstance(here, list):
            lists.append(_List(tuple(around), names[-1], len(here)))
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


def _marked(one: _List) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects that may hold marks of a list, each with the prefix of their names."""
    for n, around in enumerate(one.around, 1):
        yield "", around
        if n == len(one.around):  # OData and SensorThings write the marks of an inner list with its name
            yield one.name, around
        for group in _GROUPS:
            if isinstance(inner := around.get(group), dict):
                yield "", inner


def _totals(one: _List) -> Iterator[tuple[str, int]]:
    for prefix, marks in _marked(one):
        for name in _TOTALS:
            total = marks.get(prefix + name)
            total = total.get("value") if isinstance(total, dict) else total  # of Elasticsearch
            if isinstance(total, int) and not isinstance(total, bool) and total not in _lengths(one):
                yield prefix + name, total


def _lengths(one: _List) -> set[int]:
    """The lengths of the lists beside the objects around a list: a count that one of them has is its own."""
    return {len(value) for around in one.around for value in around.values() if isinstance(value, list)}


def _further_pages(one: _List) -> Iterator[str]:
    """The names of the marks of a further page."""
    for prefix, marks in _marked(one):
        yield from (prefix + name for name in _LINKS if _is_address(marks.get(prefix + name)))
        if prefix:
            continue
        yield from (name for name in _TOKENS if _is_token(marks.get(name)))
        yield from (name for name in _FLAGS if marks.get(name) is True)
        yield from (name for name in _TOTALS if isinstance(text := marks.get(name), str) and _MORE_THAN.fullmatch(text))
        yield from _page_marks(marks)
        if next_link(marks):
            yield "links"


def _is_token(token: Any) -> bool:
    """Whether a value tells where the next page begins: a text, or the key of an entry; no number of entries."""
    return bool(token) and (isinstance(token, dict) or (isinstance(token, str) and not token.strip().isdecimal()))


def _page_marks(marks: dict[str, Any]) -> Iterator[str]:
    """The marks of numbered pages before the last one. Spring counts from 0, and says which page is the last."""
    counts = [name for name in _PAGE_COUNTS if type(marks.get(name)) is int and marks[name] > 1]
    page = next((marks[name] for name in _PAGE_NUMBERS if type(marks.get(name)) is int), None)
    if page is None and type(marks.get("number")) is int:
        page = marks["number"] + 1
    yield from (name for name in counts if page is not None and page < marks[name])
    if marks.get("last") is False and ("first" in marks or "pageable" in marks or counts):
        yield "last"


def _is_address(link: Any) -> bool:
    link = link.get("href") if isinstance(link, dict) else link
    return isinstance(link, str) and bool(_ADDRESS.match(link))


def next_link(document: Any) -> str:
    """The address of the next page in a list of links as OGC API writes it, "" at the end."""
    fields = document if isinstance(document, dict) else {}
    links = [link for name in ("links", "_links") if isinstance(fields.get(name), list) for link in fields[name]]
    for link in links:
        if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            return str(link["href"])
    return ""

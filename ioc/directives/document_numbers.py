"""No number twice: a document keeps its key, and is found by the number that it got later, issued or corrected."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import chain, count

from ioc.domain.directives.directive import Document
from ioc.domain.directives.task_sheet import MAX_LABEL, document_key
from ioc.domain.events.pii_masking import mask_start
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents

_DIGEST = 6  # characters, as of document_key


class NumberedLater:
    """Issued instructions and corrected documents, as one transaction reads them: of each year once."""

    def __init__(self, conn: Conn) -> None:
        self._conn, self._years = conn, dict[int, Mapping[str, Sequence[Document]]]()

    def find(self, issuer: str, number: str, issued_on: date | None) -> str | None:
        """The key of the one that is the document with that issuer, number and day: see `_is_same`."""
        if issued_on is None:
            return None
        if issued_on.year not in self._years:
            self._years[issued_on.year] = self._read(issued_on.year)
        alike = self._years[issued_on.year].get(document_key("", number, issued_on), ())
        found = [each for each in alike if _is_same(each, issuer, issued_on)]
        return min(found, key=lambda each: each.issuer != issuer).key if found else None

    def _read(self, year: int) -> Mapping[str, Sequence[Document]]:
        by_number = defaultdict[str, list[Document]](list)
        for each in documents.numbered_later(self._conn, year):
            by_number[document_key("", each.number, date(year, 1, 1))].append(each)
        return by_number


def free_key(conn: Conn, issuer: str, number: str, issued_on: date) -> str:
    """The key for a new document; with a digest where that of its number is still one of another, corrected number."""
    key = document_key(issuer, number, issued_on)
    return key_not_left(lambda each: documents.find_header(conn, each), key, issuer, number, issued_on)


def key_not_left(
    holder_of: Callable[[str], Document | None], key: str, issuer: str, number: str, issued_on: date
) -> str:  # fmt: skip
    """`key`, which is that of a number, or the first other one for it whose holder has not left the number."""
    spaced = (number.ljust(len(number) + n) for n in count())
    others = (f"{key}--{sha256(each.encode()).hexdigest()[:_DIGEST]}" for each in spaced)
    return next(each for each in chain([key], others) if not is_left(holder_of(each), issuer, number, issued_on))


def is_left(holder: Document | None, issuer: str, number: str, issued_on: date) -> bool:
    """Whether `holder` of the key of issuer, number and year of `issued_on` has others since it was corrected."""
    if holder is None or not holder.corrections or holder.issued_on is None:
        return False
    stored = mask_start(number, MAX_LABEL)  # as numbers of documents are
    is_renumbered = document_key("", holder.number, holder.issued_on) != document_key("", stored, issued_on)
    return is_renumbered or not _is_same(holder, issuer, issued_on)


def is_number_taken(conn: Conn, issuer: str, number: str, issued_on: date, *, besides: str = "") -> bool:
    """Whether a document, entered or an instruction, is the one with that issuer, number and day: see `_is_same`.

    `besides`: key of a document that does not count.
    """
    name = document_key("", number, issued_on)
    found = (each for each in documents.issued_with(conn, issued_on.year, number, name) if each.key != besides)
    return any(document_key("", each.number, issued_on) == name and _is_same(each, issuer, issued_on) for each in found)


def used_besides(conn: Conn, issuer: str, number: str, issued_on: date) -> date | None:
    """The day of another document of that number and year, where `issuer` is "": whether both are one is not known."""
    name = document_key("", number, issued_on)
    found = documents.issued_with(conn, issued_on.year, number, name) if not issuer else []
    days = (each.issued_on for each in found if each.issued_on and document_key("", each.number, issued_on) == name)
    return next(days, None)


def _is_same(document: Document, issuer: str, issued_on: date) -> bool:
    """Whether `document` is the one that `issuer` issued with its number in its year.

    Numbers repeat over issuers. Where one of both has no issuer, as an instruction of a position without an agency,
    the day of issue must agree too.
    """
    if document.issuer and issuer:
        return document.issuer == issuer
    return document.issuer == issuer or document.issued_on == issued_on

"""No number twice: a document keeps its key, and is found by the number that it got later, issued or corrected."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from ioc.domain.directives.directive import Document
from ioc.domain.directives.document_checks import FIRST_YEAR
from ioc.domain.directives.task_sheet import document_key
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
    return other_key(key, number) if is_left(documents.find_header(conn, key), number) else key


def is_left(holder: Document | None, number: str) -> bool:
    """Whether `holder` of the key of a number has another one since it was corrected."""
    day = date(FIRST_YEAR, 1, 1)
    return holder is not None and bool(holder.corrections) and (
        document_key("", holder.number, day) != document_key("", number, day)
    )  # fmt: skip


def other_key(key: str, number: str) -> str:
    """The key of a number whose own one is that of a document that has left it."""
    return f"{key}--{sha256(number.encode()).hexdigest()[:_DIGEST]}"


def is_number_taken(conn: Conn, issuer: str, number: str, issued_on: date, *, besides: str = "") -> bool:
    """Whether a document, entered or an instruction, is the one with that issuer, number and day: see `_is_same`.

    `besides`: key of a document that does not count.
    """
    name = document_key("", number, issued_on)
    found = (each for each in documents.issued_with(conn, issued_on.year, number, name) if each.key != besides)
    return any(document_key("", each.number, issued_on) == name and _is_same(each, issuer, issued_on) for each in found)


def _is_same(document: Document, issuer: str, issued_on: date) -> bool:
    """Whether `document` is the one that `issuer` issued with its number in its year.

    Numbers repeat over issuers. Where one of both has no issuer, as an instruction of a position without an agency,
    the day of issue must agree too.
    """
    if document.issuer and issuer:
        return document.issuer == issuer
    return document.issuer == issuer or document.issued_on == issued_on

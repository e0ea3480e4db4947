"""No number twice: an instruction keeps the key under which it was given, and is found by the number that it got."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from ioc.domain.directives.directive import Document
from ioc.domain.directives.task_sheet import document_key
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents


class IssuedInstructions:
    """The instructions that were issued, as one transaction reads them: of each year once."""

    def __init__(self, conn: Conn) -> None:
        self._conn, self._years = conn, dict[int, Mapping[str, Sequence[Document]]]()

    def find(self, issuer: str, number: str, issued_on: date | None) -> str | None:
        """The key of the instruction that is the document with that issuer, number and day: see `_is_same`."""
        if issued_on is None:
            return None
        if issued_on.year not in self._years:
            self._years[issued_on.year] = self._read(issued_on.year)
        alike = self._years[issued_on.year].get(document_key("", number, issued_on), ())
        found = [each for each in alike if _is_same(each, issuer, issued_on)]
        return min(found, key=lambda each: each.issuer != issuer).key if found else None

    def _read(self, year: int) -> Mapping[str, Sequence[Document]]:
        by_number = defaultdict[str, list[Document]](list)
        for each in documents.issued_instructions(self._conn, year):
            by_number[document_key("", each.number, date(year, 1, 1))].append(each)
        return by_number


def is_number_taken(conn: Conn, issuer: str, number: str, issued_on: date) -> bool:
    """Whether a document, entered or an instruction, is the one with that issuer, number and day: see `_is_same`."""
    name = document_key("", number, issued_on)
    found = documents.issued_with(conn, issued_on.year, number, name)
    return any(document_key("", each.number, issued_on) == name and _is_same(each, issuer, issued_on) for each in found)


def _is_same(document: Document, issuer: str, issued_on: date) -> bool:
    """Whether `document` is the one that `issuer` issued with its number in its year.

    Numbers repeat over issuers. Where one of both has no issuer, as an instruction of a position without an agency,
    the day of issue must agree too.
    """
    if document.issuer and issuer:
        return document.issuer == issuer
    return document.issuer == issuer or document.issued_on == issued_on

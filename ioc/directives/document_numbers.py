"""No number twice: an instruction keeps the key under which it was given, and is found by the number that it got."""

from datetime import date

from ioc.domain.directives.task_sheet import document_key
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents


class IssuedInstructions:
    """The instructions that were issued, by issuer, number and year; of each year they are read once."""

    def __init__(self, conn: Conn) -> None:
        self._conn, self._years = conn, dict[int, dict[tuple[str, str], str]]()

    def find(self, issuer: str, number: str, issued_on: date | None) -> str | None:
        """The key of the instruction with that number; one of a position without an agency is of any issuer."""
        if issued_on is None:
            return None
        if issued_on.year not in self._years:
            headers = documents.issued_instructions(self._conn, issued_on.year)
            self._years[issued_on.year] = {
                (each.issuer, document_key("", each.number, issued_on)): each.key for each in headers
            }
        of_year, name = self._years[issued_on.year], document_key("", number, issued_on)
        return of_year.get((issuer, name)) or of_year.get(("", name))


def is_number_taken(conn: Conn, number: str, issued_on: date) -> bool:
    """Whether a document of any issuer, entered or an instruction, has that number in that year."""
    name = document_key("", number, issued_on)
    found = documents.issued_with(conn, issued_on.year, number, name)
    return any(document_key("", each.number, issued_on) == name for each in found)

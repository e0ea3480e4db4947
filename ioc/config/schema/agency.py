"""agencies.yaml: who exists from when to when, and who took over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from ioc.config import cross_checks
from ioc.config.errors import Fault
from ioc.config.located_rows import At, Names, R, Rows
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Id, Word
from ioc.config.unreadable import READABLE
from ioc.domain.base.localized_text import Text
from ioc.domain.directives.agency import Agency, Succession


class SuccessionRow(Row):
    """One successor of an agency."""

    agency: Id
    on: date
    basis: TextRow
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class AgencyRow(Row):
    """A row of agencies.yaml."""

    key: Id
    name: TextRow
    short: TextRow
    since: date | None = None
    until: date | None = None
    successors: tuple[SuccessionRow, ...] = ()
    simulated: bool = False
    place: Word = ""

    def agency(self) -> Agency:
        """As the domain has it."""
        heirs = tuple(Succession(one.agency, one.on, one.basis.text(), one.share) for one in self.successors)
        return Agency(
            self.key, self.name.text(), self.short.text(), self.since, self.until, heirs, self.simulated,
            self.place,
        )  # fmt: skip


def check(rows: Rows[AgencyRow]) -> list[Fault]:
    """Successors exist, an agency does not end before it began."""
    keys, found = rows.names(), cross_checks.unique(rows)
    for at in rows:
        with READABLE:
            found += _heirs(at, keys)
        with READABLE:
            if at.row.since and at.row.until and at.row.until < at.row.since:
                found.append(at.fault("until lies before since", "", "until"))
    return found


def _heirs(at: At[AgencyRow], keys: Names) -> list[Fault]:
    found: list[Fault] = []
    for n, heir in enumerate(at.row.successors):
        with READABLE:
            found += cross_checks.named(at, "agency", heir.agency, keys, "successors", n, "agency")
    return found


@dataclass(frozen=True, slots=True)
class Owners:
    """Who may own a source or a KPI; `alias`: what city.yaml says for whom, None where that could not be read."""

    known: Mapping[str, Agency]
    names: Names
    alias: Mapping[str, str] | None

    def of(self, given: str) -> str:
        """The agency that `given` stands for."""
        return (self.alias or {}).get(given, given)

    def faults(self, at: At[R], given: str) -> list[Fault]:
        """The owner exists."""
        return [] if self.alias is None else cross_checks.named(at, "owner", self.of(given), self.names, "owner")

    def honest(self, at: At[R], given: str, simulated: bool) -> list[Fault]:
        """Simulated performance never hangs on a real agency."""
        return [] if self.alias is None else cross_checks.honest(at, self.of(given), simulated, self.known)


def called(rows: Rows[AgencyRow]) -> dict[str, Text]:
    """The short names of the agencies, as far as they can be read."""
    found = {}
    for at in rows:
        with READABLE:
            found[at.row.key] = at.row.short.text()
    return found


def readable(rows: Rows[AgencyRow]) -> dict[str, Agency]:
    """The agencies of which it is known whether they are real, for the checks of others."""
    found = {}
    for at in rows:
        with READABLE:
            found[at.row.key] = Agency(at.row.key, Text(""), Text(""), simulated=at.row.simulated)
    return found

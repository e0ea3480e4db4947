"""agencies.yaml: agencies with their validity and their successors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.located_rows import KnownNames, LocatedRow, R, RowList
from ioc.config.row_codes import RowCode
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Id, Word
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
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

    def to_domain(self) -> Agency:
        """The agency that the row describes."""
        successions = tuple(Succession(row.agency, row.on, row.basis.text(), row.share) for row in self.successors)
        return Agency(
            self.key, self.name.text(), self.short.text(), self.since, self.until, successions, self.simulated,
            self.place,
        )  # fmt: skip


def check(rows: RowList[AgencyRow]) -> list[ConfigFault]:
    """Successors exist, an agency does not end before it began."""
    keys, faults = rows.names(), cross_checks.check_unique(rows)
    for located in rows:
        with SKIP_UNREADABLE:
            faults += _check_successors(located, keys)
        with SKIP_UNREADABLE:
            row = located.row
            if row.since and row.until and row.until < row.since:
                faults.append(located.fault(Failure(RowCode.UNTIL_BEFORE_SINCE), None, "until"))
    return faults


def _check_successors(located: LocatedRow[AgencyRow], keys: KnownNames) -> list[ConfigFault]:
    faults: list[ConfigFault] = []
    for n, successor in enumerate(located.row.successors):
        with SKIP_UNREADABLE:
            path = ("successors", n, "agency")
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_AGENCY, successor.agency, keys, *path)
    return faults


@dataclass(frozen=True, slots=True)
class Owners:
    """Agencies that may own a source or a KPI.

    `aliases`: key written in a row -> agency, from city.yaml; None where that could not be read.
    """

    agencies: Mapping[str, Agency]
    names: KnownNames
    aliases: Mapping[str, str] | None

    def resolve(self, key: str) -> str:
        """The agency that the owner `key` of a row stands for."""
        return (self.aliases or {}).get(key, key)

    def check_exists(self, located: LocatedRow[R], key: str) -> list[ConfigFault]:
        """The owner exists."""
        if self.aliases is None:
            return []
        return cross_checks.check_exists(located, RowCode.UNKNOWN_OWNER, self.resolve(key), self.names, "owner")

    def check_owner_simulated(self, located: LocatedRow[R], key: str, is_simulated: bool) -> list[ConfigFault]:
        """Simulated performance never hangs on a real agency."""
        if self.aliases is None:
            return []
        return cross_checks.check_owner_simulated(located, self.resolve(key), is_simulated, self.agencies)


def short_names(rows: RowList[AgencyRow]) -> dict[str, LocalizedText]:
    """Short names by key, as far as they can be read."""
    names = {}
    for located in rows:
        with SKIP_UNREADABLE:
            names[located.row.key] = located.row.short.text()
    return names


def readable_agencies(rows: RowList[AgencyRow]) -> dict[str, Agency]:
    """The agencies of which it is known whether they are simulated, without their names, for cross checks."""
    agencies = {}
    no_name = LocalizedText("")
    for located in rows:
        with SKIP_UNREADABLE:
            row = located.row
            agencies[row.key] = Agency(row.key, no_name, no_name, is_simulated=row.simulated)
    return agencies

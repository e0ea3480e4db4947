"""agencies.yaml: who exists from when to when, and who took over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.located_rows import KnownNames, LocatedRow, R, RowList
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Id, Word
from ioc.config.unreadable import SKIP_UNREADABLE
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
        """As the domain has it."""
        heirs = tuple(Succession(one.agency, one.on, one.basis.text(), one.share) for one in self.successors)
        return Agency(
            self.key, self.name.text(), self.short.text(), self.since, self.until, heirs, self.simulated,
            self.place,
        )  # fmt: skip


def check(rows: RowList[AgencyRow]) -> list[ConfigFault]:
    """Successors exist, an agency does not end before it began."""
    keys, found = rows.names(), cross_checks.check_unique(rows)
    for at in rows:
        with SKIP_UNREADABLE:
            found += _check_successors(at, keys)
        with SKIP_UNREADABLE:
            if at.row.since and at.row.until and at.row.until < at.row.since:
                found.append(at.fault("until lies before since", "", "until"))
    return found


def _check_successors(at: LocatedRow[AgencyRow], keys: KnownNames) -> list[ConfigFault]:
    found: list[ConfigFault] = []
    for n, heir in enumerate(at.row.successors):
        with SKIP_UNREADABLE:
            found += cross_checks.check_exists(at, "agency", heir.agency, keys, "successors", n, "agency")
    return found


@dataclass(frozen=True, slots=True)
class Owners:
    """Who may own a source or a KPI; `alias`: what city.yaml says for whom, None where that could not be read."""

    agencies: Mapping[str, Agency]
    names: KnownNames
    aliases: Mapping[str, str] | None

    def resolve(self, key: str) -> str:
        """The agency that `given` stands for."""
        return (self.aliases or {}).get(key, key)

    def check_exists(self, at: LocatedRow[R], key: str) -> list[ConfigFault]:
        """The owner exists."""
        return (
            []
            if self.aliases is None
            else cross_checks.check_exists(at, "owner", self.resolve(key), self.names, "owner")
        )

    def check_owner_simulated(self, at: LocatedRow[R], key: str, simulated: bool) -> list[ConfigFault]:
        """Simulated performance never hangs on a real agency."""
        return (
            []
            if self.aliases is None
            else cross_checks.check_owner_simulated(at, self.resolve(key), simulated, self.agencies)
        )


def short_names(rows: RowList[AgencyRow]) -> dict[str, LocalizedText]:
    """The short names of the agencies, as far as they can be read."""
    found = {}
    for at in rows:
        with SKIP_UNREADABLE:
            found[at.row.key] = at.row.short.text()
    return found


def readable_agencies(rows: RowList[AgencyRow]) -> dict[str, Agency]:
    """The agencies of which it is known whether they are real, for the checks of others."""
    found = {}
    for at in rows:
        with SKIP_UNREADABLE:
            found[at.row.key] = Agency(at.row.key, LocalizedText(""), LocalizedText(""), is_simulated=at.row.simulated)
    return found

"""agencies.yaml: who exists from when to when, and who took over."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from config import checks
from config.faults import Fault
from config.folder import At
from config.rows import Id, Row, TextRow, Word
from domain.agency import Agency, Succession


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


def faults(rows: Sequence[At[AgencyRow]]) -> list[Fault]:
    """Successors exist, an agency does not end before it began."""
    keys = {at.row.key for at in rows}
    found = checks.unique(rows)
    for at in rows:
        for n, heir in enumerate(at.row.successors):
            found += checks.named(at, "agency", heir.agency, keys, "successors", n, "agency")
        if at.row.since and at.row.until and at.row.until < at.row.since:
            found.append(at.fault("until lies before since", "", "until"))
    return found

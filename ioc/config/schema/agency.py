"""agencies.yaml: agencies with their validity and their successors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import yaml
from pydantic import Field

from ioc.config.errors import ConfigFault, suggest
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, R, Rows, check_exists, check_unique, keys_of
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Day, Id, Word
from ioc.config.yaml_file import find_node
from ioc.domain.base.failure import Failure
from ioc.domain.directives.agency import Agency, Succession


class SuccessionRow(Row):
    """One successor of an agency."""

    agency: Id
    on: Day
    basis: TextRow
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class AgencyRow(Row):
    """A row of agencies.yaml."""

    key: Id
    name: TextRow
    short: TextRow
    since: Day | None = None
    until: Day | None = None
    successors: tuple[SuccessionRow, ...] = ()
    simulated: bool = False
    place: Word = ""
    central: bool = False

    def to_domain(self) -> Agency:
        """The agency that the row describes."""
        successions = tuple(Succession(row.agency, row.on, row.basis.text(), row.share) for row in self.successors)
        return Agency(
            self.key, self.name.text(), self.short.text(), self.since, self.until, successions, self.simulated,
            self.place, self.central,
        )  # fmt: skip


def check(located: LocatedRow[AgencyRow]) -> list[ConfigFault]:
    """An agency does not end before it began."""
    row = located.row
    if row.since and row.until and row.until < row.since:
        return [located.fault(Failure(RowCode.UNTIL_BEFORE_SINCE), None, "until")]
    return []


def check_references(rows: Rows[AgencyRow]) -> list[ConfigFault]:
    """Keys are unique, successors exist."""
    keys, faults = keys_of(rows), check_unique(rows)
    for located in rows:
        for n, successor in enumerate(located.row.successors):
            path = ("successors", n, "agency")
            faults += check_exists(located, RowCode.UNKNOWN_AGENCY, successor.agency, keys, *path)
    return faults


@dataclass(frozen=True, slots=True)
class Owners:
    """Agencies that may own a source or a KPI. `aliases`: key written in a row -> agency, from city.yaml.

    `is_mixed`: simulated and real sources are on together. Nobody knows which of them is wrong: whether a figure may
    hang on a real agency is not judged then.
    """

    agencies: Mapping[str, Agency]
    aliases: Mapping[str, str]
    is_mixed: bool = False

    def resolve(self, key: str) -> str:
        """The agency that the owner `key` of a row stands for."""
        return self.aliases.get(key, key)

    def check(self, located: LocatedRow[R], key: str, is_simulated: bool) -> list[ConfigFault]:
        """The owner exists. Simulated performance never hangs on a real agency."""
        owner = self.resolve(key)
        agency = self.agencies.get(owner)
        if agency is None:  # that of an alias is a fault of city.yaml
            is_alias = key in self.aliases
            if is_alias:
                return []
            field = _owner_field(located, key)
            code = RowCode.UNKNOWN_OWNER if field == "owner" else RowCode.UNKNOWN_AGENCY
            return check_exists(located, code, owner, self.agencies, field)
        if not is_simulated or agency.is_simulated or self.is_mixed:
            return []
        simulated = (other.key for other in self.agencies.values() if other.is_simulated)
        failure = Failure(RowCode.REAL_OWNER_OF_SIMULATED, {"owner": owner})
        return [located.fault(failure, suggest(owner, simulated, RowCode.NAME_AN_OWNER), _owner_field(located, key))]


def _owner_field(located: LocatedRow[R], key: str) -> str:
    """Where a row names its owner `key`: `owner`, or the `agency` or `each` of an obligation."""
    nodes = {field: find_node(located.node, (field,)).node for field in ("owner", "agency")}
    fields = (field for field, node in nodes.items() if isinstance(node, yaml.ScalarNode) and node.value == key)
    return next(fields, "each")

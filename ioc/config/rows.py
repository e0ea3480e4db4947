"""Rows with the place where they stand, and what is checked of rows of any kind."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import yaml
from pydantic import BaseModel

from ioc.config.errors import ConfigCode, ConfigFault, suggest
from ioc.config.row_codes import RowCode
from ioc.config.yaml_file import fault_at
from ioc.domain.base.failure import Failure

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LocatedRow(Generic[R]):
    """A row and the node of yaml that it was read from."""

    row: R
    node: yaml.Node

    @property
    def place(self) -> str:
        """File name and line, for a fault of another row that names this one."""
        return f"{self.node.start_mark.name}:{self.node.start_mark.line + 1}"

    def fault(self, failure: Failure, suggestion: Failure | None = None, *inner: str | int) -> ConfigFault:
        """A fault of this row, or of what lies at `inner` in it."""
        return fault_at(self.node, failure, suggestion, inner)


Rows = Sequence[LocatedRow[R]]


def keys_of(rows: Iterable[LocatedRow[R]], field: str = "key") -> frozenset[str]:
    """The keys that `rows` define."""
    return frozenset(getattr(located.row, field) for located in rows)


def check_unique(rows: Iterable[LocatedRow[R]], field: str = "key") -> list[ConfigFault]:
    """No key twice; the second one is the fault."""
    first_by_key: dict[str, LocatedRow[R]] = {}
    faults = []
    for located in rows:
        key = getattr(located.row, field)
        first = first_by_key.setdefault(key, located)
        if first is not located:
            failure = Failure(ConfigCode.KEY_TAKEN, {"field": field, "key": key, "place": first.place})
            faults.append(located.fault(failure, Failure(ConfigCode.CHOOSE_ANOTHER_KEY), field))
    return faults


def check_exists(
    located: LocatedRow[R], code: RowCode, name: str, names: Collection[str], *inner: str | int
) -> list[ConfigFault]:
    """`name` is one of `names`, else a fault of `code`."""
    if name in names:
        return []
    return [located.fault(Failure(code, {"name": name}), suggest(name, names), *inner)]

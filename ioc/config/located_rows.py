"""Rows with the place where they stand, and the names that they define: all, or only those that could be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from ioc.config.errors import ConfigFault
from ioc.config.unreadable import UNREAD, UnreadableFieldError
from ioc.config.yaml_file import YamlFile
from ioc.config.yaml_reader import YamlPath
from ioc.domain.base.failure import Failure

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LocatedRow(Generic[R]):
    """A row and where it stands. Of a row with faults only the sound fields exist; reading another one raises
    UnreadableFieldError.
    """

    row: R
    file: YamlFile
    path: YamlPath

    @property
    def place(self) -> str:
        """File name and line, for a fault of another row that names this one."""
        return f"{self.file.name}:{self.file.line(self.path)}"

    def fault(self, failure: Failure, suggestion: Failure | None = None, *inner: str | int) -> ConfigFault:
        """A fault of this row, or of what lies at `inner` in it."""
        return self.file.fault((*self.path, *inner), failure, suggestion)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names that a row may refer to. Unless `is_complete`, a missing one may stand in what could not be read."""

    names: frozenset[str]
    is_complete: bool = True

    @classmethod
    def of(cls, names: Iterable[str], is_complete: bool = True) -> "KnownNames":
        """All of `names`; one that is UNREAD makes them incomplete."""
        every = list(names)
        return cls(frozenset(name for name in every if name is not UNREAD), is_complete and UNREAD not in every)

    def is_missing(self, name: object) -> bool:
        """Whether `name` is surely none of them."""
        return self.is_complete and name is not UNREAD and name not in self.names


@dataclass(frozen=True, slots=True)
class RowList(Generic[R]):
    """The rows of a file. Unless `is_complete`, some of them, or all, could not be read at all."""

    rows: tuple[LocatedRow[R], ...] = ()
    is_complete: bool = True

    def __iter__(self) -> Iterator[LocatedRow[R]]:
        return iter(self.rows)

    def __add__(self, other: "RowList[R]") -> "RowList[R]":
        return RowList(self.rows + other.rows, self.is_complete and other.is_complete)

    def items(self, field: str = "key") -> Iterator[tuple[str, LocatedRow[R]]]:
        """Each row whose name could be read, by its name."""
        for located in self.rows:
            try:
                yield str(getattr(located.row, field)), located
            except UnreadableFieldError:
                continue

    def names(self, field: str = "key") -> KnownNames:
        """The names of the rows."""
        names = [name for name, _ in self.items(field)]
        return KnownNames(frozenset(names), self.is_complete and len(names) == len(self.rows))

"""Rows that were read, and what they are called: all of them, or only those that could be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from ioc.config.errors import ConfigFault
from ioc.config.unreadable import UNREAD, UnreadableFieldError
from ioc.config.yaml_file import YamlFile
from ioc.config.yaml_reader import YamlPath

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LocatedRow(Generic[R]):
    """A row and where it stands. Of a row with faults only the sound fields are there; another one raises Unread."""

    row: R
    file: YamlFile
    path: YamlPath

    def fault(self, message: str, suggestion: str = "", *inner: str | int) -> ConfigFault:
        """A fault of this row, or of what lies at `inner` in it."""
        return self.file.fault((*self.path, *inner), message, suggestion)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What may be named. Where they are not `complete`, one that is missing may stand in what could not be read."""

    names: frozenset[str]
    is_complete: bool = True

    @classmethod
    def of(cls, names: Iterable[str], is_complete: bool = True) -> "KnownNames":
        """All of `names`; one that is unread makes them incomplete."""
        every = list(names)
        return cls(frozenset(one for one in every if one is not UNREAD), is_complete and UNREAD not in every)

    def is_missing(self, name: object) -> bool:
        """Whether `name` is surely none of them."""
        return self.is_complete and name is not UNREAD and name not in self.names


@dataclass(frozen=True, slots=True)
class RowList(Generic[R]):
    """The rows of a file. Not `complete`: some of them, or all, could not be read at all."""

    rows: tuple[LocatedRow[R], ...] = ()
    is_complete: bool = True

    def __iter__(self) -> Iterator[LocatedRow[R]]:
        return iter(self.rows)

    def __add__(self, other: "RowList[R]") -> "RowList[R]":
        return RowList(self.rows + other.rows, self.is_complete and other.is_complete)

    def items(self, field: str = "key") -> Iterator[tuple[str, LocatedRow[R]]]:
        """Each row whose name could be read."""
        for at in self.rows:
            try:
                yield str(getattr(at.row, field)), at
            except UnreadableFieldError:
                continue

    def names(self, field: str = "key") -> KnownNames:
        """What the rows are called."""
        every = [name for name, _ in self.items(field)]
        return KnownNames(frozenset(every), self.is_complete and len(every) == len(self.rows))

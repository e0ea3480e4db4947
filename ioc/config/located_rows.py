"""Rows that were read, and what they are called: all of them, or only those that could be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from ioc.config.errors import Fault
from ioc.config.unreadable import UNREAD, Unread
from ioc.config.yaml_file import YamlFile
from ioc.config.yaml_reader import Where

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class At(Generic[R]):
    """A row and where it stands. Of a row with faults only the sound fields are there; another one raises Unread."""

    row: R
    file: YamlFile
    where: Where

    def fault(self, what: str, right: str = "", *inner: str | int) -> Fault:
        """A fault of this row, or of what lies at `inner` in it."""
        return self.file.fault((*self.where, *inner), what, right)


@dataclass(frozen=True, slots=True)
class Names:
    """What may be named. Where they are not `complete`, one that is missing may stand in what could not be read."""

    known: frozenset[str]
    complete: bool = True

    @classmethod
    def of(cls, names: Iterable[str], complete: bool = True) -> "Names":
        """All of `names`; one that is unread makes them incomplete."""
        every = list(names)
        return cls(frozenset(one for one in every if one is not UNREAD), complete and UNREAD not in every)

    def missing(self, name: object) -> bool:
        """Whether `name` is surely none of them."""
        return self.complete and name is not UNREAD and name not in self.known


@dataclass(frozen=True, slots=True)
class Rows(Generic[R]):
    """The rows of a file. Not `complete`: some of them, or all, could not be read at all."""

    found: tuple[At[R], ...] = ()
    complete: bool = True

    def __iter__(self) -> Iterator[At[R]]:
        return iter(self.found)

    def __add__(self, other: "Rows[R]") -> "Rows[R]":
        return Rows(self.found + other.found, self.complete and other.complete)

    def named(self, field: str = "key") -> Iterator[tuple[str, At[R]]]:
        """Each row whose name could be read."""
        for at in self.found:
            try:
                yield str(getattr(at.row, field)), at
            except Unread:
                continue

    def names(self, field: str = "key") -> Names:
        """What the rows are called."""
        every = [name for name, _ in self.named(field)]
        return Names(frozenset(every), self.complete and len(every) == len(self.found))

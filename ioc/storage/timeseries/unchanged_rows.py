"""Objects made of the rows of a query that is repeated: an unchanged row keeps its object, which needs no comparing."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class UnchangedRows(Generic[T]):
    """What `make(*row)` gave for the rows of the last call, and of no other: their values change all the time."""

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._kept: dict[tuple[Any, ...], T] = {}

    def objects(self, rows: Iterable[Sequence[Any]]) -> dict[str, T]:
        """The objects by the first column of their rows."""
        known, make = self._kept, self._make
        self._kept = kept = {row: known[row] if row in known else make(*row) for row in map(tuple, rows)}
        return {row[0]: made for row, made in kept.items()}

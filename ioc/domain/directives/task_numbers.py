"""How many tasks there are: as their documents state them, with the parts of orders beside them."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class TaskNumbers(NamedTuple):
    """`tasks`: an order to several agencies is one of them. `parts`: of such orders, one for each agency."""

    tasks: int = 0
    parts: int = 0


NO_TASKS = TaskNumbers()


class PartOfOrder(Protocol):
    """A task of a document by its key, with the key of the order that it is a part of, "" for none."""

    @property
    def key(self) -> str: ...
    @property
    def part_of(self) -> str: ...


def number_of_tasks(tasks: Iterable[PartOfOrder]) -> TaskNumbers:
    """The numbers of tasks of one document. Parts of an order that is not among them are one task too."""
    found = list(tasks)
    return TaskNumbers(len({task.part_of or task.key for task in found}), sum(bool(task.part_of) for task in found))


def add_numbers(numbers: Iterable[TaskNumbers]) -> TaskNumbers:
    """The numbers of all documents, from those of each."""
    found = list(numbers)
    return TaskNumbers(sum(each.tasks for each in found), sum(each.parts for each in found))

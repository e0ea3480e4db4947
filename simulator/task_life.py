"""What the life of a simulated task is made of: documents, tasks and acts, each in days from the first start."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import OrderSource


class Step(NamedTuple):
    """An act. `day`: of the first start, so negative. `answers`: the act whose last event of the task is answered.

    `stated`: fields of ActFields; days are numbers from the first start.
    """

    day: int
    actor: str
    act: Act
    stated: Mapping[str, Any]
    answers: Act | None = None


class TaskLife(NamedTuple):
    """A task and what happens to it. `part_of`: key of the order; `is_order`: it is one. `due`: None for none.

    `place`: code of a unit of the city. `horizon`: short, long.
    """

    key: str
    title: str
    lead: str
    assigned: int
    due: int | None
    steps: Sequence[Step] = ()
    coordinating: tuple[str, ...] = ()
    product: str = ""
    part_of: str = ""
    is_order: bool = False
    place: str = ""
    horizon: str = ""


class DocumentLife(NamedTuple):
    """A document with its tasks. `parent`: number of the document that it carries out.

    `is_assigned`: False for one whose tasks wait for assignment.
    """

    number: str
    kind: str
    title: tuple[str, str]
    source: OrderSource
    sphere: str
    issued: int
    tasks: Sequence[TaskLife]
    parent: str = ""
    is_assigned: bool = True


def step(day: int, actor: str, act: Act, answers: Act | None = None, /, **stated: Any) -> Step:
    """An act that states `stated`."""
    return Step(day, actor, act, stated, answers)


def received(lead: str, day: int, unit: str = "Phòng Chuyên môn") -> tuple[Step, ...]:
    """The agency takes the task over on a day, and gives it to one of its units the day after."""
    leader = f"lanh-dao-{lead}"
    return (step(day, leader, Act.RECEIVE), step(day + 1, leader, Act.ASSIGN_INSIDE, unit=unit))


def report(lead: str, day: int, text: str, percent: float, **more: Any) -> Step:
    """A progress report."""
    return step(day, f"lanh-dao-{lead}", Act.REPORT, text=text, percent=percent, **more)


def submitted(lead: str, day: int, number: str) -> Step:
    """A completion report, with the number of the product signed the day before."""
    return step(
        day, f"lanh-dao-{lead}", Act.SUBMIT_COMPLETION, text="Báo cáo kết quả thực hiện nhiệm vụ.",
        document_number=number, document_date=day - 1,
    )  # fmt: skip


class DraftLife(NamedTuple):
    """An instruction without number and date. `returned`: why the Office gave it back, "" for one that waits."""

    actor: str
    agency: str
    text: str
    page: str
    subject: str
    value: str
    wished: int
    returned: str = ""

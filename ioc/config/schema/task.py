"""Rows of a task and its history: milestones, reports, extensions, submissions, transfers."""

from typing import Annotated

from pydantic import Field

from ioc.config.schema.base import BilingualText, Row, TextRow
from ioc.config.schema.field_types import Day, Finite, Id, Moment
from ioc.domain.directives.directive import CompletionRequest, Extension, Milestone, ProgressReport, Task, Transfer

Percent = Annotated[Finite, Field(ge=0, le=100)]
Weight = Annotated[Finite, Field(gt=0, le=1_000_000)]
EMPTY_TEXT = BilingualText.model_construct(vi="", en="")


class MilestoneRow(Row):
    """A step of a task, its weight and the day by which it is due."""

    name: TextRow
    due: Day
    weight: Weight = 1.0


class ReportRow(Row):
    """A progress report."""

    at: Moment
    percent: Percent
    note: TextRow = EMPTY_TEXT
    evidence: Annotated[str, Field(max_length=2000)] = ""


class ExtensionRow(Row):
    """An extension: the due date moves from `old` to `new`."""

    on: Day
    old: Day
    new: Day
    basis: TextRow


class SubmissionRow(Row):
    """A submission of the product, and the decision on it."""

    at: Moment
    decided: Moment | None = None
    accepted: bool = False


class TransferRow(Row):
    """A transfer of the task to another agency, by a legal act."""

    on: Day
    to: Id
    basis: TextRow


class TaskRow(Row):
    """A task of a document."""

    key: Id
    title: TextRow
    lead: Id
    assigned: Day
    due: Day | None = None
    weight: Weight = 1.0
    coordinating: tuple[Id, ...] = ()
    product: TextRow = EMPTY_TEXT
    leader: TextRow = EMPTY_TEXT
    follower: TextRow = EMPTY_TEXT
    horizon: Annotated[str, Field(pattern="^(short|medium|long)?$")] = ""
    kpis: tuple[Id, ...] = ()
    withdrawn: Moment | None = None
    milestones: tuple[MilestoneRow, ...] = ()
    reports: tuple[ReportRow, ...] = ()
    extensions: tuple[ExtensionRow, ...] = ()
    submissions: tuple[SubmissionRow, ...] = ()
    transfers: tuple[TransferRow, ...] = ()
    parents: tuple[Id, ...] = ()
    part_of: str = ""

    def to_domain(self) -> Task:
        """The task that the row describes."""
        return Task(
            self.key, self.title.text(), self.lead, self.assigned, self.due, self.weight, self.coordinating,
            self.product.text(), self.leader.text(), self.follower.text(), self.horizon, self.kpis, self.withdrawn,
            tuple(Milestone(row.name.text(), row.due, row.weight) for row in self.milestones),
            tuple(ProgressReport(row.at, row.percent, row.note.text(), row.evidence) for row in self.reports),
            tuple(Extension(row.on, row.old, row.new, row.basis.text()) for row in self.extensions),
            tuple(CompletionRequest(row.at, row.decided, row.accepted) for row in self.submissions),
            tuple(Transfer(row.on, row.to, row.basis.text()) for row in self.transfers),
            self.parents, self.part_of,
        )  # fmt: skip

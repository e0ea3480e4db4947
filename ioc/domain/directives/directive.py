"""Directives: documents and their tasks. What is stored is what happened; every status is derived at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency


@dataclass(frozen=True, slots=True)
class Milestone:
    """`weight`: its part of the whole task; planned progress rises to the cumulative weight by `due`."""

    name: LocalizedText
    due: date
    weight: float


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """A progress report. `percent` of the whole task, 0..100. `at` aware."""

    at: datetime
    percent: float
    note: LocalizedText = field(default_factory=lambda: LocalizedText(""))
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """The due date moved from `old` to `new` on the day `on`, by `basis`."""

    effective_on: date
    old_due: date
    new_due: date
    basis: LocalizedText


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """The product handed in for acceptance at `at`. `decided` None: waiting. `accepted` False: sent back."""

    at: datetime
    decided_at: datetime | None = None
    is_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """The task passed to `to` on the day `on`, by `basis`; a deadline never moves with it."""

    effective_on: date
    to_agency: str
    basis: LocalizedText


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a document. `lead`: the agency it was given to. `due` None: no deadline was set (the first one)."""

    key: str
    title: LocalizedText
    lead: str
    assigned_on: date
    due: date | None = None
    weight: float = 1.0
    coordinating: tuple[str, ...] = ()
    product: LocalizedText = field(default_factory=lambda: LocalizedText(""))
    leader: LocalizedText = field(default_factory=lambda: LocalizedText(""))  # a role, never a person's name
    follower: LocalizedText = field(default_factory=lambda: LocalizedText(""))
    horizon: str = ""  # short, long
    kpis: tuple[str, ...] = ()
    withdrawn_at: datetime | None = None
    milestones: tuple[Milestone, ...] = ()
    reports: tuple[ProgressReport, ...] = ()
    extensions: tuple[Extension, ...] = ()
    completion_requests: tuple[CompletionRequest, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    parents: tuple[str, ...] = ()  # documents that this task carries out
    part_of: str = ""  # the order of the same document that this task carries out for one addressee


@dataclass(frozen=True, slots=True)
class Document:
    """A directive. `key` is issuer-number-year; `number` is as printed."""

    key: str
    number: str
    title: LocalizedText
    kind: str  # công văn, quyết định, kế hoạch, chỉ thị, thông báo kết luận
    issuer: str
    issued_on: date | None
    published_on: date | None
    tasks: tuple[Task, ...]
    parents: tuple[str, ...] = ()
    is_simulated: bool = False
    summary: LocalizedText = field(default_factory=lambda: LocalizedText(""))
    short: LocalizedText = field(default_factory=lambda: LocalizedText(""))  # one line, as a wall shows it


@dataclass(frozen=True, slots=True)
class Register:
    """All documents and agencies that the centre knows. The limits are configuration."""

    documents: tuple[Document, ...] = ()
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    due_soon_days: int = 7
    behind_points: float = 5.0  # points behind plan from which a bar asks for attention
    far_behind_points: float = 15.0  # points from which it is critical
    silent_days: int = 31  # a task without a plan asks for attention when its last report is older
    long_silent_days: int = 92  # and is critical when it is older than this
    newly_overdue_days: int = 7  # how long a task counts as newly overdue

    @property
    def is_simulated(self) -> bool:
        """Whether any document here is simulated."""
        return any(one.is_simulated for one in self.documents)

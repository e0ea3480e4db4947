"""Directives: documents and their tasks. Stored are events; every status is derived from them at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency


@dataclass(frozen=True, slots=True)
class Milestone:
    """`weight`: its part of the task; planned progress reaches the cumulative weight on `due`."""

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
    """The due date moved from `old_due` to `new_due` on `effective_on`, by `basis`."""

    effective_on: date
    old_due: date
    new_due: date
    basis: LocalizedText


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A request at `at` to accept the work. `decided_at` None: pending. `is_accepted` False: returned."""

    at: datetime
    decided_at: datetime | None = None
    is_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """The task passed to `to_agency` on `effective_on`, by `basis`; its due date does not move."""

    effective_on: date
    to_agency: str
    basis: LocalizedText


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a document. `lead`: the agency it was assigned to. `due`: the original due date, if any."""

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
    horizon: str = ""  # Horizon
    kpis: tuple[str, ...] = ()
    withdrawn_at: datetime | None = None
    milestones: tuple[Milestone, ...] = ()
    reports: tuple[ProgressReport, ...] = ()
    extensions: tuple[Extension, ...] = ()
    completion_requests: tuple[CompletionRequest, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    parents: tuple[str, ...] = ()  # keys of the documents that this task carries out
    part_of: str = ""  # key of the order to several agencies that this task carries out for one of them
    is_order: bool = False  # given to several agencies, each by a part of it
    place: str = ""  # code of an administrative unit
    external_id: str = ""  # of the system that the document comes from
    # As the document states the due date, where that is no plain day: a `due` beside it is inferred until confirmed.
    due_words: str = ""
    is_due_confirmed: bool = False
    note: LocalizedText = field(default_factory=lambda: LocalizedText(""))

    @property
    def is_due_inferred(self) -> bool:
        """Whether the due date follows from words, and nobody has confirmed it."""
        return self.due is not None and bool(self.due_words) and not self.is_due_confirmed


class Horizon(StrEnum):
    """How far a task reaches."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class OrderSource(StrEnum):
    """Who gave an order."""

    PRIME_MINISTER = "prime_minister"  # TTg, VPCP
    PARTY_COMMITTEE = "party_committee"  # Thành ủy
    PEOPLES_COUNCIL = "peoples_council"  # HĐND
    PEOPLES_COMMITTEE = "peoples_committee"  # UBND
    CHAIRMAN = "chairman"
    VICE_CHAIRMAN = "vice_chairman"


class Visibility(StrEnum):
    """Who may see a document."""

    PUBLIC = "public"
    INTERNAL = "internal"
    AGENCIES_CONCERNED = "agencies_concerned"


@dataclass(frozen=True, slots=True)
class InstructionOrigin:
    """The figure from which an instruction (ý kiến chỉ đạo) was given: page, moment, what it showed, and the wish."""

    page: str
    at: datetime
    subject: str  # key of the KPI, attention item, unit or task
    value: str  # as it was shown
    agency: str
    wished_on: date | None
    text: str
    given_by: str  # position
    given_at: datetime
    name: str = ""  # of the subject, as it was shown


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that was corrected, as texts (correction.py). `task`: key of the task, "" for the document itself."""

    task: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Correction:
    """Facts of an entered document that somebody corrected at `at` in a position, with the reason."""

    at: datetime
    actor: str
    position: str
    on_behalf_of: str
    reason: str
    changes: tuple[FactChange, ...]


class InstructionAct(StrEnum):
    """What is done to an instruction that the Office has not issued."""

    RETURN = "return"  # the Office gives it back
    SEND = "send"  # who gave it corrects it, or sends it again
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class InstructionStep:
    """An act on an instruction at `at` in a position. `reason`: of a return. `changes`: of its task, when sent."""

    at: datetime
    actor: str
    position: str
    on_behalf_of: str
    act: InstructionAct
    reason: str = ""
    changes: tuple[FactChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A directive. `key`: issuer-number-year; `number`: as printed."""

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
    source: str = ""  # who gave the order: OrderSource
    sphere: str = ""  # lĩnh vực, by which it belongs to a portfolio
    visibility: str = "internal"  # Visibility
    revokes: tuple[str, ...] = ()  # keys of documents that it revokes
    master: str = ""  # the system that it comes from, "" for this program
    external_id: str = ""  # its id in that system
    origin: InstructionOrigin | None = None
    corrections: tuple[Correction, ...] = ()  # in their order; nothing of them is ever changed
    steps: tuple[InstructionStep, ...] = ()  # of an instruction until it was issued; as the corrections

    @property
    def is_issued(self) -> bool:
        """Whether it has number and date: a draft assigns no task."""
        return bool(self.number) and self.issued_on is not None

    @property
    def is_unissued_instruction(self) -> bool:
        """Whether it is an instruction that the Office has not issued: it waits, was given back or withdrawn."""
        return self.origin is not None and not self.is_issued

    @property
    def last_step(self) -> InstructionAct | None:
        """What was done last to the instruction until it was issued; None for nothing."""
        return self.steps[-1].act if self.steps else None

    @property
    def is_returned(self) -> bool:
        """Whether it is an instruction that waits for who gave it, since the Office gave it back."""
        return self.is_unissued_instruction and self.last_step is InstructionAct.RETURN

    @property
    def is_withdrawn(self) -> bool:
        """Whether it is an instruction that was withdrawn: it waits for nobody."""
        return self.is_unissued_instruction and self.last_step is InstructionAct.WITHDRAW

    def coordinating(self, task: Task) -> tuple[str, ...]:
        """Keys of the agencies that coordinate a task; of a part, those of its order."""
        return next((each.coordinating for each in self.tasks if each.key == task.part_of), task.coordinating)


@dataclass(frozen=True, slots=True)
class Register:
    """All documents and agencies; the limits come from the configuration."""

    documents: tuple[Document, ...] = ()
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    due_soon_days: int = 7
    behind_points: float = 5.0  # points behind plan beyond which progress needs attention
    far_behind_points: float = 15.0  # points behind plan from which it is critical
    silent_days: int = 31  # without a plan: age of the last report beyond which a task needs attention
    long_silent_days: int = 92  # and beyond which it is critical
    newly_overdue_days: int = 7  # how long a task counts as newly overdue
    reminder_days: tuple[int, ...] = (-7, 1, 8, 31)  # days after the due date with an automatic reminder
    instruction_days: int = 3  # how many days after its own an instruction may wait for a number
    evidence_gb: float = 20.0  # of all evidence files together

    @property
    def is_simulated(self) -> bool:
        """Whether any document here is simulated."""
        return any(document.is_simulated for document in self.documents)

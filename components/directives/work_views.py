"""What a work list shows: rows, open items, drafts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from components.directives.task_view import ReturnView
from ioc.domain.directives.acts import Act, ActFields, PositionKind, TaskEvent
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.briefing import Briefing
from ioc.domain.directives.directive import Document, InstructionAct, Task
from ioc.domain.directives.task_status import TaskStatus
from ioc.domain.submissions.submission import ObligationPeriod


class RowView(Protocol):
    """What is shown of a task."""

    @property
    def key(self) -> str: ...
    @property
    def task(self) -> Task: ...
    @property
    def document_number(self) -> str: ...
    @property
    def holder(self) -> str: ...
    @property
    def status(self) -> TaskStatus: ...
    @property
    def is_starred(self) -> bool: ...
    @property
    def is_simulated(self) -> bool: ...
    @property
    def master(self) -> str: ...


class ItemView(Protocol):
    """What is shown of an open item."""

    @property
    def event(self) -> int: ...
    @property
    def since(self) -> datetime: ...
    @property
    def due(self) -> date | None: ...
    @property
    def is_late(self) -> bool: ...


class DraftView(Protocol):
    """What is shown of a draft that an officer wrote."""

    @property
    def act(self) -> Act: ...
    @property
    def refers_to(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def stated(self) -> ActFields: ...
    @property
    def returned(self) -> ReturnView | None: ...


class EntryView(Protocol):
    """What is shown of an entry of a work list. `section`: a text, which names the kind of what waits."""

    @property
    def section(self) -> Any: ...
    @property
    def row(self) -> RowView: ...
    @property
    def item(self) -> ItemView | None: ...
    @property
    def draft(self) -> DraftView | None: ...
    @property
    def is_explaining(self) -> bool: ...
    @property
    def proposals(self) -> Sequence[TaskEvent]: ...
    @property
    def own_proposal(self) -> int: ...
    @property
    def news(self) -> TaskEvent | None: ...
    @property
    def sent_back(self) -> TaskEvent | None: ...
    @property
    def is_adjusting(self) -> bool: ...
    @property
    def is_extending(self) -> bool: ...
    @property
    def submitted(self) -> TaskEvent | None: ...


class WorkShown(NamedTuple):
    """A work list with what its rows say. `statements`: of open items, by event. `figures`: due from the agency.

    `counts`: entries of each section that can be done here, which may be more than are shown.
    `drafts`: instructions that wait for a number, `returned`: that the Office gave back; `steps`: what is done to them
    here, by their keys. `notices`: briefings whose draft notice the position enters.
    `subjects`: names of the figures that drafts are about, by key of the draft.
    `systems`: titles of systems that keep documents, by `master` of a row.
    `titles`: of positions, by key.
    `acts`: those that are offered, empty for all. `behalf`: title of the position for which they are done, if any.
    """

    kind: PositionKind
    entries: Sequence[EntryView]
    counts: Mapping[str, int]
    statements: Mapping[int, ActFields]
    figures: Sequence[ObligationPeriod]
    drafts: Sequence[Document]
    returned: Sequence[Document]
    notices: Sequence[Briefing]
    agencies: Agencies
    today: date
    acts: frozenset[Act] = frozenset()
    behalf: str = ""
    subjects: Mapping[str, str] = MappingProxyType({})
    systems: Mapping[str, str] = MappingProxyType({})
    titles: Mapping[str, str] = MappingProxyType({})
    steps: Mapping[str, Collection[InstructionAct]] = MappingProxyType({})

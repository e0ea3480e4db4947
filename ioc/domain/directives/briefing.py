"""A briefing (giao ban) of the Office: what is collected for it, what is concluded, and the notice that it ends in.

Every act is an event; the briefing is the fold of its events.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import reduce

from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency import Agencies, AgencyNames
from ioc.domain.directives.document_form import TypedTask, parse_row

MAX_ITEMS = 40  # of a briefing: each conclusion is a row of the form in which its notice is entered


class BriefingAct(StrEnum):
    """What is done to a briefing."""

    OPEN = "open"
    COLLECT = "collect"
    REMOVE = "remove"
    CONCLUDE = "conclude"
    END = "end"
    ENTER = "enter"  # its notice of conclusions (thông báo kết luận) was entered as a document


class SubjectKind(StrEnum):
    """What an item is about."""

    PETITION = "petition"
    INSTRUCTION = "instruction"  # without number and date
    TASK = "task"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """As it is typed: `lead` names agencies, `due` is a day or words. All empty: none."""

    text: str = ""
    lead: str = ""
    due: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is concluded."""
        return not (self.text or self.lead or self.due)

    @property
    def task(self) -> TypedTask:
        """The row of the document that is entered."""
        return TypedTask(self.text, self.lead, due=self.due)


@dataclass(frozen=True, slots=True)
class BriefingSubject:
    """What is collected: `page` shows it, `value` is what it showed at `at`.

    `key`: of the event of a petition, the document of an instruction, the task, or the item of the attention list.
    `proposed`: the conclusion that the form begins with, of an instruction its own words.
    """

    kind: SubjectKind
    key: str
    page: str
    name: str
    value: str
    at: datetime
    proposed: Conclusion = field(default_factory=Conclusion)


@dataclass(frozen=True, slots=True)
class BriefingFields:
    """What an act states. `day`: of OPEN. `subject`: of COLLECT. `conclusion`: of CONCLUDE. `document`: of ENTER."""

    day: date | None = None
    subject: BriefingSubject | None = None
    conclusion: Conclusion | None = None
    document: str = ""


@dataclass(frozen=True, slots=True)
class BriefingEvent:
    """An act. `id`: 0 before it is stored. `item`: the number of the item, 0 for none."""

    id: int
    briefing: str
    act: BriefingAct
    at: datetime
    actor: str
    position: str
    on_behalf_of: str = ""
    item: int = 0
    stated: BriefingFields = field(default_factory=BriefingFields)


@dataclass(frozen=True, slots=True)
class BriefingItem:
    """`number`: of the event that collected it. `version`: of the last event that changed it."""

    number: int
    version: int
    subject: BriefingSubject
    conclusion: Conclusion = field(default_factory=Conclusion)


@dataclass(frozen=True, slots=True)
class Briefing:
    """A briefing. `items`: in the order of collection. `version`: of its last event. `document`: key of its notice."""

    key: str
    day: date
    version: int
    items: tuple[BriefingItem, ...] = ()
    ended_at: datetime | None = None
    document: str = ""

    @property
    def conclusions(self) -> tuple[BriefingItem, ...]:
        """The items with a conclusion."""
        return tuple(item for item in self.items if not item.conclusion.is_empty)

    @property
    def awaits_notice(self) -> bool:
        """Whether it has ended with conclusions, and no document holds them: it stands for a draft."""
        return self.ended_at is not None and not self.document and bool(self.conclusions)

    def find_item(self, number: int) -> BriefingItem:
        """The item of that number. ActError (NOT_OPEN) for one that is not or no longer there."""
        for item in self.items:
            if item.number == number:
                return item
        raise ActError(ActCode.NOT_OPEN)

    def find_subject(self, kind: SubjectKind, key: str) -> BriefingItem | None:
        """The item about that subject."""
        return next((each for each in self.items if (each.subject.kind, each.subject.key) == (kind, key)), None)


def fold_briefing(events: Iterable[BriefingEvent]) -> Briefing | None:
    """The briefing after `events`, of one briefing in their order; None before it is opened."""
    return reduce(_apply, events, None)


def _apply(briefing: Briefing | None, event: BriefingEvent) -> Briefing | None:
    stated = event.stated
    if briefing is None:
        return Briefing(event.briefing, stated.day, event.id) if stated.day else None
    briefing = replace(briefing, version=event.id)
    match event.act:
        case BriefingAct.COLLECT if stated.subject:
            item = BriefingItem(event.id, event.id, stated.subject)
            return replace(briefing, items=(*briefing.items, item))
        case BriefingAct.REMOVE:
            return replace(briefing, items=tuple(item for item in briefing.items if item.number != event.item))
        case BriefingAct.CONCLUDE if stated.conclusion:
            changed = {event.item: stated.conclusion}
            return replace(briefing, items=tuple(_concluded(item, changed, event.id) for item in briefing.items))
        case BriefingAct.END:
            return replace(briefing, ended_at=event.at)
        case BriefingAct.ENTER:
            return replace(briefing, document=stated.document)
    return briefing


def _concluded(item: BriefingItem, changed: Mapping[int, Conclusion], version: int) -> BriefingItem:
    if item.number not in changed:
        return item
    return replace(item, conclusion=changed[item.number], version=version)


def conclusion_faults(conclusion: Conclusion, agencies: Agencies, day: date) -> dict[str, Failure]:
    """What is wrong with each field on `day`; none of an empty conclusion, which takes back the one before."""
    if conclusion.is_empty:
        return {}
    _, faults = parse_row(conclusion.task, "nv-1", AgencyNames(agencies, day), "", day)
    return {{"title": "text"}.get(name, name): failure for name, failure in faults.items()}

"""Facts of an entered document that were typed wrongly, and are corrected: what changes, and what stood before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeVar

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.text import clean_text
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Correction, Document, FactChange, Task
from ioc.domain.events.pii_masking import mask_start

_Fact = TypeVar("_Fact")
MAX_TEXT = 4_000  # characters of a title
MAX_CORRECTIONS = 100  # of a document: they stand with it for good
DOCUMENT_FACTS = ("number", "issued_on", "title", "source", "issuer", "sphere")
TASK_FACTS = (
    "title", "place", "horizon", "weight", "due", "due_words", "is_due_confirmed", "assigned_on", "lead",
    "coordinating",
)  # fmt: skip
# What a sheet says too, each by itself.
_KEPT = (("title",), ("place",), ("horizon",), ("due", "due_words"), ("lead",), ("coordinating",))
_TEXTS = ("title", "product", "note")
_BY_ACT = ("due", "due_words", "is_due_confirmed", "assigned_on", "lead")  # of an assigned task: by acts alone
_OWN = ("weight", "lead")  # of each part of an order


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """Facts of a document as they should have been typed. `source`: OrderSource, the position that gave the order.

    `issuer`, `sphere`: None for what stands.
    """

    number: str
    issued_on: date
    title: str
    source: str = ""
    issuer: str | None = None
    sphere: str | None = None


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """Facts of the task `task` as they should have been typed. `due_words`: where the due date is no plain day.

    `lead`, `coordinating`: keys of agencies, None for what stands.
    """

    task: str
    title: str
    place: str = ""
    horizon: str = ""
    weight: float = 1.0
    due: date | None = None
    due_words: str = ""
    lead: str | None = None
    coordinating: tuple[str, ...] | None = None


def facts_version(document: Document) -> str:
    """Differs when any fact of the document or of its tasks does."""
    facts = [[_text(getattr(document, name)) for name in DOCUMENT_FACTS], len(document.corrections)]
    tasks = [[task.key, *(_text(getattr(task, name)) for name in TASK_FACTS)] for task in document.tasks]
    return sha256(json.dumps([facts, tasks]).encode()).hexdigest()[:32]


def with_document_facts(document: Document, facts: DocumentFacts, assigned: frozenset[str]) -> Document:
    """The document with these facts. Tasks that wait, and were to be assigned on its day of issue, move with it.

    `assigned`: keys of its tasks that are assigned.
    """

    def moved(task: Task) -> Task:
        follows = task.key not in assigned and task.assigned_on == document.issued_on
        return replace(task, assigned_on=facts.issued_on) if follows else task

    return replace(
        document, number=facts.number, issued_on=facts.issued_on, title=_localized(document.title, facts.title),
        source=facts.source, tasks=tuple(map(moved, document.tasks)),
        issuer=_or(facts.issuer, document.issuer), sphere=_or(facts.sphere, document.sphere),
    )  # fmt: skip


def with_task_facts(document: Document, facts: TaskFacts, assigned: frozenset[str]) -> Document:
    """The document with a task as `facts` say; the parts of an order follow where they stood as their order did.

    ActError: UNKNOWN_TASK; DUE_BY_ACT where due date or lead agency of an assigned task differ, or the due date of an
    order with such a part.
    """
    before = next((task for task in document.tasks if task.key == facts.task), None)
    if before is None:
        raise ActError(ActCode.UNKNOWN_TASK, key=facts.task[:120])
    is_same_due = (before.due, before.due_words) == (facts.due, facts.due_words)
    after = replace(
        before, title=_localized(before.title, facts.title), place=facts.place, horizon=facts.horizon,
        weight=facts.weight, due=facts.due, due_words=facts.due_words, lead=_or(facts.lead, before.lead),
        coordinating=_or(facts.coordinating, before.coordinating),
        is_due_confirmed=before.is_due_confirmed and is_same_due,
    )  # fmt: skip
    changed = [name for name in TASK_FACTS if name not in _OWN and getattr(before, name) != getattr(after, name)]

    def corrected(task: Task) -> Task:
        if task.key == before.key:
            return after
        names = changed if task.part_of == before.key else ()
        return replace(
            task, **{name: getattr(after, name) for name in names if getattr(task, name) == getattr(before, name)}
        )

    tasks = tuple(map(corrected, document.tasks))
    for old, new in zip(document.tasks, tasks, strict=True):
        if old.key in assigned and any(getattr(old, name) != getattr(new, name) for name in _BY_ACT):
            raise ActError(ActCode.DUE_BY_ACT)
    return replace(document, tasks=tasks)


def _or(stated: _Fact | None, stands: _Fact) -> _Fact:
    return stands if stated is None else stated


def _localized(before: LocalizedText, text: str) -> LocalizedText:
    return before if before.vi == text else LocalizedText(text)


def fact_changes(before: Document, after: Document) -> tuple[FactChange, ...]:
    """What differs between two states of a document with the same tasks."""
    found = _changes("", DOCUMENT_FACTS, before, after)
    for old, new in zip(before.tasks, after.tasks, strict=True):
        found += _changes(old.key, TASK_FACTS, old, new)
    return tuple(found)


def _changes(task: str, names: tuple[str, ...], before: object, after: object) -> list[FactChange]:
    pairs = ((name, _text(getattr(before, name)), _text(getattr(after, name))) for name in names)
    return [FactChange(task, name, old, new) for name, old, new in pairs if old != new]


def keep_corrected(document: Document, stored: Task, read: Task) -> Task:
    """`read`, with the facts that were corrected in `stored` where it says what stood before: its writer knew no other.

    `stored`: the task of the document as it stands. What has changed again since its correction is kept no more. A text
    that is stored as `stored` has it stays that one.
    """
    before, earlier = stored, list[Task]()
    for each in reversed(document.corrections):
        before = replace(before, **_values(each, stored.key))
        earlier.append(before)
    for names in _KEPT:
        if not _stands_as_corrected(document, stored, names):
            continue
        said = [as_stored(getattr(read, name)) for name in names]
        if any(said == [_text(getattr(each, name)) for name in names] for each in earlier):
            read = replace(read, **{name: getattr(stored, name) for name in names})
    # A text of which only what may not be stored differs is the same.
    same = [name for name in _TEXTS if as_stored(getattr(read, name)) == getattr(stored, name).vi]
    return replace(read, **{name: getattr(stored, name) for name in same})


def former_texts(document: Document, task: Task, name: str) -> set[str]:
    """What the fact `name` of a task was before each of its corrections, as a correction keeps it."""
    changes = (each for done in document.corrections for each in done.changes)
    return {each.before for each in changes if (each.task, each.field) == (task.key, name)}


def as_stored(value: object) -> str:
    """A fact that was read as a correction keeps it; a text is clean and masked before it is stored."""
    if isinstance(value, LocalizedText):
        return mask_start(clean_text(value.vi).strip(), MAX_TEXT)
    return _text(value)


def _stands_as_corrected(document: Document, task: Task, names: tuple[str, ...]) -> bool:
    changes = (each for done in document.corrections for each in done.changes if each.task == task.key)
    last = {each.field: each.after for each in changes if each.field in names}
    return bool(last) and all(_text(getattr(task, name)) == after for name, after in last.items())


def as_of(document: Document, at: datetime) -> Document:
    """The document as its facts stood at `at` (aware): later corrections are taken back, the newest first."""
    while document.corrections and document.corrections[-1].at > at:
        document = _without_last(document)
    return document


def _without_last(document: Document) -> Document:
    last = document.corrections[-1]
    own = _values(last, "")
    tasks = tuple(replace(task, **_values(last, task.key)) for task in document.tasks)
    return replace(document, **own, tasks=tasks, corrections=document.corrections[:-1])


def _values(correction: Correction, task: str) -> Mapping[str, Any]:
    return {each.field: _value(each.field, each.before) for each in correction.changes if each.task == task}


def _text(value: object) -> str:
    """A fact as a correction keeps it."""
    if isinstance(value, LocalizedText):
        return value.vi
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return " ".join(value)  # keys
    return {None: "", True: "1", False: ""}[value] if value is None or isinstance(value, bool) else str(value)


def _value(name: str, text: str) -> Any:
    """The fact that `_text` has written."""
    match name:
        case "title":
            return LocalizedText(text)
        case "issued_on" | "due" | "assigned_on":
            return date.fromisoformat(text) if text else None
        case "weight":
            return float(text)
        case "coordinating":
            return tuple(text.split())
        case "is_due_confirmed":
            return bool(text)
    return text

"""Plays the life of the simulated tasks at the first start, through the command of every act."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_in
from ioc.directives.briefings import Secretary, collect_item, conclude_item, open_briefing
from ioc.directives.context import DirectiveContext
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.instruction_steps import InstructionCommand, return_instruction
from ioc.directives.instructions import Instruction, give_instruction
from ioc.directives.positions import add_mandate, list_positions, save_position
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.briefing import BriefingSubject, Conclusion, SubjectKind
from ioc.domain.directives.directive import Document, Task
from ioc.poller.service import PollingService
from ioc.storage.db import change_counter
from simulator.positions import POSITIONS, make_mandates, make_positions, position_key
from simulator.task_life import DocumentLife, DraftLife, Step, TaskLife
from simulator.task_lives import BRIEFED, DOCUMENTS, DRAFTS

log = logging.getLogger("ioc.tasks")

_SHELL = Principal(PrincipalKind.SHELL, "simulator")
_FIRST_HOUR, _STEP_MINUTES = 8, 25
_NOT_IN_DAYS = frozenset({"percent"})  # numbers of ActFields that are no days
_CLERK, _OFFICE = "van-thu", "lanh-dao-vp"


@dataclass(frozen=True, slots=True)
class PlayedDocument:
    """A document as it is entered, and the acts of each of its tasks by task key, in their order."""

    document: Document
    acts: Mapping[str, tuple[tuple[datetime, Step], ...]]


def played_documents(context: DirectiveContext, day: date) -> Iterator[PlayedDocument]:
    """The documents with their acts, all before `day`, that of the first start. Parents come first."""
    keys: dict[str, str] = {}
    for life in DOCUMENTS:
        starts = {task.key: _assigned_on(context, task, day) for task in life.tasks}
        issued = min(day + timedelta(days=life.issued), min(starts.values()) - timedelta(days=2))
        keys[life.number] = f"mp-{life.number.split('/')[0]}-{issued.year}"
        document = _document(life, keys, issued, tuple(_task(each, starts[each.key], day) for each in life.tasks))
        assigned = life.tasks if life.is_assigned else ()
        yield PlayedDocument(document, {each.key: _acts(each, starts[each.key], day) for each in assigned})


def _assigned_on(context: DirectiveContext, life: TaskLife, day: date) -> date:
    """A task of an agency that was merged since was assigned before it ended."""
    assigned, until = day + timedelta(days=life.assigned), context.agencies[life.lead].until
    return min(assigned, until - timedelta(days=10)) if until else assigned


def _document(life: DocumentLife, keys: Mapping[str, str], issued: date, tasks: tuple[Task, ...]) -> Document:
    title = LocalizedText(*life.title)
    return Document(
        keys[life.number], life.number, title, life.kind, "mp-tp", issued, issued, tasks,
        parents=(keys[life.parent],) if life.parent else (), is_simulated=True, short=title, source=life.source,
        sphere=life.sphere,
    )  # fmt: skip


def _task(life: TaskLife, assigned: date, day: date) -> Task:
    return Task(
        life.key, LocalizedText(life.title), life.lead, assigned, _day(life.due, day), coordinating=life.coordinating,
        product=LocalizedText(life.product), part_of=life.part_of, is_order=life.is_order,
        place=life.place, horizon=life.horizon,
    )  # fmt: skip


def _day(offset: int | None, day: date) -> date | None:
    return None if offset is None else day + timedelta(days=offset)


def _acts(life: TaskLife, assigned: date, day: date) -> tuple[tuple[datetime, Step], ...]:
    """With the assignment; each some minutes after the one before of the same day."""
    given = Step(0, _OFFICE, Act.ASSIGN, {"agency": life.lead, "due": life.due, "assigned_on": (assigned - day).days})
    days = [assigned, *(day + timedelta(days=step.day) for step in life.steps)]
    return tuple(
        (datetime.combine(when, time(_FIRST_HOUR), CITY_ZONE) + timedelta(minutes=_STEP_MINUTES * n), step)
        for n, (when, step) in enumerate(zip(days, (given, *life.steps), strict=True))
    )


class SimulatedTasks:
    """Plays the documents into a store that has no simulated positions yet."""

    def __init__(self, service: PollingService) -> None:
        self._service = service
        # Acts of simulated people stand in the history of the tasks, not in the audit log of people.
        self._context = DirectiveContext.from_configuration(
            service.store, service.configuration, service.clock, lambda *_entry: None
        )

    async def run(self) -> None:
        """Plays everything, each task in a transaction of its own, so that polls do not wait long."""
        write = self._service.writer.run_in_writer
        if not await write(self._enter_positions):
            return
        day, entered = city_date(self._service.clock()), dict[str, Document]()
        for played in played_documents(self._context, day):
            entered[played.document.number] = played.document
            await write(self._enter, played.document)
            for key, acts in played.acts.items():
                await write(self._act, f"{played.document.key}/{key}", acts, day)
        for draft in DRAFTS:
            await write(self._instruct, draft)
        await write(self._brief, entered)
        log.info("the simulated tasks are played")

    def _enter_positions(self) -> bool:
        """Stores positions and mandates; False where there are simulated ones already, or no simulated agencies."""
        own, stored = make_positions(), list_positions(self._context, _SHELL)[0].by_key
        agencies = {position.agency for position in own if position.agency}
        if any(position.key in stored for position in own) or not agencies <= self._context.agencies.keys():
            return False
        for position in own:
            save_position(self._context, position, _SHELL)
        for mandate in make_mandates(city_date(self._service.clock())):
            add_mandate(self._context, mandate, _SHELL)
        return True

    def _enter(self, document: Document) -> None:
        enter_document(self._context, DocumentEntry(document, position_key(_CLERK)), POSITIONS[_CLERK].principal)

    def _act(self, task: str, acts: tuple[tuple[datetime, Step], ...], day: date) -> None:
        """All acts of a task as of their times."""
        done: dict[Act, int] = {}
        with self._service.store.write() as conn:
            change_counter.bump(conn, {"directives"}, self._service.clock())
            for at, step in acts:
                stated = ActFields(**_stated(step, day))
                if step.answers:
                    stated = replace(stated, refers_to=done[step.answers])
                command = ActCommand(task, step.act, stated, position_key(step.actor))
                result = perform_in(conn, self._context, command, POSITIONS[step.actor].principal, at)
                done[step.act] = result.event.id

    def _instruct(self, draft: DraftLife) -> None:
        now = self._service.clock()  # midnight may have passed since the first document
        instruction = Instruction(
            position_key(draft.actor), draft.text, draft.agency, draft.page, now, draft.subject, draft.value,
            _day(draft.wished, city_date(now)),
        )  # fmt: skip
        given = give_instruction(self._context, instruction, POSITIONS[draft.actor].principal)
        if draft.returned:
            command = InstructionCommand(given.key, len(given.steps), position_key(_OFFICE))
            return_instruction(self._context, command, draft.returned, POSITIONS[_OFFICE].principal)

    def _brief(self, entered: Mapping[str, Document]) -> None:
        """An open briefing (giao ban) of today with tasks of `entered`, by number; the first is concluded."""
        keeper, by = Secretary(position_key(_OFFICE)), POSITIONS[_OFFICE].principal
        key = open_briefing(self._context, city_date(self._service.clock()), keeper, by)
        for number, name in BRIEFED:
            document = entered[number]
            task = next(each for each in document.tasks if each.key == name)
            path, agency = f"{document.key}/{task.key}", self._context.agencies[task.lead].short_name.vi
            subject = BriefingSubject(
                SubjectKind.TASK, path, f"/nhiem-vu/{path}", task.title.vi, f"{agency} · {number} · mô phỏng",
                self._service.clock(),
            )  # fmt: skip
            briefing = collect_item(self._context, key, subject, keeper, by)
        first = briefing.items[0]
        conclusion = Conclusion("Báo cáo tiến độ hằng tuần cho đến khi hoàn thành (kết luận mô phỏng).", agency)
        conclude_item(self._context, key, first.number, conclusion, first.version, keeper, by)


def _stated(step: Step, day: date) -> dict[str, Any]:
    """The fields with days for their numbers."""
    return {
        name: _day(value, day) if type(value) is int and name not in _NOT_IN_DAYS else value
        for name, value in step.stated.items()
    }

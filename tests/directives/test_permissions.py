"""Every command and query of directives asks for its permission before the store; every act has its words."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.ui.i18n import catalogue
from ioc.directives import (
    act_drafts,
    acts,
    assignment,
    briefings,
    corrections,
    document_queries,
    document_register,
    documents,
    due_dates,
    instruction_steps,
    instructions,
    positions,
    queries,
    reminders,
    sheet_import,
    visits,
    waiting,
    work_list,
)
from ioc.directives.act_command import ActCommand
from ioc.directives.briefings import Secretary
from ioc.directives.context import DirectiveContext
from ioc.directives.documents import DocumentEntry
from ioc.directives.evidence import EvidenceService
from ioc.directives.instruction_steps import InstructionCommand, SentInstruction
from ioc.directives.instructions import Instruction
from ioc.directives.sheet_import import SheetImport
from ioc.domain.access.permissions import Action, PermissionDeniedError, is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.briefing import BriefingSubject, Conclusion, SubjectKind
from ioc.domain.directives.correction import DocumentFacts
from ioc.domain.directives.positions import DocumentAct, Mandate, MandateKind, Position
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable
from ioc.storage.directives.register import RegisterQuery
from ioc.storage.evidence_files import EvidenceFiles
from tests.domain.directives.act_cases import AGENCIES
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document


class ReachedStoreError(Exception):
    """Nothing more is asked before the store."""


class ClosedStore:
    """A store that no call may reach."""

    def __getattr__(self, name: str) -> Any:
        raise ReachedStoreError(name)


CONTEXT = DirectiveContext(ClosedStore(), AGENCIES, lambda: at(START), lambda *entry: None)  # type: ignore[arg-type]
COMMAND = ActCommand("d/nv-1", Act.RECEIVE, ActFields(), "gd-a")
REMARK = ActCommand("d/nv-1", Act.REPORT, ActFields(text="x"), "gd-a")
POSITION = Position("ct", PositionKind.CHAIRMAN, "Chủ tịch", "binh", START)
SHEET = SheetImport("x", TaskTable("", (), (), 0), {}, SheetDefaults(), "vp")
MANDATE = Mandate(MandateKind.DELEGATION, "ct", "vp", START)
Call = Callable[[Principal], object]
MODULES = (
    act_drafts, acts, assignment, briefings, corrections, document_queries, document_register, documents, due_dates,
    instruction_steps, instructions,
    positions, queries, reminders, sheet_import, visits, waiting, work_list,
)  # fmt: skip
CORRECTION = corrections.DocumentCorrection("d", DocumentFacts("1", START, "x"), "x", "", "vp")
KEEPER = Secretary("vp")
STEP = InstructionCommand("d", 0, "vp")
SUBJECT = BriefingSubject(SubjectKind.TASK, "d/nv-1", "/", "x", "", at(START))
BRIEFING_CASES: dict[str, Call] = {
    "open_briefing": lambda who: briefings.open_briefing(CONTEXT, START, KEEPER, who),
    "collect_item": lambda who: briefings.collect_item(CONTEXT, "g", SUBJECT, KEEPER, who),
    "remove_item": lambda who: briefings.remove_item(CONTEXT, "g", 1, KEEPER, who),
    "conclude_item": lambda who: briefings.conclude_item(CONTEXT, "g", 1, Conclusion(), 1, KEEPER, who),
    "end_briefing": lambda who: briefings.end_briefing(CONTEXT, "g", 1, KEEPER, who),
    "find_briefing": lambda who: briefings.find_briefing(CONTEXT, "g", who),
    "newest_briefings": lambda who: briefings.newest_briefings(CONTEXT, who),
    "next_briefing": lambda who: briefings.next_briefing(CONTEXT, who),
    "briefing_task": lambda who: briefings.briefing_task(CONTEXT, "d/nv-1", who),
    "waiting_notices": lambda who: briefings.waiting_notices(CONTEXT, "vp", who),
    "briefing_candidates": lambda who: briefings.briefing_candidates(CONTEXT, "", who),
}
CASES: dict[str, tuple[Action, Call]] = {
    **{name: (Action.ACT_ON_DIRECTIVES, call) for name, call in BRIEFING_CASES.items()},
    "perform_act": (Action.ACT_ON_DIRECTIVES, lambda who: acts.perform_act(CONTEXT, COMMAND, who)),
    "save_draft": (Action.ACT_ON_DIRECTIVES, lambda who: act_drafts.save_draft(CONTEXT, COMMAND, who)),
    "return_draft": (Action.ACT_ON_DIRECTIVES, lambda who: act_drafts.return_draft(CONTEXT, REMARK, who)),
    "withdraw_draft": (Action.ACT_ON_DIRECTIVES, lambda who: act_drafts.withdraw_draft(CONTEXT, COMMAND, who)),
    "perform_all": (Action.ACT_ON_DIRECTIVES, lambda who: acts.perform_all(CONTEXT, (COMMAND,), who)),
    "enter_document": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: documents.enter_document(CONTEXT, DocumentEntry(make_document(), "vp"), who),
    ),
    "assign_document": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: documents.assign_document(CONTEXT, "d", "vp", who),
    ),
    "give_instruction": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: instructions.give_instruction(CONTEXT, Instruction("ct", "x", "a", "/", at(START), "k", "1"), who),
    ),
    "issue_document": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: instructions.issue_document(CONTEXT, "d", "1", START, "vp", who),
    ),
    "return_instruction": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: instruction_steps.return_instruction(CONTEXT, STEP, "x", who),
    ),
    "send_instruction": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: instruction_steps.send_instruction(CONTEXT, STEP, SentInstruction("x", "a"), who),
    ),
    "withdraw_instruction": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: instruction_steps.withdraw_instruction(CONTEXT, STEP, who),
    ),
    "confirm_dues": (Action.ACT_ON_DIRECTIVES, lambda who: due_dates.confirm_dues(CONTEXT, "d", "", "vp", who)),
    "find_correctable": (Action.ACT_ON_DIRECTIVES, lambda who: corrections.find_correctable(CONTEXT, "d", who)),
    "correct_document": (Action.ACT_ON_DIRECTIVES, lambda who: corrections.correct_document(CONTEXT, CORRECTION, who)),
    "new_document_key": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: document_queries.new_document_key(CONTEXT, "a", "1", START, who),
    ),
    "require_import": (Action.ACT_ON_DIRECTIVES, lambda who: sheet_import.require_import(CONTEXT, "vp", "", who)),
    "imported": (Action.ACT_ON_DIRECTIVES, lambda who: sheet_import.imported(CONTEXT, "a", who)),
    "unassigned_documents": (Action.ACT_ON_DIRECTIVES, lambda who: assignment.unassigned_documents(CONTEXT, (), who)),
    "check_sheet": (Action.ACT_ON_DIRECTIVES, lambda who: sheet_import.check_sheet(CONTEXT, SHEET, who)),
    "import_sheet": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: sheet_import.import_sheet(CONTEXT, SHEET, who, lambda _done, _total: None),
    ),
    "list_positions": (Action.ADMINISTER, lambda who: positions.list_positions(CONTEXT, who)),
    "add_position": (Action.ADMINISTER, lambda who: positions.add_position(CONTEXT, POSITION, who)),
    "save_position": (Action.ADMINISTER, lambda who: positions.save_position(CONTEXT, POSITION, who)),
    "add_mandate": (Action.ADMINISTER, lambda who: positions.add_mandate(CONTEXT, MANDATE, who)),
    "end_mandate": (Action.ADMINISTER, lambda who: positions.end_mandate(CONTEXT, 1, START, who)),
    "own_positions": (Action.ACT_ON_DIRECTIVES, lambda who: queries.own_positions(CONTEXT, who)),
    "document_actors": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: document_queries.document_actors(CONTEXT, DocumentAct.ENTER, who),
    ),
    "act_actors": (Action.ACT_ON_DIRECTIVES, lambda who: document_queries.act_actors(CONTEXT, Act.EXTEND, who)),
    "document_links": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: document_queries.document_links(CONTEXT, make_document(), who),
    ),
    "known_spheres": (Action.ACT_ON_DIRECTIVES, lambda who: document_queries.known_spheres(CONTEXT, who)),
    "match_documents": (Action.ACT_ON_DIRECTIVES, lambda who: document_queries.match_documents(CONTEXT, "1/CT", who)),
    "task_at": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: document_queries.task_at(CONTEXT, "d/nv-1", at(START), who),
    ),
    "my_work": (Action.ACT_ON_DIRECTIVES, lambda who: work_list.my_work(CONTEXT, "ct", who)),
    "stand_ins": (Action.ACT_ON_DIRECTIVES, lambda who: work_list.stand_ins(CONTEXT, who)),
    "all_work": (Action.ACT_ON_DIRECTIVES, lambda who: work_list.all_work(CONTEXT, who)),
    "begin_visit": (Action.ACT_ON_DIRECTIVES, lambda who: visits.begin_visit(CONTEXT, who)),
    "changes_since": (Action.ACT_ON_DIRECTIVES, lambda who: visits.changes_since(CONTEXT, 0, "ct", who)),
    "list_documents": (Action.ACT_ON_DIRECTIVES, lambda who: document_register.list_documents(CONTEXT, {}, who)),
    "all_documents": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: next(document_register.all_documents(CONTEXT, {}, who)),
    ),
    "waiting_pairs": (Action.ACT_ON_DIRECTIVES, lambda who: waiting.waiting_pairs(CONTEXT, who)),
    "count_work": (Action.ACT_ON_DIRECTIVES, lambda who: work_list.count_work(CONTEXT, who)),
    "waiting_drafts": (Action.ACT_ON_DIRECTIVES, lambda who: document_queries.waiting_drafts(CONTEXT, "ct", who)),
    "own_instructions": (Action.ACT_ON_DIRECTIVES, lambda who: document_queries.own_instructions(CONTEXT, who)),
    "instruction_actors": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: document_queries.instruction_actors(CONTEXT, make_document(), who),
    ),
    "documents_to_assign": (
        Action.ACT_ON_DIRECTIVES,
        lambda who: document_queries.documents_to_assign(CONTEXT, "vp", who),
    ),
    "assign_all": (Action.ACT_ON_DIRECTIVES, lambda who: assignment.assign_all(CONTEXT, ["d/nv-1"], "vp", "", who)),
    "asked_fields": (Action.ACT_ON_DIRECTIVES, lambda who: queries.asked_fields(CONTEXT, (), who)),
    "register": (Action.VIEW, lambda who: queries.register(CONTEXT, RegisterQuery(), who)),
    "register_rows": (Action.VIEW, lambda who: next(queries.register_rows(CONTEXT, RegisterQuery(), who))),
    "find_document": (Action.VIEW, lambda who: queries.find_document(CONTEXT, "d", who)),
    "find_task": (Action.ACT_ON_DIRECTIVES, lambda who: queries.find_task(CONTEXT, "d/nv-1", "ct", who)),
    "statistics": (Action.READ_API, lambda who: queries.statistics(CONTEXT, None, AgencyView.HELD, who)),
    "events_after": (Action.ACT_ON_DIRECTIVES, lambda who: queries.events_after(CONTEXT, 0, 1, who)),
    "list_reminders": (Action.ACT_ON_DIRECTIVES, lambda who: reminders.list_reminders(CONTEXT, {}, who)),
    "all_reminders": (Action.ACT_ON_DIRECTIVES, lambda who: next(reminders.all_reminders(CONTEXT, {}, who))),
    "draft_instructions": (Action.ACT_ON_DIRECTIVES, lambda who: queries.draft_instructions(CONTEXT, who)),
}
PRINCIPALS = [
    *(Principal(PrincipalKind.USER, "an", roles=frozenset({role})) for role in Role),
    *(Principal(kind, "an") for kind in PrincipalKind),
    *(Principal(PrincipalKind.API_KEY, "an", scopes=frozenset({scope})) for scope in Scope),
]


def test_every_command_and_query_has_a_case() -> None:
    found = {
        name
        for module in MODULES
        for name, item in inspect.getmembers(module, inspect.isfunction)
        if item.__module__ == module.__name__ and not name.startswith("_")
        if {"context", "principal"} <= inspect.signature(item).parameters.keys()
    }
    within = {  # the transaction of one that has a case
        "perform_in", "perform_on", "enter_in", "store_in", "assign_tasks", "check_assignments",
        "find_task_if_readable", "visible_query", "visible_task", "drafts_of_principal",
    }  # fmt: skip
    assert found - within == CASES.keys()


def test_permission_is_asked_before_a_file_is_read() -> None:
    service = EvidenceService(CONTEXT, EvidenceFiles(Path("/nowhere"), 0, lambda: 0.0))
    calls: tuple[Call, ...] = (
        lambda who: service.open(1, who), lambda who: service.perform(COMMAND, (), lambda _handle: None, who),
    )  # fmt: skip
    for who in PRINCIPALS:
        expected = ReachedStoreError if is_allowed(who, Action.ACT_ON_DIRECTIVES) else PermissionDeniedError
        for call in calls:
            with pytest.raises(expected):
                call(who)


@pytest.mark.parametrize("name", CASES)
def test_permission_is_asked_before_the_store_is_reached(name: str) -> None:
    action, call = CASES[name]
    for who in PRINCIPALS:
        expected = ReachedStoreError if is_allowed(who, action) else PermissionDeniedError
        with pytest.raises(expected):
            call(who)


def test_every_act_has_its_words_in_the_audit_log() -> None:
    names = [f"directive-{act.value.replace('_', '-')}" for act in Act]
    names += ["directive-document-entered", "directive-document-issued"]
    names += [f"directive-instruction-{word}" for word in ("given", "returned", "sent", "withdrawn")]
    names += [f"directive-briefing-{word}" for word in ("opened", "collected", "removed", "concluded", "ended")]
    names += ["directive-sheet-imported", "directive-due-confirmed", "directive-evidence-downloaded"]
    names += ["directive-draft", "directive-draft-withdrawn", "directive-draft-returned"]
    names += ["directive-position-saved", "directive-mandate-added", "directive-mandate-ended"]
    assert [name for name in names if f"audit_log.did_{name}" not in catalogue()] == []

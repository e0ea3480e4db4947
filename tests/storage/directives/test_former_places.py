"""Communes are merged after tasks were given to them: what was right then stops no later change of the document."""

from dataclasses import replace

import pytest

from ioc.directives.corrections import DocumentCorrection, correct_document
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.correction import DocumentFacts, TaskFacts, facts_version
from ioc.domain.directives.directive import Document
from ioc.domain.geo.place import AdminUnit
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import USERS, Harness, refused

FORMER, PRESENT = "31117", "31120"


@pytest.fixture
def harness(store: Store) -> Harness:
    """A document whose last two tasks are in a commune that is no more."""
    found = Harness(store)
    found.context = replace(found.context, units=units(FORMER, PRESENT))
    found.enter(document())
    found.context = replace(found.context, units=units(PRESENT))
    return found


def units(*codes: str) -> dict[str, AdminUnit]:
    return {code: AdminUnit(code, f"Xã {code}", "xã", 10.0, 105.7, 10.0) for code in codes}


def document(**places: str) -> Document:
    """`_0`: the place of the task nv-0."""
    given = {"nv-1": FORMER, "nv-2": FORMER} | {f"nv-{key[1:]}": place for key, place in places.items()}
    plain = make_document()
    return replace(plain, tasks=tuple(replace(task, place=given.get(task.key, "")) for task in plain.tasks))


def correct(harness: Harness, facts: DocumentFacts | TaskFacts) -> Document:
    with harness.store.read() as conn:
        before = documents.find_document(conn, "d")
    assert before is not None
    given = DocumentCorrection("d", facts, "gõ nhầm", facts_version(before), "vp")
    return correct_document(harness.context, given, USERS["vp"])


def task_facts(place: str) -> TaskFacts:
    task = document().tasks[2]
    return TaskFacts(task.key, "Việc đã sửa", place, task.horizon, task.weight, task.due, task.due_words)


def test_other_facts_are_corrected_while_a_place_is_former(harness: Harness) -> None:
    assert correct(harness, DocumentFacts("9/KH", START, "Chống úng", "chairman")).number == "9/KH"
    assert correct(harness, task_facts(FORMER)).tasks[2].title.vi == "Việc đã sửa"
    assert correct(harness, task_facts(PRESENT)).tasks[2].place == PRESENT
    with refused(ActCode.PLACE_UNKNOWN):
        correct(harness, task_facts(FORMER))


def test_document_is_entered_again_while_a_place_is_former(harness: Harness) -> None:
    harness.enter(document(), assign=True)
    new = replace(document().tasks[2], key="nv-9", place=FORMER)
    with refused(ActCode.PLACE_UNKNOWN):
        harness.enter(replace(document(), tasks=(*document().tasks, new)))
    harness.enter(replace(document(), tasks=(*document().tasks, replace(new, place=PRESENT))))


def test_task_does_not_move_to_a_former_place(harness: Harness) -> None:
    with refused(ActCode.PLACE_UNKNOWN):
        harness.enter(document(_0=FORMER))

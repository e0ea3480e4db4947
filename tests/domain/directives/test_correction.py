"""Facts that were typed wrongly: what changes, what follows, and what stood before."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.correction import (
    DocumentFacts,
    TaskFacts,
    as_of,
    fact_changes,
    facts_version,
    with_document_facts,
    with_task_facts,
)
from ioc.domain.directives.directive import Correction, Document, Task
from tests.domain.directives.cases import at

DAY, DUE = date(2026, 11, 2), date(2026, 12, 1)
ORDER = Task("nv-1", LocalizedText("Đào mương"), "u", DAY, DUE, is_order=True)
PARTS = tuple(replace(ORDER, key=f"nv-1-{n}", lead=f"x{n}", is_order=False, part_of="nv-1") for n in (1, 2))
OTHER = replace(PARTS[1], title=LocalizedText("Riêng"), place="7")
DOCUMENT = Document("d", "1/KH", LocalizedText("Chống ngập"), "kế hoạch", "u", DAY, None, (ORDER, PARTS[0], OTHER))
FACTS = TaskFacts("nv-1", "Đào kênh", "9", "long", 2.5, DUE)
NONE = frozenset[str]()


def corrected(document: Document, after: Document, days: int) -> Document:
    """`after` with the correction that was made `days` after DAY."""
    changes = fact_changes(document, after)
    done = Correction(at(DAY + timedelta(days=days)), "x", "vp", "", "gõ nhầm", changes)
    return replace(after, corrections=(*document.corrections, done))


def test_parts_follow_their_order_where_they_stood_as_it_did() -> None:
    order, part, other = with_task_facts(DOCUMENT, FACTS, NONE).tasks
    assert (order.title.vi, order.place, order.horizon, order.weight) == ("Đào kênh", "9", "long", 2.5)
    assert (part.title.vi, part.place, part.horizon, part.weight) == ("Đào kênh", "9", "long", 1.0)
    assert (other.title.vi, other.place, other.horizon) == ("Riêng", "7", "long")


@pytest.mark.parametrize("assigned", ["nv-1", "nv-1-1"])
def test_due_date_of_an_assigned_task_changes_by_acts_alone(assigned: str) -> None:
    later = replace(FACTS, due=DUE + timedelta(days=1))
    assert with_task_facts(DOCUMENT, FACTS, frozenset({assigned})).tasks[0].place == "9"
    assert with_task_facts(DOCUMENT, later, NONE).tasks[1].due == later.due
    with pytest.raises(ActError) as refused:
        with_task_facts(DOCUMENT, later, frozenset({assigned}))
    assert refused.value.failure.code == ActCode.DUE_BY_ACT


def test_tasks_that_wait_move_with_the_day_of_issue() -> None:
    facts = DocumentFacts("1/KH", DAY + timedelta(days=2), "Chống ngập")
    moved = with_document_facts(DOCUMENT, facts, frozenset({"nv-1"}))
    assert [task.assigned_on for task in moved.tasks] == [DAY, facts.issued_on, facts.issued_on]


def test_document_stands_at_a_moment_as_it_stood_then() -> None:
    first = corrected(DOCUMENT, with_task_facts(DOCUMENT, FACTS, NONE), 3)
    facts = DocumentFacts("2/KH", DAY - timedelta(days=1), "Chống úng", "chairman")
    second = corrected(first, with_document_facts(first, facts, NONE), 5)
    assert as_of(second, at(DAY + timedelta(days=2))) == DOCUMENT
    assert as_of(second, at(DAY + timedelta(days=4))) == first
    assert as_of(second, at(DAY + timedelta(days=5))) == second
    versions = {facts_version(each) for each in (DOCUMENT, first, second)}
    assert len(versions) == 3


def test_issuer_sphere_and_agencies_are_corrected_and_stand_at_a_moment_as_they_stood() -> None:
    facts = DocumentFacts("1/KH", DAY, "Chống ngập", issuer="v", sphere="y tế")
    first = corrected(DOCUMENT, with_document_facts(DOCUMENT, facts, NONE), 3)
    agencies = replace(FACTS, title="Đào mương", place="", horizon="", weight=1.0, lead="v", coordinating=("p", "q"))
    second = corrected(first, with_task_facts(first, agencies, NONE), 5)
    assert (second.issuer, second.sphere, second.tasks[0].lead) == ("v", "y tế", "v")
    assert [task.coordinating for task in second.tasks] == [("p", "q")] * 3  # the parts stood as their order did
    assert [task.lead for task in second.tasks[1:]] == ["x1", "x2"]
    assert as_of(second, at(DAY + timedelta(days=4))) == first and as_of(second, at(DAY)) == DOCUMENT


def test_lead_of_an_assigned_task_changes_by_acts_alone_its_coordinators_do_not() -> None:
    other = replace(FACTS, coordinating=("p",))
    assert with_task_facts(DOCUMENT, other, frozenset({"nv-1"})).tasks[0].coordinating == ("p",)
    with pytest.raises(ActError) as refused:
        with_task_facts(DOCUMENT, replace(FACTS, lead="v"), frozenset({"nv-1"}))
    assert refused.value.failure.code == ActCode.DUE_BY_ACT


def test_inferred_due_date_that_was_confirmed_stays_so_until_it_is_corrected() -> None:
    task = replace(ORDER, is_order=False, due_words="Quý IV/2026", due=date(2026, 12, 31), is_due_confirmed=True)
    document = replace(DOCUMENT, tasks=(task,))
    same = replace(FACTS, due=task.due, due_words=task.due_words)
    assert with_task_facts(document, same, NONE).tasks[0].is_due_confirmed
    other = replace(same, due=date(2027, 3, 31), due_words="Quý I/2027")
    after = corrected(document, with_task_facts(document, other, NONE), 3)
    assert after.tasks[0].is_due_inferred and as_of(after, at(DAY)) == document

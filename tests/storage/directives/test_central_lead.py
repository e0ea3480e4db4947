"""A central agency leads no task of the city, however the document comes; one that stands is kept."""

from dataclasses import replace

import pytest

from ioc.directives.assignment import assign_all
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document
from ioc.domain.directives.document_form import TypedTask, parse_tasks
from ioc.storage.db.store import Store
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import AGENCIES, USERS, Harness, refused
from tests.storage.directives.test_corrections import correct, facts_of, plan, stored

MINISTRY = Agency("bo", LocalizedText("Bộ Mẫu"), LocalizedText("Bộ"))


@pytest.fixture
def harness(store: Store) -> Harness:
    made = Harness(store)
    made.context = replace(made.context, agencies=AGENCIES | {"bo": replace(MINISTRY, is_central=True)})
    return made


def led_by_ministry() -> Document:
    document = plan()
    return replace(document, tasks=tuple(replace(task, lead="bo") if task.key == "nv-2" else task
                                         for task in document.tasks))  # fmt: skip


def test_order_of_such_an_issuer_and_its_parts_are_assigned(harness: Harness) -> None:
    tasks, faults = parse_tasks([TypedTask("Việc", "a, b")], harness.context.agencies, "bo", START)
    document = replace(make_document(count=1), issuer="bo", tasks=tasks)
    harness.enter(document)
    keys = [f"{document.key}/{task.key}" for task in tasks]
    done = assign_all(harness.context, keys, "vp", "", USERS["vp"])
    assert not faults and [task.lead for task in tasks] == ["bo", "a", "b"]
    assert not [key for key, result in done.items() if isinstance(result, Exception)]


def test_order_that_another_such_agency_leads_is_refused(harness: Harness) -> None:
    tasks, _ = parse_tasks([TypedTask("Việc", "a, b")], harness.context.agencies, "bo", START)
    with refused(ActCode.AGENCY_CENTRAL):
        harness.enter(replace(make_document(count=1), tasks=tasks))


def test_document_with_such_a_task_is_refused(harness: Harness) -> None:
    with refused(ActCode.AGENCY_CENTRAL):
        harness.enter(led_by_ministry())


def test_task_is_not_corrected_to_such_an_agency(harness: Harness) -> None:
    harness.enter(plan())
    with refused(ActCode.AGENCY_CENTRAL):
        correct(harness, facts_of(plan(), "nv-2", lead="bo"))


def test_task_that_stands_with_such_an_agency_is_corrected_in_other_facts(harness: Harness) -> None:
    city = harness.context
    harness.context = replace(city, agencies=AGENCIES | {"bo": MINISTRY})
    harness.enter(led_by_ministry())
    harness.context = city
    correct(harness, facts_of(led_by_ministry(), "nv-2", weight=2.0))
    task = next(each for each in stored(harness).tasks if each.key == "nv-2")
    assert (task.lead, task.weight) == ("bo", 2.0)

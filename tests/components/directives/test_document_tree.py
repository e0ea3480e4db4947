"""The page of a document: its tree leads to what it does not show, an order counts once beside its addressees."""

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from components.directives import document_page
from components.directives.directive_card import document_counters
from components.directives.document_page import document_tree, tasks_tree
from components.directives.task_numbers import states_note
from components.directives.task_view import agency_name, task_facts
from ioc.directives.document_queries import document_links
from ioc.directives.document_register import all_documents
from ioc.directives.queries import find_document, find_task
from ioc.domain.directives.acts import Act
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.storage.db.store import Store
from tests.storage.directives.cases import make_document
from tests.storage.directives.harness import DAY, DUE, USERS, Harness


def test_link_to_more_documents_leads_to_a_list_that_has_them(store: Store) -> None:
    harness, below = Harness(store), {"d1", "d2", "d3"}
    harness.enter(make_document("d"))
    for key in below:
        harness.enter(make_document(key, 1, parents=("d",)))
    links = document_links(harness.context, find_document(harness.context, "d", USERS["vp"]).document, USERS["vp"])
    (href,) = re.findall(r'href="(/so-van-ban[^"]*)"', document_tree((), links.children[:1], links.child_count, "vi"))
    rows = all_documents(harness.context, dict(parse_qsl(urlsplit(href).query)), USERS["vp"])
    assert {row.document.key for row in rows if "d" in {each.key for each in row.parents}} == below


def test_order_to_several_agencies_is_one_task_beside_the_number_of_its_addressees(store: Store) -> None:
    harness, made = Harness(store), make_document("d", 3)
    order, first, second = made.tasks
    parts = [replace(part, part_of=order.key) for part in (first, second)]
    harness.enter(replace(made, tasks=(replace(order, is_order=True), *parts)), assign=True)
    markup = str(document_counters(find_document(harness.context, "d", USERS["vp"]), "vi"))
    assert re.findall(r"<b>(\d+)</b>", markup)[0] == "1" and states_note(TaskNumbers(1, 2), 2, "vi") in markup


def test_bar_of_an_order_says_how_many_of_its_agencies_report(store: Store) -> None:
    harness, made = Harness(store), make_document("d", 3)
    order, first, second = made.tasks
    parts = [replace(part, part_of=order.key, lead=lead) for part, lead in ((first, "a"), (second, "b"))]
    harness.enter(replace(made, tasks=(replace(order, is_order=True), *parts)), assign=True)

    def tree() -> str:
        return tasks_tree(find_document(harness.context, "d", USERS["vp"]), (), harness.context.agencies, "vi")

    assert "báo cáo" not in tree().replace("chưa có báo cáo", "")
    for part, position in zip(parts, ("gd-a", "gd-b"), strict=True):
        harness.act(position, Act.RECEIVE, f"d/{part.key}")
    harness.act("gd-a", Act.REPORT, f"d/{first.key}", text="đang làm", percent=80.0)
    assert "1/2 báo cáo" in tree()
    harness.act("gd-b", Act.REPORT, f"d/{second.key}", text="đang làm", percent=40.0)
    assert "/2 báo cáo" not in tree()


def test_tasks_stand_in_the_order_of_their_document_with_their_numbers(store: Store) -> None:
    harness, made = Harness(store), make_document("d", 12)
    parts = dict.fromkeys(("nv-11", "nv-4"), "nv-2")
    tasks = [replace(task, is_order=task.key == "nv-2", part_of=parts.get(task.key, "")) for task in made.tasks]
    harness.enter(replace(made, tasks=tuple(tasks)))
    assigned = ("nv-10", "nv-2", "nv-11", "nv-4", "nv-7", "nv-1")
    for n, key in enumerate(assigned):
        harness.act("vp", Act.ASSIGN, f"d/{key}", agency="b", due=DUE - n * DAY)
    harness.act("gd-b", Act.RECEIVE, "d/nv-7")
    view = find_document(harness.context, "d", USERS["vp"])
    waiting = [task for task in view.document.tasks if task.key not in assigned]
    markup = tasks_tree(view, waiting, harness.context.agencies, "vi")
    of_order = ["2", "4", "11"]
    own = [task.key.removeprefix("nv-") for task in tasks if task.key not in parts]
    assert re.findall(r"nhiệm vụ (\d+) ·", markup) == [*own[:2], *of_order, *own[3:]]


def test_tasks_of_a_long_document_are_on_pages_whoever_sees_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_page, "MAX_TASKS", 4)
    harness, made = Harness(store), make_document("d", 13)
    parts = dict.fromkeys(("nv-3", "nv-4", "nv-5", "nv-6", "nv-7"), "nv-2")
    tasks = [replace(task, is_order=task.key == "nv-2", part_of=parts.get(task.key, "")) for task in made.tasks]
    harness.enter(replace(made, tasks=tuple(tasks)))
    assigned = ("nv-0", "nv-1", "nv-2", *parts, "nv-9")
    for key in assigned:
        harness.act("vp", Act.ASSIGN, f"d/{key}", agency="b", due=DUE)
    view = find_document(harness.context, "d", USERS["gd-b"])
    waiting = [task for task in view.document.tasks if task.key not in assigned]
    pages = [tasks_tree(view, waiting, harness.context.agencies, "vi", page) for page in (1, 2, 3, 4, 9)]
    of_order = ["2", "3", "4", "5", "6", "7"]
    expected = [["0", "1"], of_order, ["8", "9", "10", "11"], ["12"], ["12"]]
    assert [re.findall(r"nhiệm vụ (\d+) ·", markup) for markup in pages] == expected
    assert [re.findall(r'href="\?trang=(\d)"', markup) for markup in pages] == [
        ["2"], ["1", "3"], ["2", "4"], ["3"], ["3"],
    ]  # fmt: skip


def test_order_and_its_parts_name_who_coordinates_and_which_due_date_is_inferred(store: Store) -> None:
    harness, made = Harness(store), make_document("d", 2)
    stated = {"due_words": "Quý IV", "due": DUE}
    order, part = (replace(task, **stated) for task in made.tasks)  # type: ignore[arg-type]
    tasks = (
        replace(order, is_order=True, coordinating=("c",)),
        replace(part, part_of=order.key, lead="a", coordinating=()),
    )
    harness.enter(replace(made, tasks=tasks), assign=True)
    view = find_document(harness.context, "d", USERS["vp"])
    markup = tasks_tree(view, (), harness.context.agencies, "vi")
    assert markup.count("phối hợp: ") == 1 and markup.count("hạn suy ra từ “Quý IV”") == 2
    assert 'href="/nhiem-vu/d/nv-0"' in markup
    detail = find_task(harness.context, "d/nv-1", "vp", USERS["vp"])
    facts = task_facts(detail, None, None, harness.context.agencies, "vi")
    assert "Phối hợp" in facts and agency_name(harness.context.agencies, "c", "vi") in facts
    detail = find_task(harness.context, "d/nv-0", "vp", USERS["vp"])
    assert "<dd>giao 1 cơ quan</dd>" in task_facts(detail, None, None, harness.context.agencies, "vi")

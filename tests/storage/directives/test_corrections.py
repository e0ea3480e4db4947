"""Documents that are corrected: who may, two at once, numbers, what stays of an earlier state."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ioc.directives.corrections import DocumentCorrection, correct_document, find_correctable
from ioc.directives.document_queries import new_document_key, task_at
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives import correction
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act
from ioc.domain.directives.correction import DocumentFacts, TaskFacts, facts_version
from ioc.domain.directives.directive import Document
from ioc.domain.directives.task_sheet import document_key
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, SYSTEM, USERS, Harness, refused

KEY = document_key("a", "100/KH", START)


def plan(number: str = "100/KH", **more: object) -> Document:
    key = document_key("a", number, START)
    return replace(make_document(), key=key, number=number, issuer="a", issued_on=START, **more)  # type: ignore[arg-type]


def stored(harness: Harness, key: str = KEY) -> Document:
    with harness.store.read() as conn:
        document = documents.find_document(conn, key)
    assert document is not None
    return document


def correct(
    harness: Harness, facts: DocumentFacts | TaskFacts, position: str = "vp", *, key: str = KEY, version: str = "",
    **more: str,
) -> Document:  # fmt: skip
    given = DocumentCorrection(
        key, facts, more.pop("reason", "gõ nhầm"), version or facts_version(stored(harness, key)), position, **more
    )
    return correct_document(harness.context, given, USERS[position])


def facts_of(document: Document, task: str, **more: object) -> TaskFacts:
    found = next(each for each in document.tasks if each.key == task)
    facts = TaskFacts(
        task, found.title.vi, found.place, found.horizon, found.weight, found.due, found.due_words
    )  # fmt: skip
    return replace(facts, **more)  # type: ignore[arg-type]


@pytest.fixture
def harness(store: Store) -> Harness:
    return Harness(store)


@pytest.fixture
def entered(harness: Harness) -> Harness:
    harness.enter(plan(), assign=True)
    return harness


def test_correction_is_kept_with_who_why_and_what_stood_before(entered: Harness) -> None:
    entered.now = at(START + DAY)
    facts = DocumentFacts("101/KH", START - DAY, "Chống úng", "chairman")
    correct(entered, facts, "cv", reason="nhầm số 0912345678")
    document = stored(entered)
    assert (document.number, document.issued_on, document.title.vi, document.source) == (
        "101/KH", START - DAY, "Chống úng", "chairman",
    )  # fmt: skip
    (done,) = document.corrections
    assert (done.at, done.actor, done.position) == (at(START + DAY), "nguoi-cv", "cv")
    assert "0912345678" not in done.reason
    assert {change.field: change.before for change in done.changes}["number"] == "100/KH"
    assert ("directive-document-corrected", KEY) in entered.audited


def test_task_shows_at_a_past_moment_what_stood_then(entered: Harness) -> None:
    before = stored(entered).tasks[1]
    entered.now = at(START + 2 * DAY)
    correct(entered, facts_of(stored(entered), before.key, title="Đào kênh", horizon="long", weight=3.0))
    key = f"{KEY}/{before.key}"
    for days, title in ((1, before.title.vi), (2, "Đào kênh")):
        found = task_at(entered.context, key, at(START + days * DAY), USERS["vp"])
        assert found is not None and found[0].title.vi == title


def test_second_of_two_people_is_told_and_a_repeated_form_is_one_correction(entered: Harness) -> None:
    shown = facts_version(stored(entered))
    facts = DocumentFacts("101/KH", START, "Chống úng")
    for _ in range(2):
        correct(entered, facts, version=shown, form_key="k1")
    assert len(stored(entered).corrections) == 1
    with refused(ActCode.DOCUMENT_CHANGED):
        correct(entered, replace(facts, title="Khác"), "cv", version=shown)
    with refused(ActCode.NOTHING_CHANGED):
        correct(entered, facts, "cv")


def test_number_is_that_of_the_corrected_issuer(entered: Harness) -> None:
    other = replace(plan("7/KH"), key=document_key("b", "7/KH", START), issuer="b")
    entered.enter(other)
    facts = DocumentFacts("100/KH", START, "Chống ngập", issuer="b", sphere="Y tế")
    correct(entered, facts)
    assert (stored(entered).issuer, stored(entered).sphere) == ("b", "Y tế")
    with refused(ActCode.KEY_TAKEN):
        correct(entered, DocumentFacts("100/KH", START, "Khác"), key=other.key)
    with refused(ActCode.AGENCY_UNKNOWN):
        correct(entered, facts_of(stored(entered), "nv-2", coordinating=("no-such",)))
    correct(entered, facts_of(stored(entered), "nv-2", coordinating=("b",)))
    assert next(task for task in stored(entered).tasks if task.key == "nv-2").coordinating == ("b",)


def test_number_of_the_issuer_before_is_free_again(entered: Harness) -> None:
    issuer = stored(entered).issuer
    correct(entered, DocumentFacts("100/KH", START, "Khác", issuer=issuer))
    assert new_document_key(entered.context, issuer, "100/KH", START, USERS["vp"]) == KEY  # it has not left the number
    correct(entered, DocumentFacts("100/KH", START, "Khác", issuer="b"), "cv")
    key = new_document_key(entered.context, issuer, "100/KH", START, USERS["vp"])
    assert key != KEY
    entered.enter(replace(plan(), key=key))
    assert (stored(entered).issuer, stored(entered, key).issuer) == ("b", issuer)


def test_what_stays_by_acts_alone_or_is_no_document_to_correct_is_refused(entered: Harness) -> None:
    due = facts_of(stored(entered), "nv-2", due=DUE + DAY)
    with refused(ActCode.DUE_BY_ACT):
        correct(entered, due)
    for facts, code in (
        (DocumentFacts("", START, "x"), ActCode.FIELD_MISSING),
        (DocumentFacts("1", START + DAY, "x"), ActCode.ASSIGNED_LATER),
        (facts_of(stored(entered), "nv-2", weight=0.0), ActCode.WEIGHT_NOT_POSITIVE),
        (TaskFacts("nv-9", "x"), ActCode.UNKNOWN_TASK),
    ):
        with refused(code):
            correct(entered, facts)
    with refused(ActCode.FIELD_MISSING):
        correct(entered, DocumentFacts("1", START, "x"), reason=" ")
    for position in ("gd-a", "ct"):
        with refused(ActCode.NOT_PERMITTED):
            correct(entered, DocumentFacts("1", START, "x"), position)
    assert stored(entered).corrections == ()


def test_due_date_of_a_task_that_waits_is_corrected_and_assigned_so(harness: Harness) -> None:
    harness.enter(plan())
    correct(harness, facts_of(stored(harness), "nv-2", due=DUE + DAY))
    results = harness.enter(plan(tasks=stored(harness).tasks), assign=True)
    assert next(each.state.due for each in results if each.event.task == f"{KEY}/nv-2") == DUE + DAY
    assert len(stored(harness).corrections) == 1


def test_document_of_another_system_is_read_only(harness: Harness) -> None:
    external = replace(
        make_document(),
        external_id="1",
        tasks=tuple(replace(each, external_id=each.key) for each in make_document().tasks),
    )
    enter_document(harness.context, DocumentEntry(external, "qlvb", assign=True), SYSTEM)
    with harness.store.read() as conn:
        found = documents.find_external(conn, "qlvb", "1")
    assert found is not None
    with refused(ActCode.EXTERNAL_MASTER):
        find_correctable(harness.context, found.key, USERS["vp"])
    with refused(ActCode.EXTERNAL_MASTER):
        correct(harness, DocumentFacts("2", START, "x"), key=found.key)


def test_number_is_found_where_it_stands_now_and_the_old_one_is_free(entered: Harness) -> None:
    correct(entered, DocumentFacts("101/KH", START, "Chống ngập"))
    with refused(ActCode.KEY_TAKEN):
        entered.enter(plan("101/KH"), is_new=True)
    key = new_document_key(entered.context, "a", "100/KH", START, USERS["vp"])
    entered.enter(replace(plan("100/KH"), key=key), is_new=True)
    assert key != KEY and stored(entered, key).number == "100/KH" and stored(entered).number == "101/KH"
    assert new_document_key(entered.context, "a", "100/KH", START, USERS["vp"]) == key
    with refused(ActCode.KEY_TAKEN):
        entered.enter(replace(plan("100/KH"), key=key), is_new=True)
    with refused(ActCode.KEY_TAKEN):
        correct(entered, DocumentFacts("100/KH", START, "Chống ngập"))
    correct(entered, DocumentFacts("99/KH", START, "Chống ngập"), key=key)


def test_corrections_of_a_document_are_bounded_and_stay_when_it_is_entered_again(
    entered: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.directives.corrections.MAX_CORRECTIONS", 1)
    assert correction.MAX_CORRECTIONS >= 1
    correct(entered, DocumentFacts("100/KH", START, "Chống úng"))
    entered.enter(replace(stored(entered), corrections=(), sphere="đô thị"))
    assert len(stored(entered).corrections) == 1
    with refused(ActCode.TOO_MANY_CORRECTIONS):
        correct(entered, DocumentFacts("100/KH", START, "Khác"))


def test_acts_go_on_after_a_correction(entered: Harness) -> None:
    correct(entered, facts_of(stored(entered), "nv-2", title="Đào kênh"))
    entered.now = at(START + timedelta(days=1))
    assert entered.act("gd-c", Act.RECEIVE, f"{KEY}/nv-2").state.work_state
    assert stored(entered).tasks[2].title == LocalizedText("Đào kênh")


def enter_new(harness: Harness, number: str) -> str:
    key = new_document_key(harness.context, "a", number, START, USERS["vp"])
    harness.enter(replace(plan(number), key=key), is_new=True)
    return key


def test_year_of_a_corrected_day_frees_the_number(entered: Harness) -> None:
    correct(entered, DocumentFacts("100/KH", date(START.year - 1, 12, 31), "Chống ngập"))
    key = enter_new(entered, "100/KH")
    assert key != KEY and stored(entered, key).issued_on == START
    with refused(ActCode.KEY_TAKEN):
        enter_new(entered, "100/KH")
    with refused(ActCode.KEY_TAKEN):
        correct(entered, DocumentFacts("100/KH", START, "Chống ngập"))


def test_number_that_two_documents_have_left_is_free(entered: Harness) -> None:
    keys = [KEY]
    for number in ("101/KH", "102/KH", "103/KH"):
        correct(entered, DocumentFacts(number, START, "Chống ngập"), key=keys[-1])
        keys.append(enter_new(entered, "100/KH"))
    assert len(set(keys)) == 4
    assert [stored(entered, key).number for key in keys] == ["101/KH", "102/KH", "103/KH", "100/KH"]


def test_masked_number_is_not_left_by_a_correction_of_another_fact(harness: Harness) -> None:
    number = "0912345678/CV"
    key = enter_new(harness, number)
    correct(harness, DocumentFacts(stored(harness, key).number, START, "Chống úng"), key=key)
    with refused(ActCode.KEY_TAKEN):
        enter_new(harness, number)
    assert new_document_key(harness.context, "a", number, START, USERS["vp"]) == key


def test_issued_instruction_of_a_leader_without_an_agency_is_corrected(harness: Harness) -> None:
    given = Instruction("ct", "Làm gấp", "b", "/", harness.now, "x", "1")
    key = give_instruction(harness.context, given, USERS["ct"]).key
    issue_document(harness.context, key, "5/CV", START, "vp", USERS["vp"])
    document = correct(harness, DocumentFacts("6/CV", START, "Làm gấp", "chairman"), key=key)
    assert (document.issuer, document.number, stored(harness, key).number) == ("", "6/CV", "6/CV")
    with refused(ActCode.AGENCY_UNKNOWN):
        harness.enter(replace(make_document("x"), issuer=""))


def test_document_that_a_system_has_sent_too_is_corrected_but_for_its_number(harness: Harness) -> None:
    key = enter_new(harness, "5/KH")
    tasks = tuple(replace(each, external_id=each.key) for each in plan("5/KH").tasks)
    harness.enter(replace(plan("5/KH"), key="", external_id="1", tasks=tasks), position="qlvb")
    facts = DocumentFacts("5/KH", START, "Chống úng", "chairman", sphere="Y tế")
    assert correct(harness, facts, key=key).title.vi == "Chống úng"
    with refused(ActCode.KEY_TAKEN):
        correct(harness, replace(facts, issued_on=START - DAY), key=key)
    correct(harness, replace(facts, number="6/KH"), key=key)
    with refused(ActCode.KEY_TAKEN):
        correct(harness, facts, key=key)

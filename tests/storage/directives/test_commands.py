"""Commands on directives, on both databases: who may, what is stored, two at once, done once, audited."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ioc.directives import queries, register_filter, work_list
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import ActResult, TaskChangedError, perform_act, perform_all
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, Cause, PositionKind, ReturnKind
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.commands import CommandError
from ioc.storage.directives import documents, events, positions
from ioc.storage.directives.events import EventPage
from ioc.storage.directives.register import RegisterQuery
from ioc.storage.directives.work_list import WorkSection
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, SYSTEM, USERS, Harness, refused


def test_a_task_is_followed_from_receipt_to_its_second_completion(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="Đã làm", percent=40, petition="Kinh phí", petition_to="ct")
    assert [entry.section for entry in work_list.my_work(city.context, "ct", USERS["ct"]).work.entries] == [
        WorkSection.PETITION
    ]
    asked = city.act("gd-c", Act.REQUEST_EXTENSION, due=DUE + 10 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    city.act("ct", Act.DECIDE_EXTENSION, refers_to=asked.event.id, is_granted=True)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("vp", Act.RETURN_COMPLETION, return_kind=ReturnKind.CONTENT, text="Thiếu")
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("vp", Act.CONFIRM_COMPLETION)
    city.act("ct", Act.CONTINUE, text="Làm tiếp", basis="2/TB")
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    done = city.act("vp", Act.CONFIRM_COMPLETION)
    assert (done.state.work_state, done.state.due) == (WorkState.DONE, DUE + 10 * DAY)
    detail = queries.find_task(city.context, "d/nv-2", "ct", USERS["ct"])
    assert detail.version == done.event.id and Act.CONTINUE in detail.acts and len(detail.history) == 12
    assert city.audited[0] == ("directive-document-entered", "d")
    assert city.audited[-1] == ("directive-confirm-completion", "d/nv-2")


@pytest.mark.parametrize(
    ("position", "act", "stated", "code"),
    [
        ("gd-a", Act.RECEIVE, {}, ActCode.NOT_PERMITTED),
        ("vp", Act.RECEIVE, {}, ActCode.NOT_PERMITTED),
        ("gd-c", Act.STAR, {}, ActCode.NOT_PERMITTED),
        ("gd-c", Act.REPORT, {"text": "x"}, ActCode.ACT_NOT_POSSIBLE),
        ("vp", Act.TRANSFER, {"agency": "z", "basis": "1"}, ActCode.AGENCY_UNKNOWN),
        ("vp", Act.WITHDRAW, {}, ActCode.FIELD_MISSING),
    ],
)
def test_what_is_refused_leaves_nothing(
    city: Harness, position: str, act: Act, stated: dict[str, object], code: ActCode
) -> None:
    before = queries.find_task(city.context, "d/nv-2", "vp", USERS["vp"])
    audited = list(city.audited)
    with refused(code):
        city.act(position, act, **stated)  # type: ignore[arg-type]
    assert queries.find_task(city.context, "d/nv-2", "vp", USERS["vp"]) == before and city.audited == audited


def test_who_has_no_such_role_or_position_is_refused(city: Harness) -> None:
    command = ActCommand("d/nv-2", Act.RECEIVE, ActFields(), "gd-c")
    for principal in (Principal(PrincipalKind.USER, "nguoi-gd-c"), Principal(PrincipalKind.API_KEY, "nguoi-gd-c")):
        with pytest.raises(PermissionDeniedError):
            perform_act(city.context, command, principal)
    with refused(ActCode.POSITION_NOT_VALID):
        perform_act(city.context, command, USERS["gd-a"])


def test_the_second_of_two_is_told_what_changed(city: Harness) -> None:
    seen = city.act("gd-c", Act.RECEIVE).event.id
    city.act("ct", Act.STAR, expected_version=seen)
    with pytest.raises(TaskChangedError) as told:
        city.act("vp", Act.REMIND, channel="system", expected_version=seen)
    assert [event.act for event in told.value.changes] == [Act.STAR]
    assert told.value.failure.code == ActCode.TASK_CHANGED


def test_a_command_is_done_once(city: Harness) -> None:
    first = city.act("gd-c", Act.RECEIVE, idempotency_key="k1")
    again = city.act("gd-c", Act.RECEIVE, idempotency_key="k1")
    assert again.event == first.event and again.is_repeated and not first.is_repeated
    with refused(ActCode.KEY_REUSED):
        city.act("gd-c", Act.REPORT, text="x", idempotency_key="k1")
    assert len(queries.find_task(city.context, "d/nv-2", "vp", USERS["vp"]).history) == 2


def test_a_preview_stores_nothing_and_bulk_acts_have_a_result_each(city: Harness) -> None:
    commands = tuple(
        ActCommand(f"d/nv-{n}", Act.EXTEND, ActFields(due=DUE + 5 * DAY, basis="9/QĐ"), "ct") for n in (0, 2, 7)
    )
    for preview in (True, False):
        done, child, unknown = perform_all(city.context, commands, USERS["ct"], preview=preview)
        assert isinstance(done, ActResult) and done.state.due == DUE + 5 * DAY
        assert isinstance(child, ActResult) and isinstance(unknown, ActError)
        due = queries.find_task(city.context, "d/nv-2", "ct", USERS["ct"]).state
        assert due is not None and due.due == (DUE if preview else DUE + 5 * DAY)


def test_a_part_is_not_extended_beyond_its_order(city: Harness) -> None:
    with refused(ActCode.CHILD_AFTER_PARENT):
        city.act("ct", Act.EXTEND, "d/nv-1", due=DUE + DAY, basis="1")


def test_a_delegate_acts_for_another_position_and_it_stands_on_the_act(city: Harness) -> None:
    asked = city.act("gd-c", Act.REQUEST_EXTENSION, due=DUE + DAY, text="x", cause=Cause.SUBJECTIVE)
    with refused(ActCode.NOT_PERMITTED):
        city.act("vp", Act.DECIDE_EXTENSION, refers_to=asked.event.id, is_granted=True)
    acts = frozenset({Act.DECIDE_EXTENSION})
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(MandateKind.DELEGATION, "ct", "vp", START, DUE, acts, "3/UQ"))
    done = city.act("vp", Act.DECIDE_EXTENSION, refers_to=asked.event.id, is_granted=True, on_behalf_of="ct")
    assert (done.event.position, done.event.on_behalf_of) == ("vp", "ct")
    with refused(ActCode.MANDATE_MISSING):
        city.act("vp", Act.STAR, on_behalf_of="ct")


def test_a_position_that_ended_yesterday_does_not_act(city: Harness) -> None:
    ended = Position("gd-c", PositionKind.AGENCY_LEADER, "x", "nguoi-gd-c", START, START + DAY, agency="c")
    with city.store.write() as conn:
        positions.put_position(conn, ended)
    city.now = at(START + 2 * DAY)
    with refused(ActCode.POSITION_NOT_VALID):
        city.act("gd-c", Act.RECEIVE)


def test_a_successor_holds_the_tasks_of_an_agency_that_ended(city: Harness) -> None:
    city.now = at(START + 70 * DAY)
    with refused(ActCode.NOT_PERMITTED):
        city.act("gd-c", Act.RECEIVE)
    city.act("gd-b", Act.RECEIVE)
    own = [entry.row.key for entry in work_list.my_work(city.context, "gd-b", USERS["gd-b"]).work.entries]
    assert own == ["d/nv-2", "d/nv-1"]
    page = queries.register(city.context, RegisterQuery(agencies=("b",)), USERS["gd-b"])
    assert [row.key for row in page.rows] == own
    found = queries.statistics(city.context, None, AgencyView.HELD, USERS["ct"])
    assert {agency: counts.total for agency, counts in found.by_agency.items()} == {"b": 2}


def test_a_document_of_another_system_is_read_only_here_and_acts_come_by_external_id(city: Harness) -> None:
    document = make_document("", external_id="X")
    numbered = tuple(replace(task, external_id=task.key, key="") for task in document.tasks)
    document = replace(document, tasks=numbered)
    city.enter(document, "qlvb", assign=True)
    with refused(ActCode.EXTERNAL_MASTER):
        city.act("gd-c", Act.RECEIVE, "qlvb-x/nv-2")
    with refused(ActCode.EXTERNAL_MASTER):
        city.enter(make_document("qlvb-x"))
    city.act("qlvb", Act.RECEIVE, "qlvb-x/nv-2", external_id="e1")
    stated: dict[str, Any] = {"text": "x", "petition": "y", "petition_to": "ct"}
    report = city.act("qlvb", Act.REPORT, "qlvb-x/nv-2", external_id="e2", **stated)
    assert city.act("qlvb", Act.REPORT, "qlvb-x/nv-2", external_id="e2", **stated).event == report.event
    with refused(ActCode.KEY_REUSED):
        city.act("qlvb", Act.REPORT, "qlvb-x/nv-2", text="z", external_id="e2")
    with refused(ActCode.EXTERNAL_MASTER):
        city.act("vp", Act.REPORT, "qlvb-x/nv-2", external_id="e2", **stated)
    answered = city.act("qlvb", Act.ANSWER_PETITION, "qlvb-x/nv-2", text="z", external_id="e3", refers_to_external="e2")
    assert answered.event.stated.refers_to == report.event.id and answered.state.items == ()
    assert [item.external_id for item in queries.events_after(city.context, report.event.id - 1, 9, SYSTEM).events] == [
        "e2",
        "e3",
    ]
    assert queries.find_task(city.context, "qlvb-x/nv-2", "ct", USERS["ct"]).acts == ()


def test_acts_of_all_documents_and_drafts_are_for_systems_and_the_office(city: Harness) -> None:
    assert queries.events_after(city.context, 0, 9, USERS["vp"]).events
    for ask in (
        lambda who: queries.events_after(city.context, 0, 9, who),
        partial(queries.draft_instructions, city.context),
    ):
        with refused(ActCode.POSITION_NOT_VALID):
            ask(USERS["gd-a"])


def test_a_system_is_sent_no_act_on_what_only_the_agencies_concerned_see(city: Harness) -> None:
    """The number to go on from passes what is left out, so that nobody reads the same acts for ever."""
    for key, visibility in (("mở", Visibility.INTERNAL), ("kín", Visibility.AGENCIES_CONCERNED)):
        city.enter(make_document(key, visibility=visibility), assign=True)
    own = make_document("", external_id="X", visibility=Visibility.AGENCIES_CONCERNED)
    tasks = tuple(replace(task, external_id=task.key, key="") for task in own.tasks)
    city.enter(replace(own, tasks=tasks), "qlvb", assign=True)
    everything, sent = (queries.events_after(city.context, 0, 99, who) for who in (USERS["vp"], SYSTEM))
    keys = {item.event.task.split("/")[0] for item in everything.events}
    assert keys - {item.event.task.split("/")[0] for item in sent.events} == {"kín"}
    assert sent.last == everything.last == everything.events[-1].event.id
    hidden = next(item.event.id for item in everything.events if item.event.task.startswith("kín/"))
    assert queries.events_after(city.context, hidden - 1, 1, SYSTEM) == EventPage((), hidden)


def test_a_system_without_documents_of_its_own_enters_none(city: Harness) -> None:
    with city.store.write() as conn:
        positions.put_position(conn, Position("qlvb", PositionKind.SYSTEM, "QLVB", "qlvb", START))
    with refused(ActCode.POSITION_NOT_VALID):
        city.enter(make_document("n"), "qlvb")


def test_a_document_keeps_its_assigned_tasks(city: Harness) -> None:
    more = make_document(count=4)
    assert [result.event.task for result in city.enter(more, assign=True)] == ["d/nv-3"]
    moved = replace(more, tasks=tuple(replace(task, due=DUE + DAY) for task in more.tasks))
    with refused(ActCode.KEY_TAKEN):
        city.enter(moved)
    city.enter(replace(more, tasks=()))
    with city.store.read() as conn:
        stored = documents.find_document(conn, "d")
    assert stored is not None and len(stored.tasks) == 4


@pytest.mark.parametrize(
    ("position", "changes", "entry", "code"),
    [
        ("vp", {}, {"secrecy": "Mật"}, ActCode.SECRET_DOCUMENT),
        ("vp", {"revokes": ("n",)}, {}, ActCode.DOCUMENT_REVOKES_ITSELF),
        ("gd-a", {}, {}, ActCode.NOT_PERMITTED),
        ("cv", {"visibility": Visibility.PUBLIC}, {}, ActCode.PUBLISH_NOT_PERMITTED),
        ("cv", {}, {"assign": True}, ActCode.NOT_PERMITTED),
        ("vp", {"number": ""}, {"assign": True}, ActCode.DOCUMENT_NOT_ISSUED),
    ],
)
def test_a_wrong_document_leaves_nothing(
    city: Harness, position: str, changes: dict[str, object], entry: dict[str, object], code: ActCode
) -> None:
    audited = list(city.audited)
    with refused(code):
        city.enter(make_document("n", **changes), position, **entry)  # type: ignore[arg-type]
    with city.store.read() as conn:
        assert documents.find_document(conn, "n") is None and events.find_task(conn, "n/nv-0") is None
    assert city.audited == audited or city.audited[len(audited) :] == [("directive-document-entered", "n")]


def test_an_instruction_becomes_a_numbered_document_with_its_task(city: Harness) -> None:
    instruction = Instruction("ct", "Kiểm tra trạm bơm", "a", "/chi-so/muc-nuoc", city.now, "muc-nuoc", "1,86 m", DUE)
    draft = give_instruction(city.context, instruction, USERS["ct"])
    once = replace(instruction, form_key="k1")
    first = give_instruction(city.context, once, USERS["ct"])
    assert give_instruction(city.context, replace(once, value="1,87 m"), USERS["ct"]) == first
    with pytest.raises(CommandError):
        give_instruction(city.context, replace(once, text="Khác"), USERS["ct"])
    issue_document(city.context, first.key, "4/TB", START, "vp", USERS["vp"])
    assert [item.key for item in queries.draft_instructions(city.context, USERS["vp"])] == [draft.key]
    with refused(ActCode.NOT_PERMITTED):
        issue_document(city.context, draft.key, "5/TB", START, "cv", USERS["cv"])
    for number, day, code in (
        ("d/MP-UBND", START, ActCode.KEY_TAKEN), ("5/TB", START + DAY, ActCode.ASSIGNED_LATER)
    ):  # fmt: skip
        with refused(code):
            issue_document(city.context, draft.key, number, day, "vp", USERS["vp"])
    (assigned,) = issue_document(city.context, draft.key, "5/TB", START, "vp", USERS["vp"])
    assert (assigned.state.holder, assigned.state.due) == ("a", DUE)
    assert queries.draft_instructions(city.context, USERS["vp"]) == ()
    found = queries.find_task(city.context, assigned.event.task, "gd-a", USERS["gd-a"]).document
    assert found.number == "5/TB" and found.origin is not None and found.origin.value == "1,86 m"
    with refused(ActCode.INSTRUCTION_ISSUED):
        issue_document(city.context, draft.key, "6/TB", START, "vp", USERS["vp"])


def test_number_that_a_document_of_another_day_has_must_be_meant(city: Harness) -> None:
    draft = give_instruction(city.context, Instruction("ct", "Kiểm tra", "a", "", city.now, "", ""), USERS["ct"])
    city.now += DAY
    with refused(ActCode.NUMBER_USED):
        issue_document(city.context, draft.key, "d/MP-UBND", START + DAY, "vp", USERS["vp"])
    (assigned,) = issue_document(
        city.context, draft.key, "d/MP-UBND", START + DAY, "vp", USERS["vp"], is_number_meant=True
    )
    assert assigned.state.holder == "a"


def test_a_document_rolls_up_its_tasks_as_they_are_now(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="x", percent=40)
    city.now = at(START + 15 * DAY)
    view = queries.find_document(city.context, "d", USERS["gd-a"])
    assert [task.task.key for task in view.tasks] == ["nv-1", "nv-2"] and view.counts.total == 2
    assert (view.rollup.percent, view.rollup.reported_count, view.rollup.total) == (40, 1, 2)
    assert view.rollup.planned_percent == 50 and view.rollup.gap == 10
    assert [order.task.key for order in view.orders] == ["nv-0"]
    city.act("vp", Act.PAUSE, basis="1", until=DUE)
    assert queries.find_document(city.context, "d", USERS["gd-a"]).rollup.percent is None
    city.enter(make_document("r", 2, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    assert queries.find_document(city.context, "r", USERS["gd-b"])
    with refused(ActCode.UNKNOWN_DOCUMENT):
        queries.find_document(city.context, "r", Principal(PrincipalKind.USER, "ai-do", roles=frozenset({Role.VIEWER})))


def test_only_agencies_concerned_see_a_restricted_document(city: Harness) -> None:
    city.enter(make_document("r", 1, visibility=Visibility.AGENCIES_CONCERNED, sphere="mat"), assign=True)  # c helps a
    query = RegisterQuery(spheres=("mat",))
    totals = {key: queries.register(city.context, query, USERS[key]).total for key in USERS}
    assert totals == {"vp": 1, "ct": 1, "cv": 1, "gd-a": 1, "gd-b": 0, "gd-c": 1}
    nobody = Principal(PrincipalKind.USER, "ai-do", roles=frozenset({Role.VIEWER}))
    assert queries.register(city.context, query, nobody).total == 0


def test_texts_are_cleaned_before_they_are_stored(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    done = city.act("gd-c", Act.REPORT, text="  Gọi 0912345678\x00 ", document_number="12/BC")
    assert "0912345678" not in done.event.stated.text and done.event.stated.document_number == "12/BC"


def test_an_export_has_each_task_once_while_others_enter_tasks(city: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_filter, "_EXPORT_BLOCK", 2)
    for number in range(3):
        city.enter(make_document(f"e{number}"), assign=True)
    before = [row.key for row in register_filter.all_rows(city.context, {}, USERS["vp"])]
    rows = register_filter.all_rows(city.context, {}, USERS["vp"])
    found = [next(rows).key]
    early = tuple(replace(task, due=START + DAY) for task in make_document().tasks)  # they stand before all others
    city.enter(make_document("early", tasks=early), assign=True)
    found += [row.key for row in rows]
    assert found == before and len(before) == 12
    assert len(list(register_filter.all_rows(city.context, {}, USERS["vp"]))) == 15

"""Instructions without a number: given back by the Office, sent again or withdrawn by who gave them, by two at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.directives import queries
from ioc.directives.briefings import Secretary, collect_item, conclude_item, end_briefing, open_briefing
from ioc.directives.document_queries import document_links, instruction_actors, own_instructions, waiting_drafts
from ioc.directives.instruction_steps import (
    InstructionCommand,
    SentInstruction,
    return_instruction,
    send_instruction,
    withdraw_instruction,
)
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.work_list import all_work, count_work
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import city_date
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.briefing import BriefingSubject, Conclusion, SubjectKind
from ioc.domain.directives.directive import Document, InstructionAct, Task, Visibility
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.directives import documents, positions
from ioc.storage.directives.instructions import late_instructions
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, USERS, Harness, refused

SENT = SentInstruction("Kiểm tra trạm bơm số 2", "b", DUE + DAY)
DEPUTY = Principal(PrincipalKind.USER, "nguoi-pct", roles=frozenset({Role.LEADER}))


def give(city: Harness, text: str = "Kiểm tra trạm bơm") -> Document:
    figure = Instruction("ct", text, "a", "/chi-so/muc-nuoc", city.now, "muc-nuoc", "1,86 m", DUE)
    return give_instruction(city.context, figure, USERS["ct"])


def by(draft: Document, position: str, **more: str) -> InstructionCommand:
    """A command of who has just read the instruction."""
    return InstructionCommand(draft.key, len(draft.steps), position, **more)


def give_back(city: Harness, draft: Document, reason: str = "Chưa rõ cơ quan") -> Document:
    return return_instruction(city.context, by(draft, "vp"), reason, USERS["vp"])


def send(city: Harness, draft: Document, sent: SentInstruction = SENT) -> Document:
    return send_instruction(city.context, by(draft, "ct"), sent, USERS["ct"])


def withdraw(city: Harness, draft: Document, position: str = "ct") -> Document:
    return withdraw_instruction(city.context, by(draft, position), USERS[position])


def queue(city: Harness) -> list[str]:
    return [each.key for each in queries.draft_instructions(city.context, USERS["vp"])]


def returned(city: Harness) -> list[str]:
    return [each.key for each in waiting_drafts(city.context, "ct", USERS["ct"]).returned]


def calls(*each: Callable[[], Document]) -> tuple[Callable[[], Document], ...]:
    return each


def counted(city: Harness) -> tuple[int, int]:
    """How much waits for who gives instructions, and for the Office."""
    return count_work(city.context, USERS["ct"]), count_work(city.context, USERS["vp"])


def test_instruction_waits_although_another_system_says_that_it_carries_it_out(city: Harness) -> None:
    """Its key can be guessed: the instruction was in no list any more, and could not be issued."""
    draft = give(city)
    carrying = make_document("", tasks=(Task("", LocalizedText("x"), "c", START, external_id="1"),), external_id="P")
    city.enter(replace(carrying, parents=(draft.key,)), "qlvb", assign=True)
    assert queue(city) == [draft.key] and all_work(city.context, USERS["ct"])
    assert document_links(city.context, draft, USERS["vp"]).carrying is None
    with city.store.read() as conn:
        day = city_date(city.now + 9 * DAY)
        late, then = (list(late_instructions(conn, at, day, 3)) for at in (None, city.now + 9 * DAY))
    assert len(late) == 1 and late == then
    issue_document(city.context, draft.key, "12/UBND", START, "vp", USERS["vp"])


def test_instruction_from_a_task_says_nothing_of_it_to_who_may_not_see_that(city: Harness) -> None:
    task = Task("nv-0", LocalizedText("Điều tra"), "a", START)
    city.enter(make_document("g", tasks=(task,), visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    given = Instruction(
        "ct", "Làm rõ", "b", "/nhiem-vu/g/nv-0", city.now, "g/nv-0", "chưa báo cáo", None, name="Điều tra"
    )
    key = give_instruction(city.context, given, USERS["ct"]).key
    issue_document(city.context, key, "12/UBND", START, "vp", USERS["vp"])
    for who, is_seen in (("gd-a", True), ("gd-b", False), ("vp", True)):
        origin = queries.find_document(city.context, key, USERS[who]).document.origin
        assert origin is not None and origin.text == "Làm rõ"
        assert {bool(part) for part in (origin.page, origin.subject, origin.value, origin.name)} == {is_seen}


def test_instruction_takes_no_key_of_a_document_that_is_there(city: Harness) -> None:
    """Another system chooses ids of which such keys may be made; the instruction replaced its document."""
    with city.store.write() as conn:
        positions.put_position(conn, Position("qlvb", PositionKind.SYSTEM, "YKCĐ", "qlvb", START, master="YKCĐ"))
    with city.store.read() as conn:
        next_number = documents.count_documents(conn) + 2
    entered = replace(make_document(key=""), external_id=f"{next_number}-{city.now.year}")
    entered = replace(entered, tasks=tuple(replace(task, external_id=task.key) for task in entered.tasks))
    city.enter(entered, "qlvb", assign=True)
    draft = give(city)
    with city.store.read() as conn:
        stored = documents.find_external(conn, "YKCĐ", entered.external_id)
        assert stored is not None and stored.key != draft.key and stored.title == entered.title


def test_instruction_that_is_given_back_waits_for_who_gave_it_alone(city: Harness) -> None:
    leader, office = counted(city)
    draft = give(city)
    assert (queue(city), returned(city), counted(city)) == ([draft.key], [], (leader, office + 1))
    city.now += timedelta(hours=1)
    back = give_back(city, draft, "Gọi 0912345678 để rõ cơ quan")
    assert (queue(city), returned(city), counted(city)) == ([], [draft.key], (leader + 1, office))
    assert waiting_drafts(city.context, "ct", USERS["ct"]).waiting == ()
    (step,) = back.steps
    assert (step.act, step.at, step.position, step.actor) == (InstructionAct.RETURN, city.now, "vp", "nguoi-vp")
    assert "0912345678" not in step.reason and "để rõ cơ quan" in step.reason
    with city.store.read() as conn:
        assert documents.find_document(conn, draft.key) == back
    assert ("directive-instruction-returned", draft.key) in city.audited


def test_what_is_sent_again_waits_for_the_office_with_what_stood_before(city: Harness) -> None:
    draft = give_back(city, give(city))
    sent = send(city, draft)
    assert (queue(city), returned(city)) == ([sent.key], [])
    task, origin = sent.tasks[0], sent.origin
    assert (sent.title.vi, task.title.vi, task.lead, task.due) == (SENT.text, SENT.text, SENT.agency, SENT.wished_on)
    assert origin is not None and draft.origin is not None
    assert origin == replace(draft.origin, text=SENT.text, agency="b", wished_on=SENT.wished_on)
    changes = {each.field: (each.before, each.after) for each in sent.steps[-1].changes}
    assert changes["title"] == ("Kiểm tra trạm bơm", SENT.text) and changes["lead"] == ("a", "b")
    assert ("directive-instruction-sent", draft.key) in city.audited
    (assigned,) = issue_document(city.context, sent.key, "5/TB", START, "vp", USERS["vp"], version=len(sent.steps))
    assert (assigned.state.holder, assigned.state.due) == ("b", SENT.wished_on)
    with city.store.read() as conn:
        stored = documents.find_document(conn, sent.key)
    assert stored is not None and stored.steps == sent.steps and not stored.is_returned


def test_instruction_is_corrected_and_withdrawn_before_the_office_acted(city: Harness) -> None:
    draft = give(city)
    with refused(ActCode.NOTHING_CHANGED):
        send(city, draft, SentInstruction("Kiểm tra trạm bơm", "a", DUE))
    gone = withdraw(city, send(city, draft))
    assert gone.is_withdrawn and (queue(city), returned(city)) == ([], [])
    for name, found in (("ct", [gone.key]), ("vp", [gone.key]), ("gd-a", [])):
        assert [each.key for each in own_instructions(city.context, USERS[name])] == found
    with refused(ActCode.UNKNOWN_DOCUMENT):
        queries.find_document(city.context, gone.key, USERS["gd-a"])
    for act in calls(lambda: withdraw(city, gone), lambda: send(city, gone), lambda: give_back(city, gone)):
        with refused(ActCode.INSTRUCTION_WITHDRAWN):
            act()
    with refused(ActCode.INSTRUCTION_WITHDRAWN) as told:
        issue_document(city.context, gone.key, "5/TB", START, "vp", USERS["vp"])
    assert told.value.failure.params["by"] == "ct"


def test_second_of_two_people_is_told_what_the_first_did(city: Harness) -> None:
    draft = give(city)
    back = give_back(city, draft)
    with refused(ActCode.INSTRUCTION_RETURNED):  # given back while it was issued
        issue_document(city.context, draft.key, "5/TB", START, "vp", USERS["vp"], version=0)
    with refused(ActCode.INSTRUCTION_RETURNED):  # or corrected
        send(city, draft)
    with refused(ActCode.INSTRUCTION_RETURNED):
        give_back(city, draft)
    sent = send(city, back)
    with refused(ActCode.INSTRUCTION_CHANGED):  # corrected while it was issued
        issue_document(city.context, draft.key, "5/TB", START, "vp", USERS["vp"], version=0)
    with refused(ActCode.INSTRUCTION_CHANGED):
        withdraw(city, back)
    issue_document(city.context, sent.key, "5/TB", START, "vp", USERS["vp"])
    for act in calls(lambda: withdraw(city, sent), lambda: give_back(city, sent)):
        with refused(ActCode.INSTRUCTION_ISSUED) as told:
            act()
        assert told.value.failure.params == {"number": "5/TB", "by": "vp"}


def test_form_that_is_pressed_twice_is_one_act(city: Harness) -> None:
    draft, pressed = give(city), {"form_key": "k1"}
    for _ in range(2):
        back = return_instruction(city.context, by(draft, "vp", **pressed), "Chưa rõ", USERS["vp"])
    for _ in range(2):
        sent = send_instruction(city.context, by(back, "ct", **pressed), SENT, USERS["ct"])
    for _ in range(2):
        gone = withdraw_instruction(city.context, by(sent, "ct", form_key="k2"), USERS["ct"])
    assert [each.act for each in gone.steps] == [InstructionAct.RETURN, InstructionAct.SEND, InstructionAct.WITHDRAW]
    assert sum(action.startswith("directive-instruction-") for action, _ in city.audited) == 4


@pytest.mark.parametrize("position", ["cv", "gd-a"])
def test_who_may_not_is_refused(city: Harness, position: str) -> None:
    draft, who, code = give(city), USERS[position], ActCode.UNKNOWN_DOCUMENT
    if position == "cv":
        code = ActCode.NOT_PERMITTED
    for call in calls(
        lambda: return_instruction(city.context, by(draft, position), "x", who),
        lambda: send_instruction(city.context, by(draft, position), SENT, who),
        lambda: withdraw_instruction(city.context, by(draft, position), who),
    ):
        with refused(code):
            call()
    assert not instruction_actors(city.context, draft, who)


def test_office_neither_sends_nor_withdraws_and_who_gave_it_does_not_return(city: Harness) -> None:
    draft = give(city)
    with refused(ActCode.NOT_PERMITTED):
        withdraw(city, draft, "vp")
    with refused(ActCode.NOT_PERMITTED):
        return_instruction(city.context, by(draft, "ct"), "x", USERS["ct"])
    with refused(ActCode.FIELD_MISSING):
        give_back(city, draft, " ")
    for wrong, code in (
        (SentInstruction(" ", "a"), ActCode.FIELD_MISSING), (SentInstruction("x", "z"), ActCode.AGENCY_UNKNOWN),
        (SentInstruction("x", "a", START - DAY), ActCode.DUE_BEFORE_ASSIGNED),
    ):  # fmt: skip
        with refused(code):
            send(city, draft, wrong)
    offered = [list(instruction_actors(city.context, draft, USERS[name])) for name in ("vp", "ct")]
    assert offered == [[InstructionAct.RETURN], [InstructionAct.SEND, InstructionAct.WITHDRAW]]


def test_stand_in_has_what_was_given_back_and_sends_it(city: Harness) -> None:
    deputy = Position("pct", PositionKind.VICE_CHAIRMAN, "pct", DEPUTY.name, START)
    with city.store.write() as conn:
        positions.put_position(conn, deputy)
        positions.add_mandate(conn, Mandate(MandateKind.SUBSTITUTION, "ct", "pct", START))
    back = give_back(city, give(city))
    assert count_work(city.context, DEPUTY) == count_work(city.context, USERS["ct"])
    (own, other) = all_work(city.context, DEPUTY)
    assert (own.count, other.count) == (0, count_work(city.context, USERS["ct"]))
    found = waiting_drafts(city.context, "pct", DEPUTY, on_behalf_of="ct")
    assert found.acts == {back.key: (InstructionAct.SEND, InstructionAct.WITHDRAW)} and found.returned == (back,)
    sent = send_instruction(city.context, by(back, "pct", on_behalf_of="ct"), SENT, DEPUTY)
    assert (sent.steps[-1].position, sent.steps[-1].on_behalf_of) == ("pct", "ct")
    with refused(ActCode.UNKNOWN_DOCUMENT):  # not by what the deputy is itself
        withdraw_instruction(city.context, by(sent, "pct"), DEPUTY)


def test_what_is_left_by_a_position_that_ended_is_withdrawn_by_the_office(city: Harness) -> None:
    back, waiting = give_back(city, give(city)), give(city, "Việc khác")
    city.now = at(START + 2 * DAY)
    with city.store.write() as conn:
        positions.put_position(
            conn, Position("ct", PositionKind.CHAIRMAN, "ct", "nguoi-ct", START, START + DAY)
        )  # fmt: skip
    assert queue(city) == [back.key, waiting.key]
    with refused(ActCode.NOT_PERMITTED):
        give_back(city, waiting)
    assert withdraw(city, back, "vp").is_withdrawn and queue(city) == [waiting.key]
    issue_document(city.context, waiting.key, "5/TB", START, "vp", USERS["vp"])


def test_what_a_briefing_concluded_is_not_given_back(city: Harness) -> None:
    draft, keeper, office = give(city), Secretary("vp"), USERS["vp"]
    key = open_briefing(city.context, city.context.today(), keeper, office)
    subject = BriefingSubject(SubjectKind.INSTRUCTION, draft.key, "/", "x", "", city.now)
    briefing = collect_item(city.context, key, subject, keeper, office)
    (item,) = briefing.items
    back = give_back(city, draft)
    with refused(ActCode.INSTRUCTION_RETURNED):
        conclude_item(city.context, key, item.number, Conclusion("Làm", "a"), item.version, keeper, office)
    sent = send(city, back)
    briefing = conclude_item(city.context, key, item.number, Conclusion("Làm", "a"), item.version, keeper, office)
    for _ in range(2):  # while it is open, and as long as its notice waits
        for act in calls(lambda: give_back(city, sent), lambda: withdraw(city, sent)):
            with refused(ActCode.INSTRUCTION_CONCLUDED):
                act()
        if briefing.ended_at is None:
            briefing = end_briefing(city.context, key, briefing.version, keeper, office)


def test_instruction_that_was_changed_often_is_issued_or_withdrawn(
    city: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.directives.instruction_steps.MAX_STEPS", 1)
    draft = give_back(city, give(city))
    with refused(ActCode.TOO_MANY_STEPS):
        send(city, draft)
    assert withdraw(city, draft).is_withdrawn

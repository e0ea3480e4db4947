"""Rows of a work list end once what they ask for is done, on both databases; none asks for the same twice."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.queries import find_task
from ioc.directives.reminders import remind_by_ladder, tasks_to_remind
from ioc.directives.work_list import all_work, count_work, my_work
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, Cause, ReminderChannel, ReturnKind, TaskEvent
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.storage.directives import positions
from ioc.storage.directives.work_list import WorkSection
from tests.storage.directives.cases import START
from tests.storage.directives.harness import DAY, DUE, USERS, Harness, refused
from tests.storage.directives.test_briefings import collected, concluded, ended, opened

TASK = "d/nv-2"  # c leads it


def sections(city: Harness, who: str) -> list[WorkSection]:
    return [entry.section for entry in my_work(city.context, who, USERS[who]).work.entries]


def test_proposal_ends_with_the_act_that_it_proposed_and_no_other(city: Harness) -> None:
    city.act("cv", Act.PROPOSE, proposed=Act.REMIND, text="Quá hạn")
    city.act("ct", Act.EXTEND, due=DUE + DAY, basis="1/UB")
    assert sections(city, "vp") == [WorkSection.PROPOSAL] and count_work(city.context, USERS["vp"]) == 1
    city.act("vp", Act.REMIND, text="Đề nghị khẩn trương", channel=ReminderChannel.SYSTEM)
    assert sections(city, "vp") == [] and count_work(city.context, USERS["vp"]) == 0


def test_proposal_goes_to_who_may_do_what_it_proposes(city: Harness) -> None:
    def listed() -> dict[str, bool]:
        lists = {who: sections(city, who) for who in ("vp", "ct")}
        assert {who: count_work(city.context, USERS[who]) for who in lists} == {w: len(own) for w, own in lists.items()}
        entries = {who: my_work(city.context, who, USERS[who]).work.entries for who in lists}
        return {who: any(e.proposals or e.section is WorkSection.PROPOSAL for e in own) for who, own in entries.items()}

    proposal = city.act("cv", Act.PROPOSE, proposed=Act.EXTEND, due=DUE + DAY, text="Gia hạn").event.id
    assert listed() == {"vp": False, "ct": True}
    city.act("ct", Act.DECLINE_PROPOSAL, refers_to=proposal, text="Chưa đến hạn")
    assert listed() == {"vp": False, "ct": False}
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("cv", Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ")
    assert listed() == {"vp": True, "ct": False}
    city.act("ct", Act.STAR)  # the leader confirms it now
    assert listed() == {"vp": False, "ct": True}


def test_delegated_act_brings_its_proposals_and_no_others(city: Harness) -> None:
    with city.store.write() as conn:
        mandate = Mandate(MandateKind.DELEGATION, "ct", "vp", START, None, frozenset({Act.EXTEND}), "1/UQ")
        positions.add_mandate(conn, mandate)

    def listed() -> list[WorkSection]:
        work = my_work(city.context, "vp", USERS["vp"], on_behalf_of="ct").work
        assert sections(city, "vp") == [] and count_work(city.context, USERS["vp"]) == len(work.entries)
        return [entry.section for entry in work.entries]

    city.act("ct", Act.STAR)
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("cv", Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ")
    assert listed() == []
    city.act("ct", Act.RETURN_COMPLETION, text="Thiếu", return_kind=ReturnKind.CONTENT)
    city.act("cv", Act.PROPOSE, proposed=Act.EXTEND, due=DUE + DAY, text="Gia hạn")
    assert listed() == [WorkSection.PROPOSAL]


def marked(city: Harness) -> list[tuple[WorkSection, bool]]:
    """The rows of the follower, and whether what they wait for is proposed; as many as are counted."""
    entries = my_work(city.context, "cv", USERS["cv"]).work.entries
    assert count_work(city.context, USERS["cv"]) == len(entries)
    return [(entry.section, bool(entry.proposals)) for entry in entries]


def test_row_that_a_follower_has_proposed_for_is_marked_until_something_new_waits(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    assert marked(city) == [(WorkSection.COMPLETION, False)]
    city.act("cv", Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ")
    assert marked(city) == [(WorkSection.COMPLETION, True)]
    (row,) = my_work(city.context, "vp", USERS["vp"]).work.entries  # one matter, one row
    assert (row.section, [each.stated.proposed for each in row.proposals]) == (
        WorkSection.COMPLETION,
        [Act.CONFIRM_COMPLETION],
    )
    assert count_work(city.context, USERS["vp"]) == 1
    for act in (Act.STAR, Act.UNSTAR):
        city.now += timedelta(minutes=1)
        city.act("ct", act)
    assert marked(city) == [(WorkSection.COMPLETION, True)]
    city.act("vp", Act.RETURN_COMPLETION, text="Thiếu biên bản", return_kind=ReturnKind.MISSING_DOCUMENTS)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Bổ sung")  # the proposal was of the report before
    assert marked(city) == [(WorkSection.COMPLETION, False)]


def test_follower_proposes_to_resume_what_is_paused_beyond_its_day(city: Harness) -> None:
    city.act("vp", Act.PAUSE, basis="1/UB", until=city.context.today() + DAY)
    city.act("cv", Act.PROPOSE, proposed=Act.TRANSFER, text="Chuyển")
    city.now += 2 * DAY
    assert marked(city) == [(WorkSection.PAUSE_ENDED, False)]
    city.act("cv", Act.PROPOSE, proposed=Act.RESUME)
    assert marked(city) == [(WorkSection.PAUSE_ENDED, True)]
    assert {*sections(city, "vp")} == {WorkSection.PAUSE_ENDED, WorkSection.PROPOSAL}
    city.act("vp", Act.RESUME)
    assert sections(city, "vp") == [WorkSection.PROPOSAL]


def test_proposal_of_something_else_marks_nothing(city: Harness) -> None:
    with refused(ActCode.NOT_OPEN):
        city.act("cv", Act.PROPOSE, proposed=Act.DECIDE_EXTENSION, is_granted=True, text="Cho phép")
    asked: dict[str, Any] = {"due": DUE + 20 * DAY, "text": "Mưa", "cause": Cause.OBJECTIVE}
    city.act("gd-c", Act.REQUEST_EXTENSION, **asked)
    city.act("cv", Act.PROPOSE, proposed=Act.REMIND, text="Nhắc")
    assert marked(city) == [(WorkSection.EXTENSION, False)]
    city.act("cv", Act.PROPOSE, proposed=Act.DECIDE_EXTENSION, is_granted=True, text="Cho phép")
    assert marked(city) == [(WorkSection.EXTENSION, True)]


def test_declined_proposal_leaves_the_list_and_is_told_to_the_follower_until_the_next(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    proposal = city.act("cv", Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ").event.id
    for who in ("cv", "gd-c"):
        with refused(ActCode.NOT_PERMITTED):
            city.act(who, Act.DECLINE_PROPOSAL, refers_to=proposal, text="Không")
    with refused(ActCode.FIELD_MISSING):
        city.act("vp", Act.DECLINE_PROPOSAL, refers_to=proposal)
    declined = city.act("vp", Act.DECLINE_PROPOSAL, refers_to=proposal, text="Thiếu biên bản").event
    assert sections(city, "vp") == [WorkSection.COMPLETION]
    (row,) = my_work(city.context, "cv", USERS["cv"]).work.entries
    assert (bool(row.proposals), row.sent_back) == (False, declined)
    city.act("cv", Act.PROPOSE, proposed=Act.RETURN_COMPLETION, text="Trả lại")
    (row,) = my_work(city.context, "cv", USERS["cv"]).work.entries
    assert (bool(row.proposals), row.sent_back) == (True, None)


def test_reason_of_a_declined_proposal_is_read_by_who_proposes_or_decides(city: Harness) -> None:
    proposal = city.act("cv", Act.PROPOSE, proposed=Act.REMIND).event.id
    city.act("vp", Act.DECLINE_PROPOSAL, refers_to=proposal, text="Chưa đến hạn")

    def read(who: str) -> str:
        return find_task(city.context, TASK, who, USERS[who]).history[-1].stated.text

    assert {who: read(who) for who in ("cv", "vp", "ct")} == dict.fromkeys(("cv", "vp", "ct"), "Chưa đến hạn")
    assert read("gd-c") == ""


def test_follower_withdraws_what_it_proposed_from_its_row(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("cv", Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ")
    second = city.act("cv", Act.PROPOSE, proposed=Act.RETURN_COMPLETION, text="Thiếu biên bản").event
    (row,) = my_work(city.context, "cv", USERS["cv"]).work.entries
    assert (row.proposals, row.own_proposal) == ((second,), second.id)
    with refused(ActCode.NOT_PERMITTED):
        city.act("vp", Act.WITHDRAW_PROPOSAL, refers_to=second.id)
    city.act("cv", Act.WITHDRAW_PROPOSAL, refers_to=second.id)
    assert marked(city) == [(WorkSection.COMPLETION, False)]
    assert sections(city, "vp") == [WorkSection.COMPLETION]


def test_explanation_that_is_under_way_is_not_asked_for_again(city: Harness) -> None:
    city.act("ct", Act.STAR)
    city.now = city.now + (DUE - city.context.today()) + 2 * DAY

    def is_offered() -> tuple[bool, bool]:
        """On the page of the task, and in the list of the chairman."""
        (entry,) = (
            each for each in my_work(city.context, "ct", USERS["ct"]).work.entries
            if each.section is WorkSection.STARRED_OVERDUE
        )  # fmt: skip
        acts = find_task(city.context, TASK, "ct", USERS["ct"]).acts
        return Act.REQUEST_EXPLANATION in acts, not entry.is_explaining

    assert is_offered() == (True, True)
    asked = city.act("ct", Act.REQUEST_EXPLANATION, text="Vì sao chậm")
    assert is_offered() == (False, False)
    answered = city.act("gd-c", Act.ANSWER_EXPLANATION, text="Do mưa", refers_to=asked.event.id)
    assert is_offered() == (False, False)
    city.act("ct", Act.DECIDE_EXPLANATION, is_granted=True, refers_to=answered.event.id)
    assert is_offered() == (True, True)


def test_adjustment_that_is_asked_for_is_not_asked_for_again(city: Harness) -> None:
    def is_offered() -> tuple[bool, bool]:
        """On the page of the task, and in the list of its agency."""
        (entry,) = my_work(city.context, "gd-c", USERS["gd-c"]).work.entries
        acts = find_task(city.context, TASK, "gd-c", USERS["gd-c"]).acts
        return Act.REQUEST_ADJUSTMENT in acts, not entry.is_adjusting

    assert is_offered() == (True, True)
    asked = city.act("gd-c", Act.REQUEST_ADJUSTMENT, text="Không đúng địa bàn").event.id
    assert is_offered() == (False, False)
    city.act("vp", Act.DECIDE_ADJUSTMENT, refers_to=asked, is_granted=False, text="Đúng địa bàn")
    assert is_offered() == (True, True)


def test_a_starred_row_says_when_somebody_reminded_of_it_last(city: Harness) -> None:
    city.act("ct", Act.STAR)
    city.now = city.now + (DUE - city.context.today()) + 2 * DAY

    def reminded() -> list[datetime | None]:
        entries = my_work(city.context, "ct", USERS["ct"]).work.entries
        return [each.news.at if each.news else None for each in entries if each.section is WorkSection.STARRED_OVERDUE]

    assert remind_by_ladder(city.context, tasks_to_remind(city.context))
    assert reminded() == [None], "what the ladder does is nobody's reminder"
    for position in ("ct", "vp"):
        city.now += timedelta(minutes=1)
        city.act(position, Act.REMIND, channel=ReminderChannel.SYSTEM)
    assert reminded() == [city.now]


def test_row_of_an_agency_tells_the_last_reminder_or_refusal_until_it_acts(city: Harness) -> None:
    def told() -> TaskEvent | None:
        (entry,) = my_work(city.context, "gd-c", USERS["gd-c"]).work.entries
        return entry.news

    def ask(act: Act, **stated: Any) -> int:
        event_id = city.act("gd-c", act, text="Mưa", **stated).event.id
        assert told() is None, "what its agency asked for came after"
        return event_id

    for act in (Act.REQUEST_ADJUSTMENT, Act.REQUEST_EXTENSION):
        later = {"cause": Cause.OBJECTIVE} if act is Act.REQUEST_EXTENSION else {}
        asked = ask(act, due=DUE + 20 * DAY, **later)
        decision = Act.DECIDE_EXTENSION if later else Act.DECIDE_ADJUSTMENT
        refusal = city.act("ct", decision, refers_to=asked, is_granted=False, text="Không đủ lý do").event
        assert told() == refusal
    reminder = city.act("vp", Act.REMIND, text="Khẩn trương", channel=ReminderChannel.SYSTEM).event
    city.act("ct", Act.STAR)
    city.now = city.now + (DUE - city.context.today()) - 7 * DAY
    assert remind_by_ladder(city.context, tasks_to_remind(city.context))
    assert told() == reminder, "what the ladder does is nobody's reminder"
    city.act("gd-c", Act.RECEIVE)
    assert told() is None
    city.act("cv", Act.REMIND, channel=ReminderChannel.SYSTEM)
    city.act("gd-c", Act.REPORT, text="Đang làm")
    assert told() is None
    city.act("vp", Act.REMIND, channel=ReminderChannel.SYSTEM)
    asked = ask(Act.REQUEST_EXTENSION, due=DUE + 20 * DAY, cause=Cause.OBJECTIVE)
    city.act("ct", Act.DECIDE_EXTENSION, refers_to=asked, is_granted=True)
    assert told() is None, "a grant is no refusal"


def test_reminder_of_the_agency_before_is_not_told_to_the_next(city: Harness) -> None:
    city.act("vp", Act.REMIND, channel=ReminderChannel.SYSTEM)
    city.act("vp", Act.TRANSFER, agency="b", basis="1/QĐ")
    entries = my_work(city.context, "gd-b", USERS["gd-b"]).work.entries
    assert [entry.news for entry in entries if entry.row.key == TASK] == [None]


def test_instruction_counts_for_who_issues_it(city: Harness) -> None:
    before = {who: count_work(city.context, USERS[who]) for who in ("vp", "cv", "ct")}
    given = Instruction("ct", "Kiểm tra cống", "a", "", city.now, "", "")
    draft = give_instruction(city.context, given, USERS["ct"])
    after = {who: count_work(city.context, USERS[who]) for who in before}
    assert after == before | {"vp": before["vp"] + 1}
    assert {who: sum(each.count for each in all_work(city.context, USERS[who])) for who in after} == after
    issue_document(city.context, draft.key, "12/UB", city.context.today(), "vp", USERS["vp"])
    assert {who: count_work(city.context, USERS[who]) for who in before} == before


def test_count_asks_as_often_however_many_briefings_and_instructions_wait(city: Harness) -> None:
    with city.store.read() as conn:
        engine = conn.engine

    def statements() -> int:
        done = list[str]()

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            done.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            count_work(city.context, USERS["vp"])
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(done)

    sizes = list[int]()
    for _ in range(3):
        give_instruction(city.context, Instruction("ct", "Kiểm tra cống", "a", "", city.now, "", ""), USERS["ct"])
        key = opened(city)
        concluded(city, key, collected(city, key))
        ended(city, key)
        sizes.append(statements())
    assert len(set(sizes)) == 1 and count_work(city.context, USERS["vp"]) >= 6

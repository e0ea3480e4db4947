"""Rows of a work list end once what they ask for is done, on both databases; none asks for the same twice."""

from datetime import datetime, timedelta

from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.queries import find_task
from ioc.directives.reminders import remind_by_ladder, tasks_to_remind
from ioc.directives.work_list import count_work, my_work
from ioc.domain.directives.acts import Act, ReminderChannel, ReturnKind
from ioc.storage.directives.work_list import WorkSection
from tests.storage.directives.harness import DAY, DUE, USERS, Harness

TASK = "d/nv-2"  # c leads it


def sections(city: Harness, who: str) -> list[WorkSection]:
    return [entry.section for entry in my_work(city.context, who, USERS[who]).work.entries]


def test_proposal_ends_with_the_act_that_it_proposed_and_no_other(city: Harness) -> None:
    city.act("cv", Act.PROPOSE, proposed=Act.REMIND, text="Quá hạn")
    city.act("ct", Act.EXTEND, due=DUE + DAY, basis="1/UB")
    assert sections(city, "vp") == [WorkSection.PROPOSAL] and count_work(city.context, USERS["vp"]) == 1
    city.act("vp", Act.REMIND, text="Đề nghị khẩn trương", channel=ReminderChannel.SYSTEM)
    assert sections(city, "vp") == [] and count_work(city.context, USERS["vp"]) == 0


def test_what_a_follower_has_proposed_leaves_the_list_until_something_new_waits(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    assert sections(city, "cv") == [WorkSection.COMPLETION] and count_work(city.context, USERS["cv"]) == 1
    city.now += timedelta(minutes=1)
    city.act("cv", Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ")
    assert sections(city, "cv") == [] and count_work(city.context, USERS["cv"]) == 0
    assert {*sections(city, "vp")} == {WorkSection.COMPLETION, WorkSection.PROPOSAL}
    city.act("vp", Act.RETURN_COMPLETION, text="Thiếu biên bản", return_kind=ReturnKind.MISSING_DOCUMENTS)
    city.now += timedelta(minutes=1)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Bổ sung")
    assert sections(city, "cv") == [WorkSection.COMPLETION]


def test_follower_proposes_to_resume_what_is_paused_beyond_its_day(city: Harness) -> None:
    city.act("vp", Act.PAUSE, basis="1/UB", until=city.context.today() + DAY)
    city.now += 2 * DAY
    assert sections(city, "cv") == [WorkSection.PAUSE_ENDED]
    city.act("cv", Act.PROPOSE, proposed=Act.RESUME)
    assert sections(city, "cv") == [] and {*sections(city, "vp")} == {WorkSection.PAUSE_ENDED, WorkSection.PROPOSAL}
    city.act("vp", Act.RESUME)
    assert sections(city, "vp") == []


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


def test_a_starred_row_says_when_somebody_reminded_of_it_last(city: Harness) -> None:
    city.act("ct", Act.STAR)
    city.now = city.now + (DUE - city.context.today()) + 2 * DAY

    def reminded() -> list[datetime | None]:
        entries = my_work(city.context, "ct", USERS["ct"]).work.entries
        return [each.reminded_at for each in entries if each.section is WorkSection.STARRED_OVERDUE]

    assert remind_by_ladder(city.context, tasks_to_remind(city.context))
    assert reminded() == [None], "what the ladder does is nobody's reminder"
    for position in ("ct", "vp"):
        city.now += timedelta(minutes=1)
        city.act(position, Act.REMIND, channel=ReminderChannel.SYSTEM)
    assert reminded() == [city.now]


def test_instruction_counts_for_who_issues_it(city: Harness) -> None:
    before = {who: count_work(city.context, USERS[who]) for who in ("vp", "cv", "ct")}
    given = Instruction("ct", "Kiểm tra cống", "a", "", city.now, "", "")
    draft = give_instruction(city.context, given, USERS["ct"])
    after = {who: count_work(city.context, USERS[who]) for who in before}
    assert after == before | {"vp": before["vp"] + 1}
    issue_document(city.context, draft.key, "12/UB", city.context.today(), "vp", USERS["vp"])
    assert {who: count_work(city.context, USERS[who]) for who in before} == before

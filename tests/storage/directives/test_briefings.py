"""Briefings on both databases: who may, what is kept, two at once, one draft notice, instructions that it carries."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ioc.directives.briefings import (
    Secretary,
    briefing_candidates,
    collect_item,
    conclude_item,
    end_briefing,
    find_briefing,
    newest_briefings,
    open_briefing,
    remove_item,
    waiting_notices,
)
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.queries import draft_instructions
from ioc.directives.work_list import all_work
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act
from ioc.domain.directives.briefing import (
    MAX_ITEMS,
    Briefing,
    BriefingAct,
    BriefingEvent,
    BriefingFields,
    BriefingSubject,
    Conclusion,
    SubjectKind,
    fold_briefing,
)
from ioc.domain.directives.directive import Document
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.storage.db.store import Store
from ioc.storage.directives import briefings, positions
from ioc.storage.directives.schema import directive_briefing_event
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, USERS, Harness, refused

OFFICE, FOLLOWER = Secretary("vp"), Secretary("cv")
WRITTEN = Conclusion("Làm ngay", "a", "20/01/2025")


def subject(key: str = "d/nv-2", kind: SubjectKind = SubjectKind.TASK, **more: object) -> BriefingSubject:
    return replace(BriefingSubject(kind, key, f"/nhiem-vu/{key}", "Việc", "quá hạn 2 ngày", at(START)), **more)  # type: ignore[arg-type]


def opened(city: Harness) -> str:
    return open_briefing(city.context, START, OFFICE, USERS["vp"])


def collected(city: Harness, key: str, what: BriefingSubject | None = None) -> int:
    found = collect_item(city.context, key, what or subject(), FOLLOWER, USERS["cv"])
    return found.items[-1].number


def concluded(city: Harness, key: str, item: int, conclusion: Conclusion = WRITTEN) -> Briefing:
    version = find_briefing(city.context, key, USERS["ct"]).find_item(item).version
    return conclude_item(city.context, key, item, conclusion, version, OFFICE, USERS["vp"])


def ended(city: Harness, key: str) -> Briefing:
    version = find_briefing(city.context, key, USERS["ct"]).version
    return end_briefing(city.context, key, version, OFFICE, USERS["vp"])


def all_refused(code: ActCode, *calls: Callable[[], object]) -> None:
    for call in calls:
        with refused(code):
            call()


def instruct(city: Harness) -> Document:
    given = Instruction("ct", "Kiểm tra cống", "a", "/chi-so/x", at(START), "x", "1,86 m", START + 5 * DAY)
    return give_instruction(city.context, given, USERS["ct"])


def notice(*parents: str) -> Document:
    return make_document("tb", number="9/TB-UBND", kind="thông báo kết luận", parents=parents)


@pytest.mark.parametrize(("acts", "has_it"), [(frozenset[Act](), True), (frozenset({Act.ASSIGN}), False)])
def test_substitute_of_the_office_enters_the_notice(city: Harness, acts: frozenset[Act], has_it: bool) -> None:
    key, deputy = opened(city), USERS["gd-a"]
    concluded(city, key, collected(city, key))
    done = ended(city, key)
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(MandateKind.SUBSTITUTION, "vp", "gd-a", START, acts=acts))
    assert waiting_notices(city.context, "gd-a", deputy, on_behalf_of="vp") == ((done,) if has_it else ())
    assert waiting_notices(city.context, "gd-a", deputy) == ()
    counts = {each.acting.key: each.count for each in all_work(city.context, deputy)}
    assert counts == {"gd-a": 0, "vp": int(has_it)}
    if has_it:
        entry = DocumentEntry(notice(), "gd-a", on_behalf_of="vp", briefing=key, is_new=True)
        enter_document(city.context, entry, deputy)
        assert waiting_notices(city.context, "gd-a", deputy, on_behalf_of="vp") == ()


def test_briefing_is_collected_concluded_and_ends_in_one_draft_notice(city: Harness) -> None:
    key = opened(city)
    item, other = collected(city, key), collected(city, key, subject("x", SubjectKind.ATTENTION))
    assert collected(city, key) == other and len(concluded(city, key, item).items) == 2
    assert not waiting_notices(city.context, "vp", USERS["vp"])
    done = ended(city, key)
    assert done.awaits_notice and [each.conclusion for each in done.conclusions] == [WRITTEN]
    shown = done.items[0].subject
    assert (shown.value, shown.at, shown.page) == ("quá hạn 2 ngày", at(START), "/nhiem-vu/d/nv-2")
    assert waiting_notices(city.context, "cv", USERS["cv"]) == (done,)
    assert waiting_notices(city.context, "ct", USERS["ct"]) == ()
    city.enter(notice(), briefing=key, is_new=True, assign=True)
    found = find_briefing(city.context, key, USERS["ct"])
    assert found.document == "tb" and not waiting_notices(city.context, "vp", USERS["vp"])
    with refused(ActCode.NO_NOTICE_WAITS):
        city.enter(replace(notice(), key="tb-2", number="10/TB"), briefing=key)
    assert newest_briefings(city.context, USERS["vp"]) == (found,)
    words = [action for action, target in city.audited if target == key]
    assert words[0] == "directive-briefing-opened" and words[-1] == "directive-briefing-ended" and len(words) == 6


def test_ending_issues_nothing_and_without_a_conclusion_leaves_no_draft(city: Harness) -> None:
    key = opened(city)
    item = collected(city, key)
    concluded(city, key, item)
    concluded(city, key, item, Conclusion())
    before = len(city.audited)
    done = ended(city, key)
    assert not done.awaits_notice and not waiting_notices(city.context, "vp", USERS["vp"])
    assert city.audited[before:] == [("directive-briefing-ended", key)]
    with refused(ActCode.NO_NOTICE_WAITS):
        city.enter(notice(), briefing=key)


def test_nothing_of_a_briefing_that_ended_changes(city: Harness) -> None:
    key = opened(city)
    item = collected(city, key)
    done = ended(city, key)
    all_refused(
        ActCode.BRIEFING_ENDED,
        lambda: collect_item(city.context, key, subject("y"), OFFICE, USERS["vp"]),
        lambda: remove_item(city.context, key, item, OFFICE, USERS["vp"]),
        lambda: conclude_item(city.context, key, item, WRITTEN, item, OFFICE, USERS["vp"]),
        lambda: end_briefing(city.context, key, done.version, OFFICE, USERS["vp"]),
    )
    assert find_briefing(city.context, key, USERS["ct"]) == done


def test_second_of_two_people_is_told_and_changes_nothing(city: Harness) -> None:
    key = opened(city)
    item = collected(city, key)
    shown = find_briefing(city.context, key, USERS["vp"])
    concluded(city, key, item)
    with refused(ActCode.BRIEFING_CHANGED):
        conclude_item(city.context, key, item, Conclusion("Khác", "b"), item, FOLLOWER, USERS["cv"])
    with refused(ActCode.BRIEFING_CHANGED):
        end_briefing(city.context, key, shown.version, FOLLOWER, USERS["cv"])
    assert find_briefing(city.context, key, USERS["ct"]).items[0].conclusion == WRITTEN
    remove_item(city.context, key, item, OFFICE, USERS["vp"])
    all_refused(
        ActCode.NOT_OPEN,
        lambda: remove_item(city.context, key, item, FOLLOWER, USERS["cv"]),
        lambda: conclude_item(city.context, key, item, WRITTEN, item, FOLLOWER, USERS["cv"]),
    )


@pytest.mark.parametrize("position", ["ct", "gd-a"])
def test_other_positions_keep_no_briefing(city: Harness, position: str) -> None:
    key, who, own = opened(city), USERS[position], Secretary(position)
    item = collected(city, key)
    all_refused(
        ActCode.NOT_PERMITTED,
        lambda: open_briefing(city.context, START + DAY, own, who),
        lambda: collect_item(city.context, key, subject("y"), own, who),
        lambda: remove_item(city.context, key, item, own, who),
        lambda: conclude_item(city.context, key, item, WRITTEN, item, own, who),
        lambda: end_briefing(city.context, key, item, own, who),
    )
    with refused(ActCode.POSITION_NOT_VALID):
        open_briefing(city.context, START + DAY, OFFICE, who)


def test_deputy_keeps_it_for_the_office_and_agencies_see_nothing(city: Harness) -> None:
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(MandateKind.SUBSTITUTION, "vp", "gd-b", START))
    key = open_briefing(city.context, START, Secretary("gd-b", "vp"), USERS["gd-b"])
    all_refused(
        ActCode.POSITION_NOT_VALID,
        lambda: find_briefing(city.context, key, USERS["gd-a"]),
        lambda: newest_briefings(city.context, USERS["gd-a"]),
        lambda: briefing_candidates(city.context, "", USERS["gd-a"]),
    )
    assert waiting_notices(city.context, "gd-a", USERS["gd-a"]) == ()
    with refused(ActCode.UNKNOWN_BRIEFING):
        find_briefing(city.context, "gb-9", USERS["ct"])


def test_one_is_open_on_a_day_and_a_form_sent_twice_opens_one(city: Harness) -> None:
    first = [open_briefing(city.context, START, OFFICE, USERS["vp"], "k" * 20) for _ in range(2)]
    assert len({*first}) == 1
    with refused(ActCode.BRIEFING_OPEN):
        opened(city)
    ended(city, first[0])
    assert opened(city) != first[0]
    with refused(ActCode.DAY_PAST):
        open_briefing(city.context, START - DAY, OFFICE, USERS["vp"])
    with refused(ActCode.DAY_OUT_OF_RANGE):
        open_briefing(city.context, START.replace(year=2300), OFFICE, USERS["vp"])


def test_items_are_bounded(city: Harness) -> None:
    key = opened(city)
    for n in range(MAX_ITEMS):
        collected(city, key, subject(f"d/{n}"))
    with refused(ActCode.BRIEFING_FULL):
        collected(city, key, subject("d/more"))
    assert len(collect_item(city.context, key, subject("d/0"), OFFICE, USERS["vp"]).items) == MAX_ITEMS


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Conclusion("", "a"), ActCode.FIELD_MISSING), (Conclusion("Làm", ""), ActCode.FIELD_MISSING),
        (Conclusion("Làm", "Sở Lạ"), ActCode.AGENCY_UNKNOWN), (Conclusion("Làm", "a", "mai kia"), ActCode.DUE_UNCLEAR),
        (Conclusion("Làm", "a", "01/01/2025"), ActCode.DUE_BEFORE_ASSIGNED),
    ],
)  # fmt: skip
def test_conclusion_that_could_be_no_task_is_refused(city: Harness, wrong: Conclusion, code: ActCode) -> None:
    key = opened(city)
    item = collected(city, key)
    with refused(code):
        concluded(city, key, item, wrong)
    assert not find_briefing(city.context, key, USERS["ct"]).conclusions


def test_concluded_instruction_is_carried_out_by_the_notice_alone(city: Harness) -> None:
    draft, key = instruct(city), opened(city)
    item = collected(city, key, subject(draft.key, SubjectKind.INSTRUCTION))

    def issue() -> None:
        issue_document(city.context, draft.key, "12/UBND", START, "vp", USERS["vp"])

    concluded(city, key, item)
    all_refused(ActCode.INSTRUCTION_CONCLUDED, issue)
    ended(city, key)
    all_refused(ActCode.INSTRUCTION_CONCLUDED, issue)
    assert draft_instructions(city.context, USERS["vp"]) == (draft,)
    city.enter(notice(draft.key), briefing=key)
    assert draft_instructions(city.context, USERS["vp"]) == ()
    all_refused(ActCode.INSTRUCTION_CARRIED, issue)


@pytest.mark.parametrize("conclusion", [None, Conclusion()])
def test_instruction_without_a_conclusion_is_issued(city: Harness, conclusion: Conclusion | None) -> None:
    draft, key = instruct(city), opened(city)
    item = collected(city, key, subject(draft.key, SubjectKind.INSTRUCTION))
    concluded(city, key, item)
    if conclusion is None:
        remove_item(city.context, key, item, OFFICE, USERS["vp"])
    else:
        concluded(city, key, item, conclusion)
    assert issue_document(city.context, draft.key, "12/UBND", START, "vp", USERS["vp"])


def test_instruction_that_was_issued_meanwhile_is_not_concluded_again(city: Harness) -> None:
    draft, key = instruct(city), opened(city)
    item = collected(city, key, subject(draft.key, SubjectKind.INSTRUCTION))
    issue_document(city.context, draft.key, "12/UBND", START, "vp", USERS["vp"])
    with refused(ActCode.INSTRUCTION_ISSUED):
        concluded(city, key, item)


def test_what_waits_may_be_collected(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="x", petition="Kinh phí", petition_to="ct")
    city.act("ct", Act.STAR)
    draft = instruct(city)
    found = briefing_candidates(city.context, "", USERS["ct"])
    assert [each.petition for each in found.statements.values()] == ["Kinh phí"]
    assert found.instructions == (draft,) and [row.key for row in found.starred.rows] == ["d/nv-2"]
    assert found.overdue.total == 0
    assert {row.key for row in briefing_candidates(city.context, "dam doi", USERS["ct"]).overdue.rows} >= {"d/nv-1"}
    city.now += timedelta(days=40)
    assert {row.key for row in briefing_candidates(city.context, "", USERS["vp"]).overdue.rows} == {"d/nv-0", "d/nv-2"}


def test_texts_are_masked_and_the_log_keeps_every_act(city: Harness) -> None:
    key = opened(city)
    item = collected(city, key, subject(name="Gọi 0912345678"))
    concluded(city, key, item, replace(WRITTEN, text="Báo 0912345678"))
    remove_item(city.context, key, item, OFFICE, USERS["vp"])
    with city.store.read() as conn:
        rows = conn.execute(select(directive_briefing_event).order_by(directive_briefing_event.c.id)).all()
    assert [row.act for row in rows] == ["open", "collect", "conclude", "remove"]
    assert "0912345678" not in str([row.body for row in rows])
    assert [row.actor for row in rows] == ["nguoi-vp", "nguoi-cv", "nguoi-vp", "nguoi-vp"]


@pytest.mark.parametrize("seed", range(5))
def test_stored_events_are_read_as_they_were_and_later_ones_change_no_earlier_state(store: Store, seed: int) -> None:
    rng, written, states = random.Random(seed), list[BriefingEvent](), list[Briefing | None]()
    stated = {
        BriefingAct.COLLECT: BriefingFields(subject=subject(proposed=WRITTEN)),
        BriefingAct.CONCLUDE: BriefingFields(conclusion=WRITTEN), BriefingAct.ENTER: BriefingFields(document="tb"),
    }  # fmt: skip
    for n in range(12):
        act = rng.choice([each for each in BriefingAct if each is not BriefingAct.OPEN]) if n else BriefingAct.OPEN
        fields = stated.get(act, BriefingFields()) if n else BriefingFields(day=START)
        item = rng.choice(written).id if act in (BriefingAct.REMOVE, BriefingAct.CONCLUDE) else 0
        event = BriefingEvent(0, "gb-1", act, at(START), "x", "vp", item=item, stated=fields)
        with store.write() as conn:
            written.append(briefings.append(conn, event))
            states.append(briefings.find_briefing(conn, "gb-1"))
    assert [fold_briefing(written[: n + 1]) for n in range(12)] == states


@pytest.mark.parametrize("seed", range(6))
def test_notices_that_wait_are_counted_as_the_briefings_are_folded(store: Store, seed: int) -> None:
    rng, empty = random.Random(seed), Conclusion()
    with store.write() as conn:

        def done(key: str, act: BriefingAct, item: int = 0, **stated: object) -> None:
            fields = BriefingFields(**stated)  # type: ignore[arg-type]
            briefings.append(conn, BriefingEvent(0, key, act, at(START), "x", "vp", item=item, stated=fields))

        for key in (f"gb-{n}" for n in range(8)):
            done(key, BriefingAct.OPEN, day=START)
            for _ in range(rng.randrange(8)):
                done(key, BriefingAct.COLLECT, subject=subject())
                found = briefings.find_briefing(conn, key)
                assert found is not None
                item = rng.choice(found.items).number
                done(key, BriefingAct.CONCLUDE, item, conclusion=rng.choice([WRITTEN, empty]))
                if rng.random() < 0.4:
                    done(key, BriefingAct.REMOVE, item)
            if rng.random() < 0.8:
                done(key, BriefingAct.END)
                if rng.random() < 0.3:
                    done(key, BriefingAct.ENTER, document="tb")
        waiting = [each for each in map(briefings.find_briefing, [conn] * 8, [f"gb-{n}" for n in range(8)]) if each]
        expected = {each.key for each in waiting if each.awaits_notice}
        assert {each.key for each in briefings.awaiting_notice(conn)} == expected
        assert briefings.count_awaiting_notice(conn) == len(expected)

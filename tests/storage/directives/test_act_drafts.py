"""Drafts: an officer writes an act, which changes nothing, and the leader of the agency sends it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import save_draft, withdraw_draft
from ioc.directives.acts import ActResult, TaskChangedError
from ioc.directives.queries import find_task
from ioc.directives.sent_drafts import DraftChangedError
from ioc.directives.work_list import count_work, my_work
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, ActFields, Cause, PositionKind
from ioc.domain.directives.positions import DRAFTED_ACTS, Mandate, MandateKind, Position
from ioc.storage.directives import positions
from ioc.storage.directives.act_drafts import ActDraft
from ioc.storage.directives.work_list import WorkSection
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DUE, USERS, Harness, refused

TASK = "d/nv-2"
OFFICERS = {
    key: Principal(PrincipalKind.USER, f"nguoi-{key}", roles=frozenset({Role.REPORTER}))
    for key in ("cb-c", "cb-b", "cb2-c")
}


@pytest.fixture(autouse=True)
def officers(city: Harness) -> None:
    with city.store.write() as conn:
        for key, person in OFFICERS.items():
            officer = Position(key, PositionKind.AGENCY_OFFICER, key, person.name, START, agency=key[-1])
            positions.put_position(conn, officer)
    city.act("gd-c", Act.RECEIVE)


def draft(
    city: Harness, act: Act = Act.REPORT, who: str = "cb-c", version: int | None = None, task: str = TASK,
    is_new: bool = False, **stated: object,
) -> ActDraft:  # fmt: skip
    """Hands over a draft, by a form that begins with the present one; with `is_new` by one that was opened before."""
    fields = ActFields(**stated or {"text": "Đã làm xong phần một"})  # type: ignore[arg-type]
    by = OFFICERS.get(who) or USERS[who]
    seen = None if is_new else drafts_of(city, task=task).get(act)
    command = ActCommand(task, act, fields, who, expected_version=version, draft_at=seen.at if seen else None)
    return save_draft(city.context, command, by)


def drafts_of(city: Harness, who: str = "gd-c", task: str = TASK) -> Mapping[Act, ActDraft]:
    """The drafts with which the forms of `who` begin."""
    return {draft.act: draft for draft in find_task(city.context, task, who, USERS[who]).drafts}


def send(city: Harness, act: Act, seen: ActDraft, text: str) -> ActResult:
    return city.act("gd-c", act, text=text, draft_at=seen.at)


def to_send(city: Harness, who: str) -> list[tuple[Act, str]]:
    entries = my_work(city.context, who, USERS[who]).work.entries
    return [(entry.draft.act, entry.draft.stated.text) for entry in entries
            if entry.section is WorkSection.DRAFT and entry.draft]  # fmt: skip


def test_draft_waits_for_the_leader_and_changes_nothing_of_the_task(city: Harness) -> None:
    before = find_task(city.context, TASK, "gd-c", USERS["gd-c"])
    waiting = count_work(city.context, USERS["gd-c"])
    draft(city, percent=40, text="Đã làm")
    after = find_task(city.context, TASK, "gd-c", USERS["gd-c"])
    assert (after.history, after.state, after.version) == (before.history, before.state, before.version)
    assert drafts_of(city)[Act.REPORT].stated == ActFields(text="Đã làm", percent=40)
    assert to_send(city, "gd-c") == [(Act.REPORT, "Đã làm")]
    assert count_work(city.context, USERS["gd-c"]) == waiting + 1
    assert ("directive-draft", TASK) in city.audited


def test_next_draft_takes_the_place_of_the_first_and_sending_ends_it(city: Harness) -> None:
    draft(city, text="Một")
    draft(city, text="Hai")
    city.now += timedelta(seconds=1)
    draft(city, Act.SUBMIT_COMPLETION, text="Xong")
    assert to_send(city, "gd-c") == [(Act.REPORT, "Hai"), (Act.SUBMIT_COMPLETION, "Xong")]
    send(city, Act.REPORT, drafts_of(city)[Act.REPORT], text="Hai, đã sửa")
    assert to_send(city, "gd-c") == [(Act.SUBMIT_COMPLETION, "Xong")]
    send(city, Act.SUBMIT_COMPLETION, drafts_of(city)[Act.SUBMIT_COMPLETION], text="Xong")
    assert to_send(city, "gd-c") == []


ASKED: Mapping[str, Any] = {"due": DUE + timedelta(days=9), "cause": Cause.OBJECTIVE}


@pytest.mark.parametrize(("act", "stated"), [(Act.REPORT, {}), (Act.REQUEST_EXTENSION, ASKED)])
def test_who_sends_is_told_of_a_draft_that_was_handed_over_meanwhile(
    city: Harness, act: Act, stated: Mapping[str, Any]
) -> None:
    draft(city, act, text="Một", **stated)
    first = drafts_of(city)[act]
    city.now -= timedelta(hours=1)
    second = draft(city, act, text="Hai, số liệu mới", **stated)
    for read in (first.at, None):  # the form began with the first one, or was opened before there was any
        with pytest.raises(DraftChangedError) as told:
            city.act("gd-c", act, text="Một, đã sửa", draft_at=read, **stated)
        assert told.value.draft.stated == second.stated
    assert to_send(city, "gd-c") == [(act, "Hai, số liệu mới")]
    city.act("gd-c", act, text="Một, đã sửa", draft_at=second.at, **stated)
    assert to_send(city, "gd-c") == [] and not drafts_of(city)


@pytest.mark.parametrize(("act", "stated"), [(Act.REPORT, {}), (Act.REQUEST_EXTENSION, ASKED)])
def test_who_sends_is_told_that_the_draft_was_taken_back_meanwhile(
    city: Harness, act: Act, stated: Mapping[str, Any]
) -> None:
    draft(city, act, text="Một", **stated)
    first = drafts_of(city)[act]
    withdraw_draft(city.context, ActCommand(TASK, act, ActFields(), "cb-c", draft_at=first.at), OFFICERS["cb-c"])
    before = find_task(city.context, TASK, "gd-c", USERS["gd-c"]).version
    with refused(ActCode.DRAFT_GONE):
        city.act("gd-c", act, text="Một", draft_at=first.at, **stated)
    assert find_task(city.context, TASK, "gd-c", USERS["gd-c"]).version == before
    city.act("gd-c", act, text="Một", **stated)


def test_an_act_of_another_agency_settles_no_draft(city: Harness) -> None:
    draft(city, text="Của cơ quan cũ")
    city.act("vp", Act.TRANSFER, agency="b", basis="1/QĐ")
    city.act("gd-b", Act.REPORT, text="Của cơ quan mới")
    assert [each.stated.text for each in find_task(city.context, TASK, "gd-c", USERS["gd-c"]).ended_drafts] == [
        "Của cơ quan cũ"
    ]


def test_draft_of_a_colleague_is_not_written_over_unread(city: Harness) -> None:
    draft(city, text="Của người thứ nhất")
    with pytest.raises(DraftChangedError) as told:
        draft(city, who="cb2-c", text="Của người thứ hai", is_new=True)
    assert told.value.draft.stated.text == "Của người thứ nhất"
    assert to_send(city, "gd-c") == [(Act.REPORT, "Của người thứ nhất")]
    by = OFFICERS["cb2-c"]
    command = ActCommand(TASK, Act.REPORT, ActFields(text="Cả hai"), "cb2-c", draft_at=told.value.draft.at)
    save_draft(city.context, command, by)
    assert to_send(city, "gd-c") == [(Act.REPORT, "Cả hai")]


def test_own_draft_of_another_tab_is_not_written_over_unread(city: Harness) -> None:
    draft(city, text="Một", is_new=True)
    with pytest.raises(DraftChangedError):
        draft(city, text="Hai", is_new=True)
    draft(city, text="Một", is_new=True)  # the same again, as by a second press
    draft(city, text="Hai")
    assert to_send(city, "gd-c") == [(Act.REPORT, "Hai")]


def test_draft_of_an_agency_that_was_merged_is_not_written_over_unread(city: Harness) -> None:
    draft(city, text="Của cơ quan cũ")
    city.now += timedelta(days=61)  # b succeeds c
    with pytest.raises(DraftChangedError) as told:
        draft(city, who="cb-b", text="Của cơ quan mới", is_new=True)
    assert told.value.draft.stated.text == "Của cơ quan cũ"
    command = ActCommand(TASK, Act.REPORT, ActFields(text="Cả hai"), "cb-b", draft_at=told.value.draft.at)
    save_draft(city.context, command, OFFICERS["cb-b"])
    assert to_send(city, "gd-b") == [(Act.REPORT, "Cả hai")]


def test_draft_of_an_agency_that_lost_the_task_is_written_over(city: Harness) -> None:
    draft(city, text="Của cơ quan cũ")
    city.act("vp", Act.TRANSFER, agency="b", basis="1/QĐ")
    draft(city, who="cb-b", text="Của cơ quan mới", is_new=True)
    assert to_send(city, "gd-b") == [(Act.REPORT, "Của cơ quan mới")]


def test_only_its_writer_withdraws_a_draft_and_only_the_one_that_was_seen(city: Harness) -> None:
    draft(city, text="Một")
    first = drafts_of(city)[Act.REPORT]
    draft(city, text="Hai")
    second = drafts_of(city)[Act.REPORT]
    for who, seen in (("cb-c", first), ("cb2-c", second)):
        with refused(ActCode.DRAFT_GONE):
            withdraw(city, who, seen)
    withdraw(city, "cb-c", second)
    assert to_send(city, "gd-c") == [] and ("directive-draft-withdrawn", TASK) in city.audited
    with refused(ActCode.DRAFT_GONE):
        withdraw(city, "cb-c", second)


def withdraw(city: Harness, who: str, seen: ActDraft) -> None:
    command = ActCommand(TASK, seen.act, ActFields(), who, draft_at=seen.at)
    withdraw_draft(city.context, command, OFFICERS[who])


def test_report_that_serves_a_linked_task_leaves_its_draft(city: Harness) -> None:
    other = make_document(key="e", number="2/KH")
    city.enter(other, assign=True)
    city.act("gd-c", Act.RECEIVE, task="e/nv-2")
    city.act("cv", Act.LINK, linked_task="e/nv-2")
    draft(city, text="Của việc kia", task="e/nv-2")
    draft(city, text="Của việc này")
    result = send(city, Act.REPORT, drafts_of(city)[Act.REPORT], text="Cho cả hai")
    assert not result.refused_links and to_send(city, "gd-c") == [(Act.REPORT, "Của việc kia")]


@pytest.mark.parametrize("covered", [frozenset[Act](), frozenset({Act.REPORT})])
def test_deputy_from_another_agency_sees_the_draft_and_sends_it(city: Harness, covered: frozenset[Act]) -> None:
    kind = MandateKind.DELEGATION if covered else MandateKind.SUBSTITUTION
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(kind, "gd-c", "gd-b", START, acts=covered))
    draft(city, text="Một")
    draft(city, Act.SUBMIT_COMPLETION, text="Xong")
    seen = drafts_of(city, "gd-b")
    assert set(seen) == {Act.REPORT, *(() if covered else (Act.SUBMIT_COMPLETION,))}
    assert seen[Act.REPORT].stated.text == "Một"
    city.act("gd-b", Act.REPORT, text="Một", on_behalf_of="gd-c", draft_at=seen[Act.REPORT].at)
    assert to_send(city, "gd-c") == [(Act.SUBMIT_COMPLETION, "Xong")]


def test_nobody_else_sees_a_draft(city: Harness) -> None:
    draft(city)
    for who in ("vp", "cv", "ct", "gd-a", "gd-b"):
        assert not find_task(city.context, TASK, who, USERS[who]).drafts
    assert to_send(city, "gd-b") == []


def test_what_was_handed_over_leaves_the_list_of_its_officer_and_stands_on_the_task(city: Harness) -> None:
    officer = OFFICERS["cb-c"]
    assert [entry.section for entry in my_work(city.context, "cb-c", officer).work.entries] == [WorkSection.OWN_TASKS]
    draft(city)
    assert my_work(city.context, "cb-c", officer).work.entries == () and count_work(city.context, officer) == 0
    detail = find_task(city.context, TASK, "cb-c", OFFICERS["cb-c"])
    assert [each.act for each in detail.drafts] == [Act.REPORT]
    assert set(detail.drafted) == {Act.REPORT, Act.SUBMIT_COMPLETION, Act.REQUEST_EXTENSION} and detail.acts == ()


def test_only_an_officer_of_the_lead_agency_drafts(city: Harness) -> None:
    for who in ("cb-b", "gd-c", "vp"):
        with refused(ActCode.NOT_PERMITTED):
            draft(city, who=who)


def test_no_other_act_is_drafted(city: Harness) -> None:
    for act in set(Act) - DRAFTED_ACTS:
        with refused(ActCode.NOT_PERMITTED):
            draft(city, act)


def test_draft_is_checked_as_the_act_would_be(city: Harness) -> None:
    with refused(ActCode.FIELD_MISSING):
        draft(city, percent=10.0)
    with refused(ActCode.EXTENSION_NOT_LATER):
        draft(city, Act.REQUEST_EXTENSION, text="x", due=START, cause=Cause.OBJECTIVE)
    draft(city, Act.REQUEST_EXTENSION, text="x", due=DUE + timedelta(days=90), cause=Cause.OBJECTIVE)
    version = find_task(city.context, TASK, "cb-c", OFFICERS["cb-c"]).version
    city.act("gd-c", Act.REPORT, text="y")
    with pytest.raises(TaskChangedError):
        draft(city, version=version)


def test_task_that_went_to_another_agency_takes_its_drafts_out_of_the_list(city: Harness) -> None:
    draft(city)
    city.act("vp", Act.TRANSFER, agency="b", basis="1/QĐ")
    assert to_send(city, "gd-c") == to_send(city, "gd-b") == []
    assert not find_task(city.context, TASK, "gd-b", USERS["gd-b"]).drafts


def test_officer_drafts_an_adjustment_until_the_task_is_received(city: Harness) -> None:
    task, officer = "d/nv-1", OFFICERS["cb-b"]
    draft(city, Act.REQUEST_ADJUSTMENT, "cb-b", task=task, text="Thuộc ngành khác", agency="a")
    assert to_send(city, "gd-b") == [(Act.REQUEST_ADJUSTMENT, "Thuộc ngành khác")]
    city.act("gd-b", Act.RECEIVE, task)
    assert to_send(city, "gd-b") == []
    detail = find_task(city.context, task, "cb-b", officer)
    assert not detail.drafts and [each.act for each in detail.ended_drafts] == [Act.REQUEST_ADJUSTMENT]
    assert [entry.row.key for entry in my_work(city.context, "cb-b", officer).work.entries] == [task]


def test_leader_sends_the_adjustment_that_an_officer_drafted(city: Harness) -> None:
    handed = draft(city, Act.REQUEST_ADJUSTMENT, "cb-b", task="d/nv-1", text="Thuộc ngành khác", agency="a")
    city.act("gd-b", Act.REQUEST_ADJUSTMENT, "d/nv-1", text="Thuộc ngành khác", agency="a", draft_at=handed.at)
    assert to_send(city, "gd-b") == []
    sections = [entry.section for entry in my_work(city.context, "vp", USERS["vp"]).work.entries]
    assert sections == [WorkSection.ADJUSTMENT]

"""Drafts of answers: one for each request, by the agency that is asked, also in the position of an officer."""

from datetime import timedelta

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import save_draft, withdraw_draft
from ioc.directives.queries import find_task
from ioc.directives.sent_drafts import DraftChangedError
from ioc.directives.work_list import count_work, my_work
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.directives import positions
from ioc.storage.directives.act_drafts import ActDraft
from ioc.storage.directives.work_list import WorkEntry, WorkSection
from tests.storage.directives.cases import START
from tests.storage.directives.harness import DUE, USERS, Harness, refused

TASK = "d/nv-2"  # c leads it
PEOPLE = USERS | {
    key: Principal(PrincipalKind.USER, f"nguoi-{key}", roles=frozenset({Role.REPORTER}))
    for key in ("cb-b", "cb-c", "thay")
}


@pytest.fixture(autouse=True)
def officers(city: Harness) -> None:
    with city.store.write() as conn:
        for key, agency in (("cb-b", "b"), ("cb-c", "c"), ("thay", "a")):
            kind = PositionKind.AGENCY_OFFICER
            positions.put_position(conn, Position(key, kind, key, f"nguoi-{key}", START, agency=agency))
    city.act("gd-c", Act.RECEIVE)


def ask(city: Harness, text: str = "Số liệu thoát nước") -> int:
    """c asks b to coordinate; the number of the request."""
    return city.act("gd-c", Act.REQUEST_COORDINATION, agency="b", text=text, due=DUE).event.id


def explain(city: Harness) -> int:
    return city.act("ct", Act.REQUEST_EXPLANATION, text="Vì sao chậm").event.id


def draft(
    city: Harness, request: int, text: str, act: Act = Act.REPLY_COORDINATION, who: str = "cb-b", behalf: str = "",
    seen: ActDraft | None = None,
) -> ActDraft:  # fmt: skip
    at = seen.at if seen else None
    command = ActCommand(TASK, act, ActFields(text=text, refers_to=request), who, behalf, draft_at=at)
    return save_draft(city.context, command, PEOPLE[who])


def entries(city: Harness, who: str, section: WorkSection, behalf: str = "") -> list[WorkEntry]:
    work = my_work(city.context, who, PEOPLE[who], on_behalf_of=behalf).work
    return [entry for entry in work.entries if entry.section is section]


def to_send(city: Harness, who: str) -> list[tuple[int, str]]:
    found = (entry.draft for entry in entries(city, who, WorkSection.DRAFT))
    return [(each.refers_to, each.stated.text) for each in found if each]


def seen_by(city: Harness, who: str) -> list[tuple[int, str]]:
    return [(each.refers_to, each.stated.text) for each in find_task(city.context, TASK, who, PEOPLE[who]).drafts]


def test_each_request_has_a_draft_of_its_own_which_its_answer_ends(city: Harness) -> None:
    first, second = ask(city), ask(city, "Cao độ đê")
    waiting = count_work(city.context, USERS["gd-b"])
    one = draft(city, first, "Trả lời một")
    city.now += timedelta(seconds=1)
    draft(city, second, "Trả lời hai")
    assert to_send(city, "gd-b") == seen_by(city, "gd-b") == [(first, "Trả lời một"), (second, "Trả lời hai")]
    # Each draft waits in the place of what it answers.
    assert count_work(city.context, USERS["gd-b"]) == waiting and not entries(city, "gd-b", WorkSection.COORDINATION)
    assert not entries(city, "cb-b", WorkSection.COORDINATION)  # handed over
    city.act("gd-b", Act.REPLY_COORDINATION, text="Trả lời một", refers_to=first, draft_at=one.at)
    assert to_send(city, "gd-b") == [(second, "Trả lời hai")]
    detail = find_task(city.context, TASK, "gd-b", USERS["gd-b"])
    found = detail.draft_of(Act.REPLY_COORDINATION)
    assert found and found.refers_to == second and detail.draft_of(Act.REPLY_COORDINATION, first) is None


def test_answer_to_a_request_for_explanation_is_drafted_in_every_state(city: Harness) -> None:
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    request = explain(city)
    stored = draft(city, request, "Do mưa", Act.ANSWER_EXPLANATION, "cb-c")
    assert to_send(city, "gd-c") == [(request, "Do mưa")]
    city.act("gd-c", Act.ANSWER_EXPLANATION, text="Do mưa lớn", refers_to=request, draft_at=stored.at)
    assert to_send(city, "gd-c") == []


def test_people_of_other_agencies_see_no_draft_of_an_answer(city: Harness) -> None:
    draft(city, ask(city), "Trả lời")
    assert not any(seen_by(city, who) for who in ("gd-c", "cb-c", "vp", "ct"))


@pytest.mark.parametrize("who", ["cb-c", "gd-b", "vp"])
def test_only_an_officer_of_the_agency_that_is_asked_drafts_the_answer(city: Harness, who: str) -> None:
    request = ask(city)
    with refused(ActCode.NOT_PERMITTED):
        draft(city, request, "Trả lời", who=who)


def test_officer_is_offered_the_drafts_of_what_the_agency_is_asked_alone(city: Harness) -> None:
    ask(city)
    explain(city)  # of c, which leads the task
    drafted = {who: find_task(city.context, TASK, who, PEOPLE[who]).drafted for who in ("cb-b", "cb-c")}
    assert drafted["cb-b"] == (Act.REPLY_COORDINATION,)
    assert Act.ANSWER_EXPLANATION in drafted["cb-c"] and Act.REPLY_COORDINATION not in drafted["cb-c"]
    with refused(ActCode.NOT_OPEN):
        draft(city, 999, "Không có yêu cầu này")


def test_draft_of_an_answer_is_not_written_over_unread(city: Harness) -> None:
    request = ask(city)
    draft(city, request, "Một")
    with pytest.raises(DraftChangedError) as told:
        draft(city, request, "Hai")
    assert told.value.draft.stated.text == "Một"
    draft(city, request, "Hai", seen=told.value.draft)
    assert to_send(city, "gd-b") == [(request, "Hai")]


def test_who_answers_without_having_read_the_draft_is_told(city: Harness) -> None:
    request = ask(city)
    stored = draft(city, request, "Của chuyên viên")
    with pytest.raises(DraftChangedError) as told:
        city.act("gd-b", Act.REPLY_COORDINATION, text="Chưa đọc", refers_to=request)
    assert told.value.draft == stored and to_send(city, "gd-b") == [(request, "Của chuyên viên")]
    city.act("gd-b", Act.REPLY_COORDINATION, text="Đã đọc", refers_to=request, draft_at=stored.at)
    assert to_send(city, "gd-b") == []


def test_draft_of_an_answer_is_withdrawn_by_its_request(city: Harness) -> None:
    first, second = ask(city), ask(city, "Hai")
    stored = {request: draft(city, request, str(request)) for request in (first, second)}
    for request, code in ((first, None), (first, ActCode.DRAFT_GONE)):
        fields = ActFields(refers_to=request)
        command = ActCommand(TASK, Act.REPLY_COORDINATION, fields, "cb-b", draft_at=stored[request].at)
        if code is None:
            withdraw_draft(city.context, command, PEOPLE["cb-b"])
        else:
            with refused(code):
                withdraw_draft(city.context, command, PEOPLE["cb-b"])
    assert to_send(city, "gd-b") == [(second, str(second))]


@pytest.mark.parametrize("acts", [frozenset[Act](), frozenset({Act.REPLY_COORDINATION})])
def test_stand_in_of_an_officer_drafts_in_that_position(city: Harness, acts: frozenset[Act]) -> None:
    kind = MandateKind.DELEGATION if acts else MandateKind.SUBSTITUTION
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(kind, "cb-b", "thay", START, acts=acts))
    request = ask(city)
    detail = find_task(city.context, TASK, "thay", PEOPLE["thay"], on_behalf_of="cb-b")
    assert Act.REPLY_COORDINATION in detail.drafted
    stored = draft(city, request, "Của người thay", who="thay", behalf="cb-b")
    assert (stored.position, stored.actor, stored.agency) == ("cb-b", "nguoi-thay", "b")
    assert to_send(city, "gd-b") == [(request, "Của người thay")]
    draft(city, request, "Sửa lại", seen=stored)  # the officer is back
    (again,) = find_task(city.context, TASK, "thay", PEOPLE["thay"], on_behalf_of="cb-b").drafts
    assert again.stated.text == "Sửa lại" and not entries(city, "thay", WorkSection.COORDINATION, "cb-b")
    command = ActCommand(TASK, Act.REPLY_COORDINATION, ActFields(refers_to=request), "thay", "cb-b", draft_at=again.at)
    withdraw_draft(city.context, command, PEOPLE["thay"])
    assert to_send(city, "gd-b") == []


def test_mandate_for_other_acts_drafts_no_answer(city: Harness) -> None:
    with city.store.write() as conn:
        mandate = Mandate(MandateKind.DELEGATION, "cb-b", "thay", START, acts=frozenset({Act.REPORT}))
        positions.add_mandate(conn, mandate)
    request = ask(city)
    detail = find_task(city.context, TASK, "thay", PEOPLE["thay"], on_behalf_of="cb-b")
    assert Act.REPLY_COORDINATION not in detail.drafted
    with refused(ActCode.MANDATE_MISSING):
        draft(city, request, "Trả lời", who="thay", behalf="cb-b")


def test_answer_to_a_petition_to_an_agency_is_drafted_too(city: Harness) -> None:
    request = city.act("gd-c", Act.REPORT, text="x", petition="Cho ý kiến", petition_to="b").event.id
    stored = draft(city, request, "Đồng ý", Act.ANSWER_PETITION)
    assert to_send(city, "gd-b") == [(request, "Đồng ý")]
    city.act("gd-b", Act.ANSWER_PETITION, text="Đồng ý", refers_to=request, draft_at=stored.at)
    assert to_send(city, "gd-b") == []

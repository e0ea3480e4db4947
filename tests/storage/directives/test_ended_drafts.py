"""Drafts that nobody can send any more: their files free the share of who wrote them, their text stays to be read."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import save_draft
from ioc.directives.queries import TaskDetail, find_task
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.acts import Act, ActFields, PositionKind, ReturnKind
from ioc.domain.directives.evidence import EvidenceFile, EvidenceType
from ioc.domain.directives.positions import Position
from ioc.storage.directives import evidence, positions
from ioc.storage.directives.act_drafts import ActDraft
from tests.storage.directives.cases import START
from tests.storage.directives.harness import USERS, Harness

TASK = "d/nv-2"  # c leads it, b succeeds c on the 61st day
OFFICER = Principal(PrincipalKind.USER, "nguoi-cb-c", roles=frozenset({Role.REPORTER}))
FILE = EvidenceFile("Biên bản.pdf", EvidenceType.PDF, 1000, "a" * 64)


@pytest.fixture(autouse=True)
def officer(city: Harness) -> None:
    hold_officer(city, None)
    city.act("gd-c", Act.RECEIVE)


def hold_officer(city: Harness, days: int | None) -> None:
    until = None if days is None else START + timedelta(days)
    with city.store.write() as conn:
        kind = PositionKind.AGENCY_OFFICER
        positions.put_position(conn, Position("cb-c", kind, "cb-c", OFFICER.name, START, until, agency="c"))


def draft(city: Harness, act: Act = Act.REPORT, **stated: object) -> ActDraft:
    fields = ActFields(text="Lời đã soạn", **stated)  # type: ignore[arg-type]
    return save_draft(city.context, ActCommand(TASK, act, fields, "cb-c", evidence=(FILE,)), OFFICER)


def detail_of(city: Harness, who: str = "cb-c") -> TaskDetail:
    return find_task(city.context, TASK, who, OFFICER if who == "cb-c" else USERS[who])


def used(city: Harness) -> int:
    with city.store.read() as conn:
        return sum(evidence.sizes_of_actor(conn, OFFICER.name).values())


def transfer(city: Harness) -> None:
    city.act("vp", Act.TRANSFER, agency="b", basis="1/QĐ")


def withdraw(city: Harness) -> None:
    city.act("vp", Act.WITHDRAW, basis="1/QĐ")


def finish(city: Harness) -> None:
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("vp", Act.CONFIRM_COMPLETION)


@pytest.mark.parametrize("end", [transfer, withdraw, finish])
def test_draft_whose_task_ended_or_left_the_agency_keeps_its_text_and_no_files(
    city: Harness, end: Callable[[Harness], None]
) -> None:
    draft(city)
    assert used(city) == 1000 and not detail_of(city).ended_drafts
    end(city)
    ended = detail_of(city).ended_drafts
    assert [(each.stated.text, each.files) for each in ended] == [("Lời đã soạn", ())]
    assert used(city) == 0 and not detail_of(city).drafts
    assert detail_of(city, "gd-c").ended_drafts == ended
    assert not any(detail_of(city, who).ended_drafts for who in ("vp", "ct", "gd-b"))


def test_draft_of_an_answer_ends_with_its_request(city: Harness) -> None:
    request = city.act("ct", Act.REQUEST_EXPLANATION, text="Vì sao chậm").event.id
    draft(city, Act.ANSWER_EXPLANATION, refers_to=request)
    assert used(city) == 1000
    transfer(city)  # the request goes with the task
    assert used(city) == 0 and [each.refers_to for each in detail_of(city).ended_drafts] == [request]


def test_draft_can_be_sent_again_when_the_task_goes_on(city: Harness) -> None:
    draft(city)
    finish(city)
    city.act("ct", Act.CONTINUE, text="Làm tiếp", basis="2/TB")
    assert [each.stated.text for each in detail_of(city, "gd-c").drafts] == ["Lời đã soạn"]
    assert not detail_of(city).ended_drafts


def test_draft_that_can_still_be_sent_keeps_its_files(city: Harness) -> None:
    draft(city)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("vp", Act.RETURN_COMPLETION, text="Thiếu", return_kind=ReturnKind.CONTENT)
    city.act("vp", Act.PAUSE, basis="1/QĐ", until=START + timedelta(days=20))
    city.act("vp", Act.RESUME)
    hold_officer(city, 40)
    city.now += timedelta(days=61)  # the position of the officer has ended, and b succeeds c
    city.act("cv", Act.REMIND, channel="system")
    (kept,) = detail_of(city, "gd-b").drafts
    assert [each.file for each in kept.files] == [FILE] and not detail_of(city, "gd-b").ended_drafts
    city.act("gd-b", Act.REPORT, text="Lời đã soạn", draft_at=kept.at)
    assert used(city) == 0 and not detail_of(city, "gd-b").drafts


def test_text_stays_until_the_new_agency_drafts_the_same_act(city: Harness) -> None:
    draft(city)
    transfer(city)
    officer = Principal(PrincipalKind.USER, "nguoi-cb-b2", roles=frozenset({Role.REPORTER}))
    with city.store.write() as conn:
        kind = PositionKind.AGENCY_OFFICER
        positions.put_position(conn, Position("cb-b2", kind, "cb-b2", officer.name, START, None, agency="b"))
    for act, texts in ((Act.SUBMIT_COMPLETION, ["Lời đã soạn"]), (Act.REPORT, [])):
        save_draft(city.context, ActCommand(TASK, act, ActFields(text="Của b"), "cb-b2"), officer)
        assert [each.stated.text for each in detail_of(city).ended_drafts] == texts

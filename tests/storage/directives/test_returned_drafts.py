"""The leader of an agency gives a draft back: it leaves that list, and waits for its officer with the remark."""

from datetime import timedelta

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import return_draft, save_draft
from ioc.directives.queries import find_task
from ioc.directives.sent_drafts import DraftChangedError
from ioc.directives.work_list import count_work, my_work
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from ioc.storage.directives.act_drafts import ActDraft, DraftReturn
from ioc.storage.directives.work_list import WorkSection
from tests.storage.directives.cases import START
from tests.storage.directives.harness import DUE, USERS, Harness, refused

TASK = "d/nv-2"
OFFICERS = {key: Principal(PrincipalKind.USER, f"nguoi-{key}", roles=frozenset({Role.REPORTER}))
            for key in ("cb-c", "cb-b")}  # fmt: skip


@pytest.fixture(autouse=True)
def officers(city: Harness) -> None:
    with city.store.write() as conn:
        for key, person in OFFICERS.items():
            officer = Position(key, PositionKind.AGENCY_OFFICER, key, person.name, START, agency=key[-1])
            positions.put_position(conn, officer)
    city.act("gd-c", Act.RECEIVE)


def draft(city: Harness, who: str = "cb-c", seen: ActDraft | None = None, **stated: object) -> ActDraft:
    fields = ActFields(**stated or {"text": "Một"})  # type: ignore[arg-type]
    act = Act.REPLY_COORDINATION if fields.refers_to else Act.REPORT
    command = ActCommand(TASK, act, fields, who, draft_at=seen.at if seen else None)
    return save_draft(city.context, command, OFFICERS[who])


def give_back(city: Harness, seen: ActDraft, who: str = "gd-c", text: str = "Bổ sung số liệu") -> None:
    fields = ActFields(text=text, refers_to=seen.stated.refers_to)
    by = OFFICERS.get(who) or USERS[who]
    return_draft(city.context, ActCommand(TASK, seen.act, fields, who, draft_at=seen.at), by)


def listed(city: Harness, who: str) -> list[tuple[WorkSection, DraftReturn | None]]:
    entries = my_work(city.context, who, OFFICERS.get(who) or USERS[who]).work.entries
    return [(entry.section, entry.draft.returned if entry.draft else None) for entry in entries]


def standing(city: Harness) -> ActDraft:
    (found,) = find_task(city.context, TASK, "gd-c", USERS["gd-c"]).drafts
    return found


def test_returned_draft_waits_for_its_officer_with_the_remark(city: Harness) -> None:
    before = find_task(city.context, TASK, "gd-c", USERS["gd-c"])
    give_back(city, draft(city))
    returned = DraftReturn("gd-c", "Bổ sung số liệu")
    assert listed(city, "gd-c") == [(WorkSection.OWN_TASKS, returned)]
    assert listed(city, "cb-c") == [(WorkSection.OWN_TASKS, returned)]
    assert count_work(city.context, OFFICERS["cb-c"]) == 1
    after = find_task(city.context, TASK, "gd-c", USERS["gd-c"])
    assert (after.history, after.version) == (before.history, before.version)
    assert standing(city).stated.text == "Một" and ("directive-draft-returned", TASK) in city.audited


def test_draft_that_is_handed_over_again_waits_for_the_leader(city: Harness) -> None:
    give_back(city, draft(city))
    again = draft(city, seen=standing(city), text="Hai")
    assert again.returned is None and listed(city, "cb-c") == []
    assert (WorkSection.DRAFT, None) in listed(city, "gd-c")
    city.act("gd-c", Act.REPORT, text="Hai", draft_at=again.at)
    assert listed(city, "cb-c") == [(WorkSection.OWN_TASKS, None)]


def test_nobody_hands_over_again_without_having_read_the_remark(city: Harness) -> None:
    first = draft(city)
    give_back(city, first)
    for text in ("Một", "Hai"):
        with pytest.raises(DraftChangedError) as told:
            draft(city, seen=first, text=text)
        assert told.value.draft.returned == DraftReturn("gd-c", "Bổ sung số liệu")


def test_one_returned_draft_keeps_a_task_with_its_officer(city: Harness) -> None:
    give_back(city, draft(city))
    city.now += timedelta(seconds=1)
    save_draft(city.context, ActCommand(TASK, Act.SUBMIT_COMPLETION, ActFields(text="Xong"), "cb-c"), OFFICERS["cb-c"])
    assert listed(city, "cb-c") == [(WorkSection.OWN_TASKS, DraftReturn("gd-c", "Bổ sung số liệu"))]


def test_returned_answer_is_asked_of_both_again(city: Harness) -> None:
    asked = city.act("gd-c", Act.REQUEST_COORDINATION, agency="b", text="Số liệu", due=DUE).event.id
    seen = draft(city, "cb-b", text="Trả lời", refers_to=asked)
    assert WorkSection.COORDINATION not in dict(listed(city, "cb-b"))
    give_back(city, seen, "gd-b")
    for who in ("cb-b", "gd-b"):
        assert (WorkSection.COORDINATION, DraftReturn("gd-b", "Bổ sung số liệu")) in listed(city, who)
    assert WorkSection.DRAFT not in dict(listed(city, "gd-b"))


@pytest.mark.parametrize("who", ["cb-c", "gd-b", "vp", "ct"])
def test_who_could_not_send_a_draft_does_not_return_it(city: Harness, who: str) -> None:
    seen = draft(city)
    with refused(ActCode.NOT_PERMITTED):
        give_back(city, seen, who)
    assert standing(city).returned is None


def test_only_the_draft_that_was_read_is_returned_once_and_with_a_remark(city: Harness) -> None:
    first = draft(city)
    second = draft(city, seen=first, text="Hai")
    with refused(ActCode.DRAFT_GONE):
        give_back(city, first)
    with refused(ActCode.FIELD_MISSING):
        give_back(city, second, text="  ")
    give_back(city, second)
    with refused(ActCode.DRAFT_GONE):
        give_back(city, standing(city))


def test_a_draft_that_nobody_can_send_any_more_is_not_returned(city: Harness) -> None:
    seen = draft(city)
    city.act("vp", Act.WITHDRAW, TASK, basis="1/QĐ")
    with refused(ActCode.DRAFT_GONE):
        give_back(city, seen)

"""A day's work: whatever stands in "Việc của tôi" of a simulated position is done there, by the button of its row."""

from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from components.directives.act_fields import YES
from components.directives.work_list import entry_offers
from components.directives.work_offers import Offer
from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import save_draft
from ioc.directives.acts import perform_act
from ioc.directives.assignment import assign_all
from ioc.directives.document_queries import documents_to_assign, waiting_drafts
from ioc.directives.instructions import issue_document
from ioc.directives.queries import TaskDetail, find_task
from ioc.directives.work_list import my_work
from ioc.domain.directives.acts import (
    ACT_RULES,
    Act,
    ActFields,
    CompletionResult,
    PositionKind,
    ReminderChannel,
    ReturnKind,
)
from ioc.domain.directives.positions import DRAFTED_ACTS
from ioc.storage.directives.events import tasks_of
from ioc.storage.directives.work_list import WorkEntry, WorkSection
from simulator.positions import POSITIONS, position_key
from tests.conftest import empty_store
from tests.storage.test_simulated_tasks import PlayedCity

_ROUNDS = 8  # what one position does waits for another
_LATER = timedelta(days=40)
_PROPOSED = {
    WorkSection.COMPLETION: Act.CONFIRM_COMPLETION, WorkSection.EXTENSION: Act.DECIDE_EXTENSION,
    WorkSection.ADJUSTMENT: Act.DECIDE_ADJUSTMENT, WorkSection.PAUSE_ENDED: Act.RESUME,
}  # fmt: skip
_Row = tuple[str, WorkSection, str, int]


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[PlayedCity]:
    with closing(empty_store(tmp_path)) as store:
        played = PlayedCity(store)
        await played.play()
        yield played


def entries(city: PlayedCity, name: str) -> dict[_Row, WorkEntry]:
    """The rows of a position that are worked on here."""
    work = my_work(city.context, position_key(name), POSITIONS[name].principal, 500).work
    own = (entry for entry in work.entries if not entry.row.master)
    return {(name, each.section, each.row.key, each.item.event if each.item else 0): each for each in own}


def detail_of(city: PlayedCity, name: str, entry: WorkEntry) -> TaskDetail:
    return find_task(city.context, entry.row.key, position_key(name), POSITIONS[name].principal)


def main_offer(city: PlayedCity, name: str, entry: WorkEntry) -> Offer | None:
    """The last button of a row, which is the main one where it has one."""
    history = detail_of(city, name, entry).history if entry.item else ()
    stated = next((event.stated for event in history if entry.item and event.id == entry.item.event), None)
    return next(reversed(entry_offers(entry, stated, POSITIONS[name].kind)), None)


def typed(city: PlayedCity, entry: WorkEntry, offer: Offer, detail: TaskDetail) -> ActFields:
    """What the form of the button asks for."""
    day, state = city.context.today(), detail.state
    assert state is not None
    answered = next((item.event for item in state.items if item.kind is ACT_RULES[offer.act].answers), 0)
    is_own = entry.item is not None and entry.section is not WorkSection.PROPOSAL
    known: dict[str, object] = {
        "text": "Đã xem xét", "agency": "mp-b", "basis": "1/QĐ", "due": max(day, state.due or day) + _LATER,
        "until": day + _LATER, "is_granted": offer.preset in ("", YES) or offer.act is Act.PROPOSE,
        "return_kind": ReturnKind.CONTENT, "result": CompletionResult.ACHIEVED, "channel": ReminderChannel.SYSTEM,
        "proposed": _PROPOSED.get(entry.section), "refers_to": entry.item.event if is_own and entry.item else answered,
    }  # fmt: skip
    proposes = offer.act is Act.PROPOSE and known["proposed"] in (Act.DECIDE_EXTENSION, Act.DECIDE_ADJUSTMENT)
    names = {*ACT_RULES[offer.act].required, "text", *(("is_granted",) if proposes else ())}
    return ActFields(**{name: known[name] for name in names})  # type: ignore[arg-type]


def press(city: PlayedCity, name: str, entry: WorkEntry, offer: Offer) -> None:
    """Does the act of a button: an officer hands a draft over, a leader sends the one that the row has."""
    who, detail = POSITIONS[name], detail_of(city, name, entry)
    stated = entry.draft.stated if entry.draft and not entry.draft.returned else typed(city, entry, offer, detail)
    if who.kind is PositionKind.AGENCY_OFFICER and offer.act in DRAFTED_ACTS:
        read = next((each.at for each in detail.drafts if each.act is offer.act), None)
        command = ActCommand(entry.row.key, offer.act, stated, position_key(name), draft_at=read)
        save_draft(city.context, command, who.principal)
    else:
        read = entry.draft.at if entry.draft else None
        command = ActCommand(entry.row.key, offer.act, stated, position_key(name), draft_at=read)
        perform_act(city.context, command, who.principal)


@pytest.mark.parametrize("direction", [1, -1], ids=["leaders first", "agencies first"])
async def test_each_row_of_each_position_is_done_by_its_main_button(city: PlayedCity, direction: int) -> None:
    done = set[_Row]()
    for _ in range(_ROUNDS):
        before = len(done)
        for name in [*POSITIONS][::direction]:
            for row in [each for each in entries(city, name) if each not in done]:
                entry = entries(city, name).get(row)
                if entry is None or (entry.proposals and POSITIONS[name].kind is PositionKind.FOLLOWER):
                    continue  # another act has ended it, or it waits for who decides what was proposed
                offer = main_offer(city, name, entry)
                assert offer, row
                press(city, name, entry, offer)
                done.add(row)
        if len(done) == before:
            break
    else:
        pytest.fail("the work does not end")
    assert {section for _, section, _, _ in done} == set(WorkSection)


async def test_office_issues_and_assigns_what_waits_and_nothing_is_left(city: PlayedCity) -> None:
    office, position = POSITIONS["lanh-dao-vp"].principal, position_key("lanh-dao-vp")
    drafts = waiting_drafts(city.context, position, office).waiting
    for number, draft in enumerate(drafts):
        issue_document(city.context, draft.key, f"9{number}/MP-VP", city.context.today(), position, office)
    waiting = documents_to_assign(city.context, position, office, 500).documents
    assert drafts and waiting
    with city.context.store.read() as conn:
        keys = [task.key for task in tasks_of(conn, *(each.key for each in waiting)) if not task.version]
    results = assign_all(city.context, keys, position, "", office)
    assert not [result for result in results.values() if isinstance(result, Exception)]
    assert not waiting_drafts(city.context, position, office).waiting
    assert documents_to_assign(city.context, position, office).total == 0

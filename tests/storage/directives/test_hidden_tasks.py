"""Who may not see a task or a document gets the answer of one that does not exist, by every command and query."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ioc.directives import document_queries, queries, register_filter
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import ActResult, perform_act, perform_all, perform_in
from ioc.directives.documents import DocumentEntry, assign_document, enter_document
from ioc.directives.due_dates import confirm_dues
from ioc.directives.instructions import issue_document
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal
from ioc.domain.base.failure import FailureError
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.directive import Task, Visibility
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import SYSTEM, USERS, Harness, refused

HIDDEN, UNKNOWN = "secret", "nosuch"
ASK = Callable[[Harness, Principal, str, str], object]  # with the position and the key of a document


def act(city: Harness, who: Principal, position: str, key: str) -> object:
    for which, more in ((Act.RECEIVE, {}), (Act.REMIND, {}), (Act.STAR, {"expected_version": 1})):
        command = ActCommand(f"{key}/nv-0", which, ActFields(), position, **more)  # type: ignore[arg-type]
        with pytest.raises(FailureError) as refusal:
            perform_act(city.context, command, who)
    raise refusal.value


def bulk(city: Harness, who: Principal, position: str, key: str) -> object:
    command = ActCommand(f"{key}/nv-0", Act.REMIND, ActFields(), position)
    (result,) = perform_all(city.context, (command,), who, preview=True)
    assert not isinstance(result, ActResult)
    raise result


def act_within(city: Harness, who: Principal, position: str, key: str) -> object:
    command = ActCommand(f"{key}/nv-0", Act.RECEIVE, ActFields(), position, external_id="1")
    with city.store.write() as conn:
        return perform_in(conn, city.context, command, who, city.now)


def link(city: Harness, who: Principal, position: str, key: str) -> object:
    command = ActCommand(f"{key}/nv-0", Act.LINK, ActFields(linked_task="d/nv-2"), position)
    return perform_act(city.context, command, who)


CASES: dict[str, ASK] = {
    "act": act,
    "bulk": bulk,
    "act within a command": act_within,
    "link": link,
    "page of the task": lambda city, who, at, key: queries.find_task(city.context, f"{key}/nv-0", at, who),
    "page of the document": lambda city, who, at, key: queries.find_document(city.context, key, who),
    "task at a moment": lambda city, who, at, key: document_queries.task_at(
        city.context, f"{key}/nv-0", city.now, who
    ),
    "assign": lambda city, who, at, key: assign_document(city.context, key, at, who),
    "issue": lambda city, who, at, key: issue_document(city.context, key, "1/X", START, at, who),
    "confirm due dates": lambda city, who, at, key: confirm_dues(city.context, key, "", at, who),
    "register": lambda city, who, at, key: register_filter.rows_of(city.context, {"van-ban": key}, who),
    "export": lambda city, who, at, key: list(register_filter.all_rows(city.context, {"van-ban": key}, who)),
}  # fmt: skip


@pytest.fixture
def restricted(city: Harness) -> Harness:
    tasks = (Task("nv-0", LocalizedText("x"), "a", START, START + timedelta(days=30)),)
    city.enter(make_document(HIDDEN, tasks=tasks, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    return city


def answer(city: Harness, ask: ASK, position: str, key: str) -> str:
    who = SYSTEM if position == "qlvb" else USERS[position.removesuffix(" of another")]
    try:
        return repr(ask(city, who, position, key))
    except (FailureError, PermissionDeniedError) as error:
        return f"{type(error).__name__} {error}".replace(key, "KEY")


@pytest.mark.parametrize("position", ["gd-b", "gd-c", "qlvb", "gd-b of another"])
def test_a_hidden_one_is_answered_as_one_that_does_not_exist(restricted: Harness, position: str) -> None:
    hidden, unknown = (
        {name: answer(restricted, ask, position, key) for name, ask in CASES.items()} for key in (HIDDEN, UNKNOWN)
    )
    assert hidden == unknown


def test_who_sees_a_task_is_told_who_may_act(restricted: Harness) -> None:
    for position in ("gd-a", "vp"):
        with refused(ActCode.NOT_PERMITTED):
            restricted.act(position, Act.STAR, f"{HIDDEN}/nv-0")
    assert restricted.act("gd-a", Act.RECEIVE, f"{HIDDEN}/nv-0")


def test_a_system_is_not_told_of_tasks_of_another_master_by_a_link(city: Harness) -> None:
    other = Position("other", PositionKind.SYSTEM, "x", "qlvb", START, master="other")
    with city.store.write() as conn:
        positions.put_position(conn, other)
    task = Task("", LocalizedText("x"), "c", START, external_id="1")
    for position in ("qlvb", "other"):
        entry = DocumentEntry(make_document("", tasks=(task,), external_id="P"), position, assign=True)
        enter_document(city.context, entry, SYSTEM)
    for linked in ("d/nv-2", "other-p/1", "no/such"):
        with refused(ActCode.UNKNOWN_TASK):
            city.act("qlvb", Act.LINK, "qlvb-p/1", linked_task=linked)

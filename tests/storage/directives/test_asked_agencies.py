"""Who is asked on a task sees it until that is answered, wherever tasks are shown; what one place hides all hide."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from ioc.directives import queries, register_filter, reminders, visits, waiting, work_list
from ioc.directives.document_queries import task_at
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ReminderChannel
from ioc.domain.directives.directive import Task, Visibility
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, USERS, Harness, refused

KEY, HIDDEN = "han-che/nv-0", "han-che"


@pytest.fixture
def restricted(city: Harness) -> Harness:
    """With a task of a, in a document for the agencies concerned."""
    tasks = (Task("nv-0", LocalizedText("x"), "a", START, START + timedelta(days=30)),)
    city.enter(make_document(HIDDEN, tasks=tasks, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    city.act("gd-a", Act.RECEIVE, KEY)
    city.act("vp", Act.REMIND, KEY, channel=ReminderChannel.SYSTEM, text="x")
    return city


def opens(city: Harness, who: str) -> bool:
    with suppress(ActError):
        return bool(queries.find_task(city.context, KEY, f"gd-{who}", USERS[f"gd-{who}"]))
    return False


def pairs(city: Harness, who: str) -> bool:
    return any(each.waiting == "a" for each in waiting.waiting_pairs(city.context, USERS[f"gd-{who}"]))


READERS: dict[str, Callable[[Harness, str], Any]] = {
    "page": opens,
    "state at a moment": lambda city, who: task_at(city.context, KEY, city.now, USERS[f"gd-{who}"]),
    "register": lambda city, who: register_filter.rows_of(
        city.context, {"van-ban": HIDDEN}, USERS[f"gd-{who}"]
    ).rows,
    "export": lambda city, who: list(
        register_filter.all_rows(city.context, {"van-ban": HIDDEN}, USERS[f"gd-{who}"])
    ),
    "changes": lambda city, who: [
        each
        for each in visits.changes_since(city.context, 0, f"gd-{who}", USERS[f"gd-{who}"]).changes
        if each.event.task == KEY
    ],
    "reminders": lambda city, who: reminders.list_reminders(city.context, {}, USERS[f"gd-{who}"]).rows,
    "who waits for whom": pairs,
}  # fmt: skip


def seen_by(city: Harness, who: str) -> set[str]:
    return {name for name, read in READERS.items() if read(city, who)}


def ask(city: Harness) -> int:
    asked = city.act("gd-a", Act.REQUEST_COORDINATION, KEY, agency="b", text="Góp ý", due=START + 9 * DAY)
    return asked.event.id


def test_who_is_asked_sees_the_task_everywhere_until_it_has_answered(restricted: Harness) -> None:
    city = restricted
    assert not seen_by(city, "b") and not seen_by(city, "c")
    item = ask(city)
    assert seen_by(city, "b") == READERS.keys() and not seen_by(city, "c")
    work = work_list.my_work(city.context, "gd-b", USERS["gd-b"]).work
    assert KEY in {entry.row.key for entry in work.entries}
    detail = queries.find_task(city.context, KEY, "gd-b", USERS["gd-b"])
    assert Act.REPLY_COORDINATION in detail.acts
    city.act("gd-b", Act.REPLY_COORDINATION, KEY, refers_to=item, text="Đồng ý")
    assert not seen_by(city, "b") and not seen_by(city, "c")


def test_who_is_asked_does_not_see_the_rest_of_the_document(restricted: Harness) -> None:
    ask(restricted)
    with refused(ActCode.UNKNOWN_DOCUMENT):
        queries.find_document(restricted.context, HIDDEN, USERS["gd-b"])
    with refused(ActCode.NOT_PERMITTED):
        restricted.act("gd-b", Act.REPORT, KEY, text="x")


def test_who_gets_a_petition_sees_its_task(restricted: Harness) -> None:
    restricted.act("gd-a", Act.REPORT, KEY, text="x", petition="Kinh phí", petition_to="b")
    assert seen_by(restricted, "b") == READERS.keys() and not seen_by(restricted, "c")

"""Reminders by the ladder and by people, and the ledger of both, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.directives import register_filter, reminders
from ioc.directives.reminder_job import NOT_BEFORE, remind_today
from ioc.directives.reminders import list_reminders, remind_by_ladder, tasks_to_remind
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.acts import Act, ReminderChannel
from ioc.domain.directives.directive import Task, Visibility
from ioc.storage.db.store import Store
from ioc.storage.directives import events
from ioc.storage.directives.reminders import ReminderKind
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, READER, USERS, Harness


def run(city: Harness) -> int:
    """What the process that leads does once a day."""
    return remind_by_ladder(city.context, tasks_to_remind(city.context))


def reminded(city: Harness, **params: str) -> list[tuple[str, str]]:
    """Task and kind of the ledger's rows, the newest first."""
    names = {name.replace("_", "-"): value for name, value in params.items()}
    rows = list_reminders(city.context, names, USERS["vp"]).rows
    return [(row.event.task, row.kind.value) for row in rows]


def test_open_tasks_are_reminded_once_a_step_and_their_order_by_its_part(city: Harness) -> None:
    city.now = at(DUE - 8 * DAY)
    assert run(city) == 0
    city.now = at(DUE - 7 * DAY)
    assert (run(city), run(city)) == (2, 0)
    assert sorted(reminded(city)) == [("d/nv-1", "automatic"), ("d/nv-2", "automatic")]
    city.now = at(DUE + DAY)
    assert (run(city), run(city)) == (2, 0)


def test_reminder_of_the_program_has_neither_person_nor_position(city: Harness) -> None:
    city.now = at(DUE + DAY)
    run(city)
    with city.store.read() as conn:
        task = events.find_task(conn, "d/nv-2")
        assert task is not None
        last = events.task_events(conn, task.id)[-1]
    assert (last.act, last.actor, last.position) == (Act.REMIND, "", "")
    assert last.stated.channel is ReminderChannel.SYSTEM


def test_each_reminder_of_the_program_is_an_entry_of_the_audit_log(city: Harness) -> None:
    city.now = at(DUE + DAY)
    city.audited.clear()
    assert run(city) == 2
    assert sorted(city.audited) == [("directive-remind", "d/nv-1"), ("directive-remind", "d/nv-2")]


def test_task_whose_clock_stands_or_that_another_system_follows_is_not_reminded(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("vp", Act.PAUSE, task="d/nv-1", basis="2/QĐ", until=DUE)
    tasks = (Task("", LocalizedText("Đào mương"), "a", START, DUE, external_id="1"),)
    city.enter(make_document("", tasks=tasks, external_id="x"), "qlvb", assign=True)
    city.now = at(DUE + DAY)
    assert run(city) == 0
    city.act("vp", Act.RETURN_COMPLETION, return_kind="other", text="Thiếu", due=DUE + 20 * DAY)
    city.now = at(DUE + 13 * DAY)
    assert run(city) == 1


def test_act_between_list_and_transaction_decides(city: Harness) -> None:
    city.now = at(DUE + DAY)
    tasks = tasks_to_remind(city.context)
    city.act("vp", Act.WITHDRAW, basis="2/QĐ")
    assert remind_by_ladder(city.context, tasks) == 1


def test_empty_ladder_reminds_nobody(city: Harness) -> None:
    city.now = at(DUE + 40 * DAY)
    city.context = replace(city.context, limits=replace(city.context.limits, reminder_days=()))
    assert run(city) == 0


def test_clock_that_was_set_back_gives_no_reminder_twice(city: Harness) -> None:
    city.now = at(DUE + DAY)
    assert run(city) == 2
    city.now -= timedelta(hours=5)
    assert run(city) == 0
    city.now += timedelta(hours=6)
    assert run(city) == 0


def test_ledger_counts_the_kinds_apart_and_filters(city: Harness) -> None:
    city.now = at(DUE + DAY)
    run(city)
    city.now += timedelta(hours=1)
    city.act("cv", Act.REMIND, channel=ReminderChannel.SYSTEM, text='có chữ "channel": "written"')
    city.now += DAY
    city.act(
        "vp", Act.REMIND, task="d/nv-1", channel=ReminderChannel.WRITTEN, document_number="9/MP",
        document_date=DUE + DAY,
    )  # fmt: skip
    found = list_reminders(city.context, {}, USERS["vp"])
    assert found.counts == {ReminderKind.AUTOMATIC: 2, ReminderKind.SYSTEM: 1, ReminderKind.WRITTEN: 1}
    assert found.total == 4 and found.rows[0].holder == "b" and found.titles["vp"]
    assert reminded(city, hinh_thuc="bang-van-ban") == [("d/nv-1", "written")]
    assert reminded(city, hinh_thuc="tren-he-thong") == [("d/nv-2", "system")]
    assert reminded(city, co_quan="c") == [("d/nv-2", "system"), ("d/nv-2", "automatic")]
    assert reminded(city, co_quan="khong-co") == []
    first, last = f"{DUE + DAY:%d/%m/%Y}", f"{DUE + 2 * DAY:%d/%m/%Y}"
    assert len(reminded(city, den=first)) == 3 and reminded(city, tu=last) == [("d/nv-1", "written")]
    assert len(list_reminders(city.context, {}, USERS["vp"], start=1, limit=2).rows) == 2


def test_restricted_document_is_in_the_ledger_of_whom_it_concerns(city: Harness) -> None:
    city.enter(make_document("e", count=1, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    city.act("vp", Act.REMIND, task="e/nv-0", channel=ReminderChannel.SYSTEM)
    counts = [list_reminders(city.context, {}, USERS[name]).total for name in ("vp", "gd-a", "gd-b")]
    assert counts == [1, 1, 0]


def test_reader_without_the_right_is_refused(city: Harness) -> None:
    with pytest.raises(PermissionDeniedError):
        list_reminders(city.context, {}, READER)


async def test_day_is_done_in_short_transactions(store: Store) -> None:
    city = Harness(store)
    city.enter(make_document(count=130), assign=True)
    city.now = at(DUE + DAY).astimezone(CITY_ZONE).replace(hour=NOT_BEFORE.hour)
    sizes: list[int] = []

    async def run_in_writer(work: object, context: object, tasks: list[str]) -> int:
        sizes.append(len(tasks))
        return remind_by_ladder(city.context, tasks)

    assert await remind_today(city.context, run_in_writer) == 129
    assert max(sizes) <= 50


def test_export_has_each_row_once_while_others_work(city: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes, is done or moves in the order meanwhile neither repeats nor loses what there was."""
    for module in (reminders, register_filter):
        monkeypatch.setattr(module, "_EXPORT_BLOCK", 2)
    city.enter(make_document("e", count=7), assign=True)
    for n in range(2, 7):
        city.act("vp", Act.REMIND, task=f"e/nv-{n}", channel=ReminderChannel.SYSTEM)
    rows = register_filter.all_rows(city.context, {}, USERS["vp"])
    parts = reminders.all_reminders(city.context, {}, USERS["vp"])
    found, reminded_of = [next(rows).key], [row.event.task for row in next(parts).rows]
    due = START + timedelta(days=1)
    tasks = tuple(replace(task, due=due) for task in make_document("n", count=3).tasks)
    city.enter(make_document("n", tasks=tasks), assign=True)  # before all others
    city.act("vp", Act.REMIND, task="n/nv-2", channel=ReminderChannel.SYSTEM)
    found += [row.key for row in rows]
    reminded_of += [row.event.task for part in parts for row in part.rows]
    assert sorted(found) == sorted([*(f"d/nv-{n}" for n in range(3)), *(f"e/nv-{n}" for n in range(7))])
    assert reminded_of == [f"e/nv-{n}" for n in (6, 5, 4, 3, 2)]


@pytest.mark.parametrize("ahead", [11, 365, 730])
def test_a_clock_that_was_ahead_once_holds_back_no_reminder(city: Harness, ahead: int) -> None:
    """Its known time stays in the store; reminders count by the clock, also those that it gave while it was ahead."""
    city.now = at(DUE - 20 * DAY + ahead * DAY)
    assert run(city) == (2 if ahead > 13 else 0)
    city.act("vp", Act.REMIND, channel=ReminderChannel.SYSTEM)
    for day, count in ((-8, 0), (-7, 2), (-6, 0), (1, 2), (2, 0), (8, 2)):
        city.now = at(DUE + day * DAY)
        assert (run(city), run(city)) == (count, 0), day

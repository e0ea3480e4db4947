"""While the largest sheet is imported the poller goes on: PostgreSQL lets others write until its logs are written."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ioc.auth import audit_log
from ioc.directives.reminders import remind_by_ladder
from ioc.directives.sheet_import import SheetImport, import_sheet
from ioc.domain.base.times import to_ms
from ioc.domain.directives.sheet_documents import MAX_SHEET_DOCUMENTS, MAX_SHEET_TASKS
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable
from ioc.storage.access import audit_log as audit_rows
from ioc.storage.db import change_counter
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives.schema import directive_event
from tests.storage.directives.cases import DAY, START
from tests.storage.directives.harness import USERS, Harness

FIELDS = dict(enumerate((SheetField.NUMBER, SheetField.TITLE, SheetField.LEAD, SheetField.DUE, SheetField.EXTERNAL_ID)))
SECONDS = 2.5  # of the processor; 0.4 on the machine on which it was written
TURN_SECONDS = 6.0  # of the processor, of this thread alone; there 1.0 on SQLite and 1.2 on PostgreSQL


def sheet_of(tasks: int, documents: int) -> SheetImport:
    of_each = tasks // documents
    rows = tuple((f"{n // of_each + 1}/KH", f"Việc {n}", "ab"[n % 2], "Quý IV/2100", f"N{n}") for n in range(tasks))
    defaults = SheetDefaults("", START, "Kế hoạch", "a")
    return SheetImport("so.xlsx", TaskTable("", ("",) * 5, rows, 1), FIELDS, defaults, "vp", assign=True)


@pytest.fixture
def audited(city: Harness) -> Harness:
    """With the audit log of the program."""
    city.context = replace(city.context, write_entries=audit_log.write_acts)
    return city


@pytest.fixture
def poller(url: str) -> Iterator[Store]:
    """The store of another process."""
    with closing(Store(url, busy_seconds=0.2)) as opened:
        yield opened


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_readings_are_committed_while_a_sheet_is_imported(audited: Harness, poller: Store) -> None:
    """Other acts wait; what the import logs is known after all that became known meanwhile."""
    known, city = list[int](), audited

    def meanwhile(done: int, total: int) -> None:
        if done != total:
            return
        with poller.write() as conn:
            known.append(to_ms(change_counter.bump(conn, {"readings"}, city.now + DAY)))
        with pytest.raises(StoreError) as error, poller.write() as conn:
            change_counter.take_turn(conn, city.now, wait_seconds=1)
        assert error.value.failure.code == StoreCode.BUSY

    import_sheet(city.context, sheet_of(40, 4), USERS["vp"], meanwhile)
    with city.store.read() as conn:
        newest = (
            conn.execute(select(directive_event.c.known_ms).order_by(directive_event.c.id.desc())).scalars().first()
        )
        assert known and newest == known[-1] and audit_rows.verify(conn).first_bad_id is None


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_ladder_does_not_keep_the_poller_waiting_for_an_import(audited: Harness, poller: Store) -> None:
    """Its reminders are given by the thread that writes the readings: it gives up soon, and comes again."""
    with audited.store.write() as conn:
        change_counter.take_turn(conn, audited.now)
        beside = replace(audited.context, store=poller)
        with pytest.raises(StoreError) as error:
            remind_by_ladder(beside, ["d/nv-1"])
    assert error.value.failure.code == StoreCode.BUSY


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_largest_import_holds_up_the_poller_for_a_moment(audited: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time of the processor, of this thread and its server process: the clock tells of the machine's load."""
    used, bump = list[float](), change_counter.bump

    def spent(conn: Conn) -> float:
        server: object = conn.connection.driver_connection
        stat = Path(f"/proc/{server.info.backend_pid}/stat").read_text().rpartition(")")[2].split()  # type: ignore[attr-defined]
        return time.thread_time() + (int(stat[11]) + int(stat[12])) / 100

    def watched(conn: Conn, *args: object) -> object:
        known = bump(conn, *args)  # type: ignore[arg-type]
        used.append(spent(conn))
        return known

    monkeypatch.setattr(change_counter, "bump", watched)
    write = audited.context.write_entries

    def last(conn: Conn, *args: object) -> None:
        write(conn, *args)  # type: ignore[arg-type]
        used.append(spent(conn))

    context = replace(audited.context, write_entries=last)
    result = import_sheet(context, sheet_of(MAX_SHEET_TASKS, MAX_SHEET_DOCUMENTS), USERS["vp"], lambda _done, _total: 0)
    assert sum(result.assigned) == MAX_SHEET_TASKS and used[-1] - used[0] < SECONDS


def test_largest_import_takes_its_turn_for_a_moment(audited: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite nobody else writes from its begin to the commit, on PostgreSQL no other act is done."""
    begun, take_turn = list[float](), change_counter.take_turn

    def watched(*arguments: Any, **options: Any) -> Any:
        taken = take_turn(*arguments, **options)
        begun.append(time.thread_time())
        return taken

    monkeypatch.setattr(change_counter, "take_turn", watched)
    sheet = sheet_of(MAX_SHEET_TASKS, MAX_SHEET_DOCUMENTS)
    result = import_sheet(audited.context, sheet, USERS["vp"], lambda _done, _total: 0)
    assert sum(result.assigned) == MAX_SHEET_TASKS and time.thread_time() - begun[0] < TURN_SECONDS


def test_entries_of_an_import_are_a_sound_chain(audited: Harness) -> None:
    import_sheet(audited.context, sheet_of(40, 20), USERS["vp"], lambda _done, _total: 0)
    with audited.store.read() as conn:
        checked = audit_rows.verify(conn)
    assert checked.first_bad_id is None and checked.row_count == 2 * 20 + 1


def test_entries_of_an_import_stand_in_the_order_of_its_acts(city: Harness) -> None:
    city.audited.clear()
    import_sheet(city.context, sheet_of(4, 2), USERS["vp"], lambda _done, _total: 0)
    actions = [action for action, _ in city.audited]
    assert actions == [*["directive-document-entered"] * 2, *["directive-assign"] * 2, "directive-sheet-imported"]

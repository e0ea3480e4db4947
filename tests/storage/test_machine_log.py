"""How the machine was: what stands, what was known at a past moment, and that only what moved is logged."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from domain.kpi import Severity
from domain.machine import Condition, Part
from storage import configs, machine, versions
from storage.store import Store
from storage.tables import machine_log
from tests.storage.truth import START

MINUTE = timedelta(minutes=1)
DISK = Condition(Part.DISK, Severity.NORMAL, START, 50.0, 40.0)
TLS = Condition(Part.TLS, Severity.ATTENTION, START, 5.0, about="s", why="ends")


def test_only_what_moved_is_logged_and_moves_the_store(store: Store) -> None:
    with store.write() as conn:
        assert machine.record(conn, [DISK, TLS], START) == 2
        before = versions.read(conn)
        assert machine.record(conn, [replace(DISK, since=START + MINUTE), TLS], START + MINUTE) == 0
        assert versions.read(conn) == before
        assert machine.record(conn, [replace(DISK, value=49.0, since=START + MINUTE)], START + MINUTE) == 1
        assert versions.read(conn).topics["machine"] == 2
        assert conn.execute(select(func.count()).select_from(machine_log)).scalar() == 3


def test_a_state_is_kept_since_it_began_and_the_past_knows_the_old_one(store: Store) -> None:
    low = replace(DISK, severity=Severity.CRITICAL, value=0.4, share=1.0, why="low", since=START + MINUTE)
    with store.write() as conn:
        machine.record(conn, [DISK], START)
        machine.record(conn, [low], START + MINUTE)
        machine.record(conn, [replace(low, value=0.3, since=START + 2 * MINUTE)], START + 2 * MINUTE)
    with store.read() as conn:
        assert machine.current(conn) == (replace(low, value=0.3),)
        assert machine.current(conn, START + MINUTE) == (low,)
        assert machine.current(conn, START) == (DISK,) and machine.current(conn, START - MINUTE) == ()


def test_backups_and_the_stores_birth(store: Store) -> None:
    with store.write() as conn:
        assert machine.newest_backup(conn) is None and machine.born(conn) is None
        configs.remember(conn, "{}", START)
        for n in (2, 1):
            machine.note_backup(conn, START + n * MINUTE, 10, "ab")
        assert machine.newest_backup(conn) == START + 2 * MINUTE and machine.born(conn) == START

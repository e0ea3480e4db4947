"""The store: consistent views, one leader, refused revisions, errors with codes."""

import logging
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from ioc.domain.base.failure import Failure
from ioc.domain.base.times import utc_now
from ioc.storage import jobs
from ioc.storage.db import change_counter
from ioc.storage.db.dialect import is_postgres
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.schema import job, reading, writer
from ioc.storage.db.store import _MIGRATION_LOCK, Store, StoreError
from ioc.storage.timeseries import newest_reading, readings
from tests.conftest import empty_store
from tests.storage.expected_store import START, check_against_raw, make_readings
from tests.system.program import until


def test_store_of_a_newer_revision_is_refused(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as caught:
        store.migrate()
    assert caught.value.failure.code == StoreCode.UNKNOWN_REVISION and "9999" in caught.value.failure.external


def test_reader_sees_one_view_while_a_writer_commits(store: Store) -> None:
    with store.read() as view:
        for n in range(3):
            with store.write() as conn:
                readings.append(conn, "s", make_readings("a", [(n, 1.0)]), START)
                change_counter.bump(conn, {"readings"}, START)
            assert change_counter.read(view).store == 0
            assert readings.latest(view) == {}
    with store.read() as view:
        assert change_counter.read(view).store == 3


@pytest.mark.parametrize("count", [1, 2])
def test_leader_takes_no_number_of_a_row_that_is_there(store: Store, count: int) -> None:
    """After logical replication of PostgreSQL, which copies no sequences, items were rejected that can be stored."""
    with store.write() as conn:
        for number in range(count):
            jobs.enqueue(conn, "pdf", {}, START, key=f"{number}")
        if is_postgres(conn):
            conn.execute(text("ALTER SEQUENCE job_id_seq RESTART WITH 1"))
    assert store.try_lead()
    with store.write() as conn:
        jobs.enqueue(conn, "pdf", {}, START)
        assert len(set(conn.execute(select(job.c.id)).scalars())) == count + 1


def test_one_process_leads(store: Store, url: str) -> None:
    with closing(Store(url)) as other:
        assert store.try_lead() and store.is_leading
        assert not other.try_lead() and not store.try_lead() and not other.is_leading
        store.stop_leading()
        assert not store.is_leading
        assert other.try_lead() and not store.try_lead()
        with store.write() as conn:  # as any process that has never led
            change_counter.bump(conn, {"jobs"}, START)
        other.stop_leading()


@pytest.mark.postgres
def test_former_leader_commits_nothing(postgres_store: Store, postgres_url: str) -> None:
    with closing(Store(postgres_url)) as other:
        assert postgres_store.try_lead(lease_seconds=0) and other.try_lead()
        for _ in range(2):
            with pytest.raises(StoreError) as caught, postgres_store.write() as conn:
                change_counter.bump(conn, {"readings"}, START)
            assert caught.value.failure == Failure(StoreCode.LEADERSHIP_LOST) and not postgres_store.is_leading
        with other.write() as conn:
            assert change_counter.read(conn).store == 0
            assert conn.execute(select(writer.c.epoch)).scalar() == 2
        other.stop_leading()
        assert postgres_store.try_lead()
        with postgres_store.write() as conn:
            assert conn.execute(select(writer.c.epoch)).scalar() == 3


@pytest.mark.postgres
def test_each_commit_renews_the_lease_and_holds_it_until_it_ends(postgres_store: Store, postgres_url: str) -> None:
    with closing(Store(postgres_url)) as other:
        assert postgres_store.try_lead(lease_seconds=0)
        with postgres_store.write():
            assert not other.try_lead(), "the lease has ended, but not the transaction"
        assert other.try_lead()
        with other.write() as conn:
            conn.execute(update(writer).values(lease_until_ms=0))
            other_ends = conn.execute(select(writer.c.lease_until_ms)).scalar()
        assert other_ends == 0
        with other.write():
            pass
        assert not postgres_store.try_lead(), "renewed by the commit"


@pytest.mark.postgres
def test_leader_is_certain_only_until_its_lease_ends(postgres_store: Store) -> None:
    """By its own clock, which goes on while the database does not answer."""
    assert not postgres_store.is_only_leader
    assert postgres_store.try_lead(lease_seconds=3600)
    with postgres_store.write():
        assert not postgres_store.is_only_leader, "not before the first commit"
    assert postgres_store.is_only_leader
    postgres_store.stop_leading()
    assert not postgres_store.is_only_leader
    assert postgres_store.try_lead(lease_seconds=0.01)
    with postgres_store.write():
        pass
    until(lambda: not postgres_store.is_only_leader, 5, "the lease ends")
    assert postgres_store.is_leading


def test_leader_on_sqlite_is_certain_until_it_ends(tmp_path: Path) -> None:
    with closing(empty_store(tmp_path)) as store:
        assert store.try_lead() and store.is_only_leader
        store.stop_leading()
        assert not store.is_only_leader


@pytest.mark.postgres
@pytest.mark.parametrize(("ahead_seconds", "is_taken"), [(15, False), (3 * 3600, True)])
def test_lease_from_before_the_clock_was_set_back_is_taken_over(
    postgres_store: Store, postgres_url: str, ahead_seconds: int, is_taken: bool
) -> None:
    assert postgres_store.try_lead()
    with closing(Store(postgres_url)) as other:
        with other.write() as conn:
            conn.execute(update(writer).values(lease_until_ms=writer.c.lease_until_ms + (ahead_seconds - 10) * 1000))
        assert other.try_lead() is is_taken


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("seconds", "code"),
    [(7200, StoreCode.CLOCK_AHEAD), (35, StoreCode.CLOCK_AHEAD), (-35, StoreCode.CLOCK_BEHIND), (25, None)],
)
def test_nobody_leads_by_a_clock_that_differs_from_the_servers(
    postgres_store: Store, seconds: float, code: StoreCode | None
) -> None:
    def clock() -> datetime:
        return utc_now() + timedelta(seconds=seconds)

    failure = Failure(code, {"seconds": abs(seconds)}) if code else None
    assert postgres_store.clock_failure(clock) == failure
    if failure is None:
        assert postgres_store.try_lead(clock=clock)
        return
    with pytest.raises(StoreError) as caught:
        postgres_store.try_lead(clock=clock)
    assert caught.value.failure == failure and not postgres_store.is_leading
    assert postgres_store.try_lead(), "the lease is free"


@pytest.mark.postgres
def test_who_does_not_lead_writes_nothing_by_a_clock_that_differs_from_the_servers(
    postgres_store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known times of everybody's acts followed it, until the right clocks had reached it."""
    ahead = [timedelta(hours=3)]
    monkeypatch.setattr("ioc.storage.db.leader_lease.monotonic", lambda: 1000.0)
    with closing(Store(postgres_url)) as store:
        store.write_by(lambda: utc_now() + ahead[0])

        def act() -> None:
            with store.write() as conn:
                change_counter.bump(conn, {"directives"}, utc_now())

        with pytest.raises(StoreError) as caught:
            act()
        assert caught.value.failure == Failure(StoreCode.CLOCK_AHEAD, {"seconds": 10_800})
        ahead[0] = timedelta(seconds=25)  # the clocks of machines differ
        act()
        ahead[0] = -timedelta(hours=3)  # it was set: that is looked at before its time
        with pytest.raises(StoreError) as caught:
            act()
        assert caught.value.failure == Failure(StoreCode.CLOCK_BEHIND, {"seconds": 10_800})
        with store.read() as conn:
            assert change_counter.read(conn).store == 1


def test_clock_of_the_machine_leads_whatever_it_shows_with_sqlite(tmp_path: Path) -> None:
    with closing(empty_store(tmp_path)) as store:
        assert store.clock_failure(lambda: START) is None and store.try_lead(clock=lambda: START)


@pytest.mark.postgres
def test_upgrade_that_waits_for_another_one_says_so(
    postgres_store: Store, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ioc.store")
    with closing(Store(postgres_url)) as other, ThreadPoolExecutor(1) as thread:
        with other.write() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            upgrade = thread.submit(postgres_store.migrate, "heads")
            until(lambda: "another process upgrades" in caplog.text, 8, "it is logged")
        upgrade.result(20)


def test_failed_statement_raises_store_error_and_the_next_write_works(store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0)]), START)
        conn.execute(text("SELECT * FROM nowhere"))
    assert caught.value.failure.code == StoreCode.DATABASE_ERROR and "nowhere" in caught.value.failure.external
    with store.write() as conn:
        assert readings.append(conn, "s", make_readings("a", [(0, 1.0)]), START).new == 1


def test_second_transaction_of_a_process_that_leads_or_uses_sqlite_times_out(url: str) -> None:
    store = Store(url, busy_seconds=0.05)
    store.migrate()
    assert store.try_lead()
    with store.write(), pytest.raises(StoreError) as caught, store.write():
        pass
    assert caught.value.failure == Failure(StoreCode.BUSY)
    store.close()


def test_a_row_that_another_process_writes_is_told_as_busy(url: str) -> None:
    is_sqlite = url.startswith("sqlite")
    waiting_url = url if is_sqlite else f"{url}{'&' if '?' in url else '?'}options=-c%20lock_timeout%3D100"
    with closing(Store(url)) as one, closing(Store(waiting_url, busy_seconds=0.05)) as other, one.write() as conn:
        change_counter.bump(conn, {"kpis"}, START)
        with pytest.raises(StoreError) as caught, other.write() as waiting:
            change_counter.bump(waiting, {"kpis"}, START)
    assert caught.value.failure == Failure(StoreCode.BUSY)


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ioc.db"

    def rights() -> set[int]:
        return {path.stat().st_mode & 0o777 for path in path.parent.iterdir()}

    with closing(Store(f"sqlite:///{path}")) as store:
        store.migrate()
        assert len(list(path.parent.iterdir())) == 3 and rights() == {0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700
        path.chmod(0o644)  # as an older version left it
        with closing(Store(f"sqlite:///{path}")):
            assert rights() == {0o600}


def test_file_that_is_no_store_is_left_as_it_is(tmp_path: Path) -> None:
    """DATABASE_URL may name another file by mistake."""
    path = tmp_path / "other.txt"
    path.write_text("of somebody else", encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(StoreError), closing(Store(f"sqlite:///{path}")) as store:
        store.migrate()
    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == ("of somebody else", 0o644)


def test_second_store_of_a_process_keeps_the_log_of_the_first(tmp_path: Path) -> None:
    """Without its lock the process that ends next would remove the log, and what the first writes then with it."""
    path = tmp_path / "ioc.db"
    with closing(Store(f"sqlite:///{path}")) as store:
        store.migrate()
        Store(f"sqlite:///{path}").close()
        code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 7')"
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        assert Path(f"{path}-wal").exists()
        with store.write() as conn:
            change_counter.bump(conn, {"kpis"}, START)
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT value FROM change_counter WHERE topic = 'kpis'").fetchone()[0] > 0


def test_full_disk_loses_nothing_and_later_writes_work(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/ioc.db")
    store.migrate()
    stored, full = 0, False
    for n in range(40):
        try:
            with store.write() as conn:
                pages = conn.execute(text("PRAGMA page_count")).scalar_one()
                conn.execute(text(f"PRAGMA max_page_count = {pages + 3 if n == 20 else 1_000_000}"))
                batch = make_readings("a", [(n * 1000 + m, float(m)) for m in range(1000)])
                stored += readings.append(conn, "s", batch, START).new
        except StoreError as error:
            assert error.failure == Failure(StoreCode.DISK_FULL, external="database or disk is full")
            stored, full = n * 1000, True
    assert full
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(reading)).scalar() == 39_000
        assert conn.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        check_against_raw(conn)
        assert newest_reading.latest_before(conn, "a", START + timedelta(seconds=20_500)) is not None
    store.close()


def test_writers_of_one_process_on_postgresql_wait_for_no_import(postgres_store: Store) -> None:
    """A sign-in waited in its own process for an import that held nothing that it needs, up to ten seconds."""
    with ThreadPoolExecutor(1) as thread, postgres_store.write() as importing:
        importing.execute(text("SELECT 1"))
        assert thread.submit(_append_job, postgres_store).result(10)


def _append_job(store: Store) -> bool:
    with store.write() as conn:
        return jobs.enqueue(conn, "x", {}, START).id > 0


@pytest.mark.postgres
@pytest.mark.parametrize("own", ["", "?options=-c%20work_mem%3D64MB"], ids=["", "of the operator"])
def test_settings_of_a_database_change_nothing(postgres_store: Store, postgres_url: str, own: str) -> None:
    """Commits are on disk, times and figures are read as they are, and a writer waits for another one."""
    settings = {
        "synchronous_commit": ("off", "on"), "datestyle": ("'SQL, DMY'", "ISO, MDY"), "extra_float_digits": ("0", "1"),
        "default_transaction_isolation": ("serializable", "read committed"), "lock_timeout": ("0", "15s"),
    }  # fmt: skip
    with postgres_store.write() as conn:
        name = conn.exec_driver_sql("SELECT current_database()").scalar_one()
        for setting, (value, _) in settings.items():
            conn.exec_driver_sql(f'ALTER DATABASE "{name}" SET {setting} = {value}')
    with closing(Store(f"{postgres_url}{own}")) as other, other.write() as conn:
        used = {setting: conn.exec_driver_sql(f"SHOW {setting}").scalar_one() for setting in settings}
        assert used == {setting: value for setting, (_, value) in settings.items()}
        assert conn.exec_driver_sql("SHOW work_mem").scalar_one() == ("64MB" if own else "32MB")

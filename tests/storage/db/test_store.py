"""The store itself: one view per reader, one leader, a schema that its migrations make, errors with a sentence."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from ioc.domain.base.failure import Failure
from ioc.storage.db import change_counter
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.schema import reading
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings
from tests.storage.truth import START, check, made


def test_a_store_of_a_newer_program_is_refused(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as caught:
        store.migrate()
    assert caught.value.failure.code == StoreCode.UNKNOWN_REVISION and "9999" in caught.value.failure.external


def test_a_reader_sees_one_frozen_view_while_a_writer_commits(store: Store) -> None:
    with store.read() as view:
        for n in range(3):
            with store.write() as conn:
                readings.append(conn, "s", made("a", [(n, 1.0)]), START)
                change_counter.bump(conn, {"readings"}, START)
            assert change_counter.read(view).store == 0
            assert readings.latest(view) == {}
    with store.read() as view:
        assert change_counter.read(view).store == 3


def test_one_leads_at_a_time(store: Store, url: str) -> None:
    other = Store(url)
    lead = store.try_leader_lock()
    assert lead is not None and lead.is_held()
    assert other.try_leader_lock() is None and store.try_leader_lock() is None
    with lead:
        pass
    assert not lead.is_held()
    with other.try_leader_lock() or pytest.fail("the right to poll was not given back"):
        assert store.try_leader_lock() is None
    other.close()


def test_a_failing_statement_is_a_store_error_and_the_next_one_works(store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.write() as conn:
        readings.append(conn, "s", made("a", [(0, 1.0)]), START)
        conn.execute(text("SELECT * FROM nowhere"))
    assert caught.value.failure.code == StoreCode.DATABASE_ERROR and "nowhere" in caught.value.failure.external
    with store.write() as conn:
        assert readings.append(conn, "s", made("a", [(0, 1.0)]), START).new == 1


def test_a_second_transaction_of_a_process_waits_and_then_says_so(url: str) -> None:
    store = Store(url, busy_seconds=0.05)
    store.migrate()
    with store.write(), pytest.raises(StoreError) as caught, store.write():
        pass
    assert caught.value.failure == Failure(StoreCode.BUSY)
    store.close()


def test_no_other_user_of_the_machine_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ioc.db"

    def rights() -> set[int]:
        return {one.stat().st_mode & 0o777 for one in path.parent.iterdir()}

    with closing(Store(f"sqlite:///{path}")) as store:
        store.migrate()
        assert len(list(path.parent.iterdir())) == 3 and rights() == {0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700
        path.chmod(0o644)  # as an older version left it
        with closing(Store(f"sqlite:///{path}")):
            assert rights() == {0o600}


def test_a_full_disk_loses_nothing_and_later_writes_work(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/ioc.db")
    store.migrate()
    kept, full = 0, False
    for n in range(40):
        try:
            with store.write() as conn:
                pages = conn.execute(text("PRAGMA page_count")).scalar_one()
                conn.execute(text(f"PRAGMA max_page_count = {pages + 3 if n == 20 else 1_000_000}"))
                batch = made("a", [(n * 1000 + m, float(m)) for m in range(1000)])
                kept += readings.append(conn, "s", batch, START).new
        except StoreError as error:
            assert error.failure == Failure(StoreCode.DATABASE_ERROR, external="database or disk is full")
            kept, full = n * 1000, True
    assert full
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(reading)).scalar() == 39_000
        assert conn.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        check(conn)
        assert readings.latest_before(conn, "a", START + timedelta(seconds=20_500)) is not None
    store.close()

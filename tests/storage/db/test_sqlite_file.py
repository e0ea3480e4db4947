"""The files of an SQLite store that are missing, foreign, or exchanged: nothing acknowledged is lost without a word."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ioc.cli.restore_revocations import ReplacedStore, read_replaced_file
from ioc.domain.base.failure import Failure
from ioc.storage.db import change_counter, sqlite_file
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.sqlite_file import refuse_unsound_log
from ioc.storage.db.store import Store, StoreError
from tests.conftest import empty_store
from tests.storage.expected_store import START
from tests.system.program import invoke

OPENING = [  # commands that open the store
    ("run",), ("poll",), ("account", "list"), ("api-key", "list"), ("check",), ("audit", "verify"), ("audit", "export"),
    ("backup", "b.zip"), ("repoll", "sim-press"), ("accept-schema", "sim-press"),
]  # fmt: skip


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The folder of a store as killed processes leave it, with a change that only its log has."""
    data = tmp_path / "killed"
    with closing(empty_store(tmp_path)) as store, store.write() as conn:
        change_counter.bump(conn, {"jobs"}, START)
        conn.commit()
        shutil.copytree(tmp_path, data, ignore=shutil.ignore_patterns("killed"))
    assert (data / "ioc.db-wal").stat().st_size
    return data


def cut_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("empty", [Path.unlink, cut_to_nothing])
@pytest.mark.parametrize(
    "words", [("account", "list"), ("run",), ("backup", "b.zip"), ("check",), ("audit", "verify")], ids=" ".join
)
def test_log_without_its_store_is_refused_and_kept(
    killed: Path, empty: Callable[[Path], None], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(killed.parent)
    moved = shutil.copy(killed / "ioc.db", killed.parent / "moved")
    empty(killed / "ioc.db")
    before = {path.name: path.read_bytes() for path in killed.glob("ioc.db*")}
    result = invoke(killed, *words, "--lang", "en")
    assert result.returncode == 1 and "ioc.db-wal shows" in result.stderr, result
    assert {path.name: path.read_bytes() for path in killed.glob("ioc.db*")} == before
    shutil.move(moved, killed / "ioc.db")
    with closing(Store(f"sqlite:///{killed / 'ioc.db'}")) as store, store.read() as conn:
        assert change_counter.read(conn).known_at == START, "put back, nothing is lost"


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_cut_log_is_refused_until_its_index_is_moved_away(
    killed: Path, part: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(killed.parent)
    log = killed / "ioc.db-wal"
    body = log.read_bytes()
    log.write_bytes(body[: int((len(body) - 1) * part)])
    before = {path.name: path.read_bytes() for path in killed.glob("ioc.db*")}
    for words in OPENING:
        result = invoke(killed, *words, "--lang", "en")
        assert result.returncode == 1 and f"{log} was cut" in result.stderr, result
    assert {path.name: path.read_bytes() for path in killed.glob("ioc.db*")} == before
    (killed / "ioc.db-shm").unlink()
    assert invoke(killed, "account", "list").returncode == 0


def test_restore_reads_what_is_left_of_a_cut_log_and_leaves_it_to_be_seen(killed: Path) -> None:
    log = killed / "ioc.db-wal"
    log.write_bytes(log.read_bytes()[:-1])
    before = {path.name: path.read_bytes() for path in killed.glob("ioc.db*")}
    assert isinstance(read_replaced_file(killed / "ioc.db"), ReplacedStore)
    assert {path.name: path.read_bytes() for path in killed.glob("ioc.db*")} == before


def test_whole_log_beside_the_index_of_an_earlier_one_is_taken(killed: Path) -> None:
    index = bytearray((killed / "ioc.db-shm").read_bytes())
    index[16:20] = index[64:68] = (9999).to_bytes(4, sys.byteorder)
    index[32:40] = index[80:88] = b"earlier!"
    (killed / "ioc.db-shm").write_bytes(index)
    assert invoke(killed, "account", "list").returncode == 0
    with closing(Store(f"sqlite:///{killed / 'ioc.db'}")) as store, store.read() as conn:
        assert change_counter.read(conn).known_at == START


@pytest.mark.parametrize("name", ["ioc.db", "ioc.db-wal", "ioc.db-shm"])
def test_fifo_in_place_of_a_file_of_the_store_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    path = tmp_path / "ioc.db"
    for opening in (lambda: Store(f"sqlite:///{path}"), lambda: refuse_unsound_log(path)):
        with pytest.raises(StoreError) as caught:
            opening()
        assert caught.value.failure.code == StoreCode.DATABASE_ERROR


def test_store_that_cannot_be_created_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        Store(f"sqlite:///{tmp_path / 'file' / 'ioc.db'}")
    assert caught.value.failure.code == StoreCode.DATABASE_ERROR and str(tmp_path) in caught.value.failure.external


def test_log_that_is_begun_anew_and_cut_while_it_is_looked_at_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, size_of = tmp_path / "ioc.db", os.fstat
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA journal_size_limit=0", "CREATE TABLE one (body)"):
            conn.execute(statement)
        conn.execute("INSERT INTO one VALUES (zeroblob(200000))")

        def begin_anew(file: int) -> os.stat_result:
            conn.execute("PRAGMA wal_checkpoint(RESTART)")
            conn.execute("INSERT INTO one VALUES (1)")
            assert path.with_name("ioc.db-wal").stat().st_size < 20_000
            return size_of(file)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fstat", begin_anew)
            refuse_unsound_log(path)


def test_store_whose_files_could_not_be_written_for_a_while_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite opens a file that it may not write to read it alone, and looks no more while the connection lives."""
    with closing(empty_store(tmp_path)) as store:
        connect = sqlite3.dbapi2.connect

        def open_for_reading(path: str, **options: Any) -> sqlite3.Connection:
            conn: sqlite3.Connection = connect(f"file:{path}?mode=ro", uri=True, **options)
            return conn

        with monkeypatch.context() as patched, ExitStack() as views:
            patched.setattr(sqlite3.dbapi2, "connect", open_for_reading)
            for _ in range(8):  # more than the pool keeps
                views.enter_context(store.read())
            with pytest.raises(StoreError) as caught, store.write() as conn:
                change_counter.bump(conn, {"jobs"}, START)
            assert caught.value.failure.code == StoreCode.READ_ONLY
        for _ in range(8):
            with store.write() as conn:
                change_counter.bump(conn, {"jobs"}, START)


def test_link_in_place_of_the_log_leaves_its_target_alone(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.touch()
    victim.chmod(0o644)
    (tmp_path / "ioc.db-wal").symlink_to(victim)
    Store(f"sqlite:///{tmp_path / 'ioc.db'}").close()
    assert victim.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["ioc.db", "ioc.db-wal", "ioc.db-shm"])
@pytest.mark.parametrize("is_removed", [True, False])
def test_store_that_was_removed_or_exchanged_takes_nothing_more(tmp_path: Path, is_removed: bool, name: str) -> None:
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            change_counter.bump(conn, {"jobs"}, START)
        path, kept = tmp_path / name, tmp_path / "kept"
        path.rename(kept)
        if not is_removed:
            shutil.copy(kept, path)
        for opening in (store.read, store.write):
            with pytest.raises(StoreError) as caught, opening():
                pass
            assert caught.value.failure == Failure(StoreCode.FILE_REPLACED)
        kept.replace(path)
        with store.write() as conn:
            change_counter.bump(conn, {"jobs"}, START)


@pytest.mark.parametrize("share", [0, 0.5])
def test_store_whose_log_was_cut_takes_nothing_more(tmp_path: Path, share: float) -> None:
    """Messages were acknowledged and lost: readers of the log stop where it is cut."""
    log = tmp_path / "ioc.db-wal"
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            change_counter.bump(conn, {"jobs"}, START)
        with store.read():
            pass  # sees how long the log is
        os.truncate(log, int(log.stat().st_size * share))
        for opening in (store.read, store.write):
            with pytest.raises(StoreError) as caught, opening():
                pass
            assert caught.value.failure == Failure(StoreCode.FILE_REPLACED)


def test_log_that_grows_beside_a_reader_is_not_taken_for_a_cut_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread saw a longer log between the two steps of the check."""
    with closing(empty_store(tmp_path)) as store:
        stat = Path.stat

        def grow_before_the_index(path: Path, **options: bool) -> os.stat_result:
            if path.name.endswith("-shm"):
                monkeypatch.setattr(Path, "stat", stat)
                with ThreadPoolExecutor(1) as thread:
                    thread.submit(write_blob, store).result(20)
            return stat(path, **options)

        with store.read():
            pass
        monkeypatch.setattr(Path, "stat", grow_before_the_index)
        with store.read():
            pass


def write_blob(store: Store) -> None:
    for _ in range(2):
        with store.write() as conn:
            conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS blob (b)")
            conn.exec_driver_sql("INSERT INTO blob VALUES (zeroblob(300000))")


def test_write_during_which_the_log_is_cut_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "ioc.db-wal"
    with closing(empty_store(tmp_path)) as store:
        write_blob(store)
        with pytest.raises(StoreError) as caught, store.write() as conn:
            change_counter.bump(conn, {"jobs"}, START)
            os.truncate(log, 0)
        assert caught.value.failure == Failure(StoreCode.FILE_REPLACED)


def test_log_that_sqlite_shortens_is_not_taken_for_a_cut_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "MAX_IDLE_LOG_BYTES", 100_000)
    log = tmp_path / "ioc.db-wal"
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            conn.exec_driver_sql("PRAGMA journal_size_limit = 100000")
            conn.exec_driver_sql("CREATE TABLE blob (b)")
            conn.exec_driver_sql("INSERT INTO blob VALUES (zeroblob(6000000))")
        longest = log.stat().st_size
        for _ in range(3):
            with store.write() as conn:
                change_counter.bump(conn, {"jobs"}, START)
        assert log.stat().st_size < longest


def test_log_stays_the_same_while_other_stores_of_the_file_open_and_close(tmp_path: Path) -> None:
    for _ in range(2):  # the last one to close removes the log
        with closing(empty_store(tmp_path)) as store:
            for _ in range(3):
                with closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as other, other.write() as conn:
                    change_counter.bump(conn, {"jobs"}, START)
                with store.write() as conn:
                    change_counter.bump(conn, {"jobs"}, START)


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_store_that_is_cut_while_it_is_used_takes_nothing_more(tmp_path: Path, part: float) -> None:
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            change_counter.bump(conn, {"jobs"}, START)
        path = tmp_path / "ioc.db"
        os.truncate(path, int(path.stat().st_size * part))
        with pytest.raises(StoreError) as caught, store.write() as conn:
            change_counter.bump(conn, {"jobs"}, START)
        assert caught.value.failure.code == StoreCode.FILE_REPLACED

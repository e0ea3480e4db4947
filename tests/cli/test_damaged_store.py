"""A store that is damaged, emptied, or without its log: every command says what to do, and none ends in a traceback."""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from components.ui.i18n import catalogue
from ioc.cli.backup import backup
from ioc.cli.processes import create_application
from ioc.domain.base.failure import Failure
from ioc.storage.backup.store_traces import trace_of_store
from ioc.storage.db import change_counter
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Store, StoreError
from tests.cli.test_backup import NOW, context_in, fill_data
from tests.conftest import empty_store
from tests.system.disk import fill, small_disk
from tests.system.program import command, invoke

PAGE = 4096
RESTORE = "python app.py restore FILE --overwrite"
# Every command that opens the store. `web` and `work` go on and answer with errors; they are tested below.
COMMANDS = (
    ("check",), ("run",), ("poll",), ("backup", "b.ioc"), ("account", "list"), ("account", "add", "an", "viewer"),
    ("api-key", "list"), ("audit", "verify"), ("audit", "export"), ("repoll", "sim-press"),
    ("accept-schema", "sim-press"),
)  # fmt: skip
NOISE = random.Random(1).randbytes(PAGE)


def no_database(body: bytes) -> bytes:
    return NOISE + body[PAGE:]


def garbage_pages(body: bytes) -> bytes:
    """All pages but the first, which says that it is a database."""
    return body[:PAGE] + NOISE * (len(body) // PAGE - 1)


def one_garbage_page(body: bytes) -> bytes:
    return body[: -20 * PAGE] + NOISE + body[-19 * PAGE :]


def truncated(body: bytes) -> bytes:
    return body[: len(body) // PAGE // 2 * PAGE]


def truncated_within_a_page(body: bytes) -> bytes:
    return body[: len(body) // 3 * 2 + 100]


DAMAGES = (no_database, garbage_pages, one_garbage_page, truncated, truncated_within_a_page)


@pytest.fixture(autouse=True)
def keep_test_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """`poll` would bind this process to the life of its parent."""
    monkeypatch.setattr("ioc.cli.processes.die_with_parent", lambda: None)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a store that was closed."""
    context = context_in(tmp_path_factory.mktemp("sound"))
    fill_data(context, 20_000)
    (context.settings.data / "secret").unlink()  # too simple to be accepted
    return context.settings.data


@pytest.fixture
def data(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "data")


def damage(data: Path, change: Callable[[bytes], bytes]) -> None:
    path = data / "ioc.db"
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize("change", DAMAGES)
@pytest.mark.parametrize("words", [("check",), ("backup", "b.ioc")], ids=" ".join)
def test_damaged_store_is_found_and_what_to_restore_is_said(
    data: Path, change: Callable[[bytes], bytes], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(data, change)
    monkeypatch.chdir(data.parent)
    result = invoke(data, *words, "--lang", "en")
    assert result.returncode == 1 and "damaged" in result.stderr and RESTORE in result.stderr, result
    assert not (data.parent / "b.ioc").exists()


@pytest.mark.parametrize("change", [no_database, garbage_pages, truncated])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_command_on_a_damaged_store_ends_with_a_sentence(
    data: Path, change: Callable[[bytes], bytes], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(data, change)
    monkeypatch.chdir(data.parent)
    result = invoke(data, *words, "--lang", "en", HOST="192.0.2.1", IOC_PLAIN_HTTP="x")  # a `run` ends in any case
    assert result.returncode in (0, 1) and "Traceback" not in result.stderr, result
    if change is no_database or result.returncode:
        assert (RESTORE in result.stderr) or "192.0.2.1" in result.stderr, result


@pytest.mark.parametrize("change", DAMAGES)
def test_pages_over_a_damaged_store_answer_without_a_traceback(
    data: Path, change: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    damage(data, change)
    client = create_application(context_in(data.parent)).server.test_client()
    for path in ("/", "/live/home", "/readyz", "/api/v1/kpis", "/dang-nhap", "/cong-khai", "/metrics", "/chi-so/x"):
        answer = client.get(path, headers={"Host": "localhost"})
        assert answer.status_code in (200, 404, 503), (path, answer.status_code)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def removed(path: Path) -> None:
    path.unlink()


def cut_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def without_tables(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("CREATE TABLE other (x)")


def _backup(data: Path, file: Path) -> Path:
    assert backup(context_in(data.parent), str(file)) == 0
    return file


TRACES: dict[str, Callable[[Path], Path]] = {
    "backup inside": lambda data: _backup(data, data / "b.zip"),
    "backup beside": lambda data: _backup(data, data.parent / "b.zip"),
    "replaced folder": lambda data: shutil.copytree(data, data.with_name("data.before-20261124-161807")),
    "poller's lock": lambda data: Path(shutil.copy(data / "ioc.db", data / "ioc.db.leader.lock")),
}


@pytest.mark.parametrize("empty", [removed, cut_to_nothing, without_tables])
@pytest.mark.parametrize("name", TRACES)
def test_emptied_store_offers_no_new_administrator(data: Path, name: str, empty: Callable[[Path], None]) -> None:
    trace = TRACES[name](data)
    empty(data / "ioc.db")
    for words in (("run",), ("account", "add", "an", "administrator"), ("api-key", "list"), ("poll",)):
        result = invoke(data, *words, "--lang", "en")
        assert result.returncode == 1 and str(trace) in result.stderr and RESTORE in result.stderr, result
        assert "password" not in result.stdout
    with closing(Store(f"sqlite:///{data / 'ioc.db'}")) as store:
        assert store.is_empty()


def test_folder_without_a_trace_of_a_store_is_new(data: Path) -> None:
    url = f"sqlite:///{data / 'ioc.db'}"
    _backup(data, data.parent / "b.zip")
    (data.parent / "other.zip").write_bytes(b"PK")
    assert trace_of_store(data, url, "demo") and trace_of_store(data, url, "cantho") is None
    (data.parent / "b.zip").unlink()
    assert trace_of_store(data, url, "demo") is None
    (data / "ioc.db").unlink()
    result = invoke(data, "account", "list")
    assert result.returncode == 0, result


LOCK_PROBE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))
    except BlockingIOError:
        sys.exit("locked")
"""


def test_process_that_creates_the_store_keeps_its_locks(tmp_path: Path) -> None:
    """Without them another process that opens the store cuts off the index in use: SIGBUS, or a damaged store."""
    context = context_in(tmp_path)
    with closing(context.migrated_store()):
        for suffix, byte in (("", 0x4000_0002), ("-shm", 128)):  # SQLite's SHARED lock, and that of the index in use
            words = [sys.executable, "-c", LOCK_PROBE, f"{context.settings.data / 'ioc.db'}{suffix}", str(byte)]
            assert subprocess.run(words, capture_output=True, text=True).stderr == "locked\n", suffix


def test_lost_log_is_reported_and_the_rest_is_consistent(sound: Path, tmp_path: Path) -> None:
    copied = tmp_path / "work"
    data = shutil.copytree(sound, copied / "data")
    with closing(Store(f"sqlite:///{data / 'ioc.db'}")) as store, store.write() as conn:
        change_counter.bump(conn, {"readings"}, NOW + timedelta(minutes=1))
        conn.commit()
        shutil.copytree(data, tmp_path / "data")  # as killed processes leave it
    lost = tmp_path / "data"
    assert (lost / "ioc.db-wal").stat().st_size and (lost / "ioc.db-shm").exists()
    (lost / "ioc.db-wal").unlink()
    result = invoke(lost, "run", "--lang", "en", HOST="192.0.2.1", IOC_PLAIN_HTTP="x")
    assert "ioc.db-wal is missing" in result.stderr and "192.0.2.1" in result.stderr, result
    with closing(Store(f"sqlite:///{lost / 'ioc.db'}")) as store, store.read() as conn:
        assert change_counter.read(conn).known_at == NOW, (
            "the change that stood in the log is gone, those before are not"
        )
    again = invoke(lost, "run", "--lang", "en", HOST="192.0.2.1", IOC_PLAIN_HTTP="x")
    assert "is missing" not in again.stderr, "it is said once"


def test_full_database_has_a_code_of_its_own(data: Path) -> None:
    with (
        closing(Store(f"sqlite:///{data / 'ioc.db'}")) as store,
        pytest.raises(StoreError) as caught,
        store.write() as conn,
    ):
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        conn.exec_driver_sql("CREATE TABLE big AS SELECT randomblob(1000000) AS x")
    assert caught.value.failure == Failure(StoreCode.DISK_FULL, external="database or disk is full")


def test_full_disk_is_named_where_the_index_of_the_log_is_gone(tmp_path: Path) -> None:
    with small_disk(tmp_path, 16) as place:
        (data := place / "data").mkdir(0o700)
        empty_store(data).close()
        fill(place / "ballast")
        result = command(data, "run", "--lang", "en")
    assert result.returncode == 1 and catalogue()[f"errors.{StoreCode.DISK_FULL}"]["en"] in result.stderr


def test_child_of_run_makes_no_tables_where_there_are_none_any_more(tmp_path: Path) -> None:
    """The database was exchanged for an empty one: what that takes is lost when the former one is back."""
    context, child = context_in(tmp_path), context_in(tmp_path, PREPARED_FILES="{}")
    with pytest.raises(StoreError) as caught:
        child.migrated_store()
    assert caught.value.failure.code == StoreCode.DATABASE_EXCHANGED
    context.migrated_store().close()
    child.migrated_store().close()

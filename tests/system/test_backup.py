"""A backup of the running centre under load: every acknowledged reading is in it, and the restored folder runs."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ioc.storage.access import audit_log
from ioc.storage.db.store import Store
from tests.system.program import ROOT, Program, environment, until

pytestmark = pytest.mark.slow
_ROWS = "SELECT series_id, observed_ms, value, received_ms FROM reading"
Row = tuple[int, int, float | None, int]


def command(data: Path, program: Program, *words: str) -> subprocess.CompletedProcess[str]:
    """`python app.py …words` with the settings of `program`, on another folder of data."""
    arguments = [sys.executable, str(ROOT / "app.py"), *words, "--lang", "en"]
    return subprocess.run(
        arguments, env=environment(data, **program.more), capture_output=True, text=True, timeout=120, check=False
    )


def acknowledged(data: Path) -> set[Row]:
    """Every committed reading."""
    with closing(sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)) as store:
        return set(store.execute(_ROWS))


def newest(data: Path) -> int:
    """When the newest reading was received, in milliseconds since 1970."""
    with closing(sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT coalesce(max(received_ms), 0) FROM reading").fetchone()[0])


@pytest.fixture(scope="module")
def restored(quick: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, set[Row]]]:
    """The folder to which a backup of the running `quick` was restored, and the readings committed before it."""
    folder = tmp_path_factory.mktemp("backup")
    until(lambda: len(acknowledged(quick.data)) > 100, 60, "readings are stored")
    committed = acknowledged(quick.data)
    done = command(quick.data, quick, "backup", str(folder / "b.zip"))
    assert done.returncode == 0, done.stderr
    assert acknowledged(quick.data) > committed, "nothing was written meanwhile"
    back = command(folder / "data", quick, "restore", str(folder / "b.zip"))
    assert back.returncode == 0, back.stderr
    yield folder / "data", committed


def test_backup_under_load_has_every_acknowledged_reading_and_a_valid_audit_log(
    quick: Program, restored: tuple[Path, set[Row]]
) -> None:
    data, committed = restored
    assert len(committed) > 100 and committed <= acknowledged(data)
    with closing(Store(f"sqlite:///{data / 'ioc.db'}")) as store, store.read() as conn:
        result = audit_log.verify(conn)
    assert not result.fault and result.row_count
    before = newest(quick.data)
    until(lambda: newest(quick.data) > before, 20, "the backed-up centre still stores readings")


def test_restored_folder_runs_and_is_replaced_only_after_its_end(
    quick: Program, restored: tuple[Path, set[Row]]
) -> None:
    data, committed = restored
    before = newest(data)
    again = Program(data, **quick.more)
    try:
        again.start()
        until(lambda: newest(data) > before, 20, "the restored centre stores readings")
        running = command(data, quick, "restore", str(data.parent / "b.zip"), "--overwrite")
        assert running.returncode == 1 and "stop it before restoring" in running.stderr
        assert again.stop(signal.SIGTERM) == 0, "SIGTERM ends it as Ctrl-C does"
    finally:
        again.kill_all()
    over = command(data, quick, "restore", str(data.parent / "b.zip"), "--overwrite")
    assert over.returncode == 0 and "What was there before is in" in over.stdout, over.stderr
    assert committed <= acknowledged(data) and newest(data) == before


def test_killed_backup_leaves_no_partial_file(quick: Program, tmp_path: Path) -> None:
    out, killed = tmp_path / "b.zip", 0
    for wait in (0.0, 0.05, 0.2):
        arguments = [sys.executable, str(ROOT / "app.py"), "backup", str(out)]
        with subprocess.Popen(arguments, env=environment(quick.data, **quick.more), stdout=-3, stderr=-3) as process:
            deadline = time.monotonic() + 60
            while process.poll() is None and not list(tmp_path.glob(".b.zip.*")) and time.monotonic() < deadline:
                pass
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        if out.exists():
            break  # it was complete before the signal
    assert killed, "no backup was killed while it was written"
    if not out.exists():
        assert command(quick.data, quick, "backup", str(out)).returncode == 0
    assert command(tmp_path / "data", quick, "restore", str(out)).returncode == 0
    assert not list(tmp_path.glob(".b.zip.*"))

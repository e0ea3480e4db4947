"""A backup of the running centre under load: nothing that was acknowledged is missing, and what comes back runs."""

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


def command(data: Path, given: Program, *words: str) -> subprocess.CompletedProcess[str]:
    """`python app.py …words` with the settings of `given`, on another folder of data."""
    asked = [sys.executable, str(ROOT / "app.py"), *words, "--lang", "en"]
    return subprocess.run(
        asked, env=environment(data, **given.more), capture_output=True, text=True, timeout=60, check=False
    )


def acknowledged(data: Path) -> set[Row]:
    """Every reading that is committed now."""
    with closing(sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)) as store:
        return set(store.execute(_ROWS))


def newest(data: Path) -> int:
    """When the newest one was received."""
    with closing(sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT coalesce(max(received_ms), 0) FROM reading").fetchone()[0])


@pytest.fixture(scope="module")
def restored(quick: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, set[Row]]]:
    """The folder that a backup of the running `quick` came back to, and what was acknowledged before it began."""
    folder = tmp_path_factory.mktemp("backup")
    until(lambda: len(acknowledged(quick.data)) > 100, 60, "readings come")
    held = acknowledged(quick.data)
    done = command(quick.data, quick, "backup", str(folder / "b.zip"))
    assert done.returncode == 0, done.stderr
    assert acknowledged(quick.data) > held, "nothing was written meanwhile"
    back = command(folder / "data", quick, "restore", str(folder / "b.zip"))
    assert back.returncode == 0, back.stderr
    yield folder / "data", held


def test_every_acknowledged_reading_is_there_and_the_trail_holds(
    quick: Program, restored: tuple[Path, set[Row]]
) -> None:
    data, held = restored
    assert len(held) > 100 and held <= acknowledged(data)
    with closing(Store(f"sqlite:///{data / 'ioc.db'}")) as store, store.read() as conn:
        found = audit_log.verify(conn)
    assert not found.fault and found.row_count
    before = newest(quick.data)
    until(lambda: newest(quick.data) > before, 20, "the centre that was copied writes on")


def test_what_comes_back_runs(quick: Program, restored: tuple[Path, set[Row]]) -> None:
    data, held = restored
    before = newest(data)
    again = Program(data, **quick.more)
    try:
        again.start()
        until(lambda: newest(data) > before, 20, "it takes readings")
        running = command(data, quick, "restore", str(data.parent / "b.zip"), "--overwrite")
        assert running.returncode == 1 and "stop it before restoring" in running.stderr
        assert again.stop(signal.SIGTERM) == 0, "SIGTERM ends it as Ctrl-C does"
    finally:
        again.kill_all()
    over = command(data, quick, "restore", str(data.parent / "b.zip"), "--overwrite")
    assert over.returncode == 0 and "What was there before is in" in over.stdout, over.stderr
    assert held <= acknowledged(data) and newest(data) == before


def test_an_end_by_force_leaves_no_half_file_under_the_name(quick: Program, tmp_path: Path) -> None:
    out, ends = tmp_path / "b.zip", 0
    for wait in (0.0, 0.05, 0.2):
        asked = [sys.executable, str(ROOT / "app.py"), "backup", str(out)]
        with subprocess.Popen(asked, env=environment(quick.data, **quick.more), stdout=-3, stderr=-3) as one:
            deadline = time.monotonic() + 20
            while one.poll() is None and not list(tmp_path.glob(".b.zip.*")) and time.monotonic() < deadline:
                pass
            try:
                one.wait(wait)
            except subprocess.TimeoutExpired:
                one.send_signal(signal.SIGKILL)
        ends += one.returncode == -signal.SIGKILL
        if out.exists():
            break  # it was done before it was ended: then it is whole
    assert ends, "none was ended in its middle"
    if not out.exists():
        assert command(quick.data, quick, "backup", str(out)).returncode == 0
    assert command(tmp_path / "data", quick, "restore", str(out)).returncode == 0
    assert not list(tmp_path.glob(".b.zip.*"))

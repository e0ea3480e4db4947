"""A leader that is paused is replaced; resumed it commits nothing and stands by. PostgreSQL only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ioc.storage.db import change_counter, leader_lease
from ioc.storage.db.leader_lease import LEASE_SECONDS
from ioc.storage.db.schema import reading, revision, writer
from ioc.storage.db.store import Store, StoreError
from tests.poller.leader_process import COMMITTED
from tests.storage.expected_store import check_against_raw
from tests.system.program import until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.postgres
# Waits within a transaction, as a leader that is paused there; then tries to commit it, and another one.
WITHIN_TRANSACTION = """
import sys
from contextlib import suppress
from datetime import UTC, datetime
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store, StoreError
store = Store(sys.argv[1] + "?options=-c%20idle_in_transaction_session_timeout%3D1s")
assert store.try_lead(lease_seconds=1)
for _ in range(2):
    try:
        with store.write() as conn:
            change_counter.bump(conn, {"jobs"}, datetime.now(UTC))
            print("waits", flush=True)
            input()
    except StoreError as error:
        print(error.failure.code, flush=True)
"""
# Waits within the rows of a COPY.
WITHIN_COPY = """
import sys
from contextlib import suppress
from datetime import UTC, datetime
from ioc.storage.db import change_counter
from ioc.storage.db.dialect import bulk_write
from ioc.storage.db.schema import drop_counter
from ioc.storage.db.store import Store, StoreError

class Rows(list):
    def __iter__(self):
        for n in range(40_000):
            yield ("r%d" % n, "s", 1, 1, 0, 0)
            if n == 20_000:
                print("waits", flush=True)
                input()

store = Store(sys.argv[1])
assert store.try_lead(lease_seconds=1)
for rows in (Rows([0] * 40_000), ()):
    try:
        with store.write() as conn:
            change_counter.bump(conn, {"jobs"}, datetime.now(UTC))
            bulk_write(conn, drop_counter, rows)
    except StoreError as error:
        print(error.failure.code, flush=True)
"""
# The same in a process that does not lead, as a web process.
WITHIN_COPY_OF_ANOTHER = WITHIN_COPY.replace("assert store.try_lead(lease_seconds=1)\n", "")


class PollingProcess:
    """A process of `leader_process` whose output is kept."""

    def __init__(self, url: str, value: float, lease_seconds: float, output: Path) -> None:
        self.value, self._output = value, output
        command = [sys.executable, "-m", "tests.poller.leader_process", url, str(value), str(lease_seconds)]
        with output.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file, cwd=ROOT)

    @property
    def lines(self) -> list[str]:
        return self._output.read_text("utf-8").splitlines()

    def committed(self) -> set[int]:
        """The times, in ms, of the readings that it has acknowledged."""
        pairs = [line.split() for line in self.lines if line.startswith(COMMITTED)]
        return {int(pair[1]) for pair in pairs if len(pair) == 2}

    def wait_for_commits(self, count: int, seconds: float) -> None:
        """Waits for `count` more."""
        before = len(self.committed())
        until(lambda: len(self.committed()) >= before + count, seconds, f"it commits; its output: {self.lines[-20:]}")

    def wait_for_line(self, text: str, seconds: float = 20) -> None:
        until(lambda: any(text in line for line in self.lines), seconds, f"{text}; its output: {self.lines[-20:]}")


@contextmanager
def pair(url: str, folder: Path, lease_seconds: float) -> Iterator[tuple[PollingProcess, PollingProcess]]:
    """A leader with the value 1 and its standby with the value 2."""
    processes = [PollingProcess(url, 1.0, lease_seconds, folder / "first")]
    try:
        processes[0].wait_for_commits(3, 30)
        processes.append(PollingProcess(url, 2.0, lease_seconds, folder / "second"))
        processes[1].wait_for_line("standing by")
        yield processes[0], processes[1]
    finally:
        for process in processes:
            process.process.kill()
            process.process.wait()


def pause_and_take_back(
    first: PollingProcess, second: PollingProcess, lease_seconds: float, pause_seconds: float
) -> None:
    """Pauses the leader until another one has led for a while, resumes it, then kills that other one."""
    began = time.monotonic()
    os.kill(first.process.pid, signal.SIGSTOP)
    second.wait_for_commits(1, lease_seconds + 15)
    until(lambda: time.monotonic() > began + pause_seconds, pause_seconds + 1, "the pause is over")
    os.kill(first.process.pid, signal.SIGCONT)
    first.wait_for_line("another process has taken over")
    first.wait_for_line("standing by")
    second.wait_for_commits(5, 20)
    second.process.kill()
    first.wait_for_commits(3, lease_seconds + 20)


def check_store(store: Store, processes: tuple[PollingProcess, ...]) -> None:
    """Nothing that was acknowledged is lost, nothing is stored twice, and one process at a time has committed."""
    acknowledged = [(process.committed(), process.value) for process in processes]
    with store.read() as conn:
        rows = conn.execute(select(reading).order_by(reading.c.received_ms, reading.c.observed_ms)).all()
        stored = {row.observed_ms: row.value for row in rows}
        for times, value in acknowledged:
            assert {at: stored.get(at) for at in times} == dict.fromkeys(times, value)
        assert [value for value, _ in groupby(row.value for row in rows)] == [1.0, 2.0, 1.0]
        assert conn.execute(select(func.count()).select_from(revision)).scalar() == 0
        assert conn.execute(select(writer.c.epoch)).scalar() == 3
        check_against_raw(conn)


@pytest.mark.parametrize(
    ("lease_seconds", "pause_seconds"), [(1.5, 0.0), pytest.param(LEASE_SECONDS, 40.0, marks=pytest.mark.slow)]
)
def test_paused_leader_is_replaced_and_commits_nothing_afterwards(
    postgres_store: Store, postgres_url: str, tmp_path: Path, lease_seconds: float, pause_seconds: float
) -> None:
    with pair(postgres_url, tmp_path, lease_seconds) as (first, second):
        pause_and_take_back(first, second, lease_seconds, pause_seconds)
    check_store(postgres_store, (first, second))


@pytest.mark.parametrize("program", [WITHIN_TRANSACTION, WITHIN_COPY], ids=["idle", "copy"])
def test_leader_paused_within_a_transaction_is_replaced(
    postgres_store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(leader_lease, "STUCK_SECONDS", 1.0)
    command = [sys.executable, "-c", program, postgres_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline() == "waits\n"
        os.kill(child.pid, signal.SIGSTOP)
        until(lambda: postgres_store.try_lead(lease_seconds=60), 20, "another process leads")
        os.kill(child.pid, signal.SIGCONT)
        out, _ = child.communicate("\n\n")
    assert out.split() == ["store.database_error", "store.leadership_lost"]
    postgres_store.stop_leading()


@pytest.mark.parametrize("has_standby", [True, False])
def test_process_that_is_paused_within_a_transaction_does_not_hold_up_the_leader(
    postgres_store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch, has_standby: bool
) -> None:
    monkeypatch.setattr(leader_lease, "STUCK_SECONDS", 1.0)
    lock_seconds = 15 if has_standby else 2
    leader, standby = Store(f"{postgres_url}?options=-c%20lock_timeout%3D{lock_seconds}s"), Store(postgres_url)
    assert leader.try_lead(lease_seconds=60)
    command = [sys.executable, "-c", WITHIN_COPY_OF_ANOTHER, postgres_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None and child.stdout.readline() == "waits\n"
        os.kill(child.pid, signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            commit = pool.submit(_bump, leader)
            until(lambda: commit.done() or (has_standby and standby.try_lead(lease_seconds=60)), 20, "it commits")
            assert commit.result() == (0 if has_standby else 2)
        os.kill(child.pid, signal.SIGCONT)
        out, _ = child.communicate("\n\n")
    assert out.split() == ["store.database_error"] and leader.is_leading
    leader.close()
    standby.close()


def _bump(store: Store) -> int:
    """Commits, however often it takes; how often the store was busy."""
    for busy in range(5):
        with suppress(StoreError), store.write() as conn:
            change_counter.bump(conn, {"jobs"}, datetime.now(UTC))
            return busy
    raise AssertionError

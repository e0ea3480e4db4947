"""A killed process loses nothing that was acknowledged, and nothing is stored twice."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, text

from ioc.domain.base.times import to_ms
from ioc.storage.db.dialect import is_postgres
from ioc.storage.db.schema import reading
from ioc.storage.db.store import Store
from tests.storage.expected_store import check_against_raw
from tests.storage.killable_writer import SERIES, batch
from tests.system.program import until

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from ioc.storage.db.store import Store
print(Store(sys.argv[1]).try_lead(lease_seconds=1), flush=True)
input()
"""


def _killed_after(url: str, first: int, count: int) -> int:
    """The last acknowledged number of a writer that is killed while it writes on."""
    command = [sys.executable, "-m", "tests.storage.killable_writer", url, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        for _ in range(count):
            child.stdout.readline()
        child.kill()
        # Batches that it reported just before it died were acknowledged as well.
        rest = child.stdout.read().split()
    return int(rest[-1]) if rest else first + count - 1


@contextmanager
def _reopened(url: str) -> Iterator[Store]:
    store = Store(url)
    store.migrate()
    yield store
    store.close()


def test_killed_writer_loses_no_acknowledged_batch(store: Store, url: str) -> None:
    random_numbers, acknowledged = random.Random(), 0
    for _ in range(3):
        acknowledged = _killed_after(url, acknowledged + 1, random_numbers.randint(3, 40))
        with _reopened(url) as again, again.read() as conn:
            times = conn.execute(select(reading.c.observed_ms)).scalars().all()
            acknowledged_times = {
                to_ms(reading.observed) for number in range(acknowledged + 1) for reading in batch(number)
            }
            possibly_stored = acknowledged_times | {to_ms(reading.observed) for reading in batch(acknowledged + 1)}
            assert acknowledged_times <= set(times) <= possibly_stored
            assert len(times) == len(SERIES) * len(set(times))
            check_against_raw(conn)
            if not is_postgres(conn):
                assert conn.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_another_process_leads_when_the_leader_is_killed(store: Store, url: str) -> None:
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        assert not store.try_lead()
        child.kill()
        child.wait()
    until(store.try_lead, 20, "the lease has ended")
    store.stop_leading()

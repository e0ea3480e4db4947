"""A standby that takes over may lack the newest commits: what a screen shows of them goes. PostgreSQL only."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from ioc.domain.ingest.reading import Reading
from ioc.snapshot import cache
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from simulator import postgres
from simulator.free_ports import free_port
from tests.city import NOW
from tests.poller.running import configured, poll_source

pytestmark = pytest.mark.postgres


@pytest.fixture
def home() -> Iterator[Path]:
    """The folder of an empty cluster."""
    if postgres.find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(mkdtemp(prefix="ioc-pg-"))  # a socket's path is short, and the server's user must reach it
    postgres.create_cluster(folder)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def serving(home: Path, port: int) -> Iterator[None]:
    with postgres.start_server(home, port, fsync="off", shared_buffers="16MB") as guard:
        until = time.monotonic() + 60
        while not postgres.is_ready(port):
            assert guard.poll() is None and time.monotonic() < until, (home / "log").read_text("utf-8", "replace")
            time.sleep(0.05)
        yield
        guard.terminate()


def test_screens_show_nothing_that_the_new_server_lacks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUILD_SECONDS", "VERSION_CHECK_SECONDS"):
        monkeypatch.setattr(cache, name, 0.0)
    port, primary, standby = free_port(), home / "data", home / "standby"
    configuration = configured(*(replace(poll_source(key), age_limit=timedelta(hours=2)) for key in "ab"))
    with closing(Store(postgres.database_url(port, "+psycopg"))) as store:
        screen = SnapshotCache(store, configuration, lambda: NOW)

        def write(keys: str, value: float) -> None:
            at = NOW - timedelta(hours=1) + timedelta(seconds=value)
            with store.write() as conn:
                change_counter.bump(conn, {"readings"}, NOW)
                for key in keys:
                    readings.append(conn, key, [Reading(f"{key}-level", at, value, "m")], at)

        def shown() -> list[float | None]:
            return [view.value for point in screen.snapshot().map_points for view in point.series]

        with serving(home, port):
            store.migrate()
            write("ab", 1.0)
        subprocess.run(["cp", "-a", primary, standby], check=True)
        with serving(home, port):
            write("a", 2.0)
            write("b", 3.0)
            assert shown() == [2.0, 3.0]
        shutil.rmtree(primary)
        standby.rename(primary)
        with serving(home, port):
            for value in (4.0, 5.0):  # counted up to the number that the screen knows
                write("a", value)
            write("a", 6.0)
            assert shown() == [6.0, 1.0]

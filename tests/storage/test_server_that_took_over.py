"""A standby that takes over may lack the newest commits: what a screen shows of them goes. PostgreSQL only."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest

from ioc.auth.credential_cache import CredentialCache
from ioc.domain.ingest.reading import Reading
from ioc.snapshot import cache
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.errors import OutcomeUnknownError, StoreCode
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings
from simulator import postgres
from simulator.free_ports import free_port
from tests.city import NOW
from tests.poller.running import configured, poll_source
from tests.storage.lossy_proxy import Loss, lossy_proxy
from tests.system.program import until

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


class Cluster:
    """A server and a copy of its data, which takes over at the same address with what it has."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.url = postgres.database_url(self.port, "+psycopg")

    @contextmanager
    def primary(self, prepare: Callable[[], None]) -> Iterator[None]:
        """The server after `prepare`, which is copied."""
        with serving(self.home, self.port):
            prepare()
        subprocess.run(["cp", "-a", self.home / "data", self.home / "standby"], check=True)
        with serving(self.home, self.port):
            yield

    @contextmanager
    def standby(self) -> Iterator[None]:
        """The server without what came after the copy. The former one has ended."""
        shutil.rmtree(self.home / "data")
        (self.home / "standby").rename(self.home / "data")
        with serving(self.home, self.port):
            yield


@pytest.fixture
def cluster(home: Path) -> Cluster:
    return Cluster(home)


@pytest.fixture
def store(cluster: Cluster) -> Iterator[Store]:
    with closing(Store(cluster.url)) as opened:
        yield opened


def write(store: Store, keys: str, value: float) -> None:
    at = NOW - timedelta(hours=1) + timedelta(seconds=value)
    with store.write() as conn:
        change_counter.bump(conn, {"readings"}, NOW)
        for key in keys:
            readings.append(conn, key, [Reading(f"{key}-level", at, value, "m")], at)


def latest(store: Store) -> dict[str, float | None]:
    with store.read() as conn:
        return {key: reading.value for key, reading in readings.latest(conn).items()}


def test_screens_show_nothing_that_the_new_server_lacks(
    cluster: Cluster, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BUILD_SECONDS", "VERSION_CHECK_SECONDS"):
        monkeypatch.setattr(cache, name, 0.0)
    configuration = configured(*(replace(poll_source(key), age_limit=timedelta(hours=2)) for key in "ab"))
    screen = SnapshotCache(store, configuration, lambda: NOW)

    def prepare() -> None:
        store.migrate()
        write(store, "ab", 1.0)

    def shown() -> list[float | None]:
        return [view.value for point in screen.snapshot().map_points for view in point.series]

    with cluster.primary(prepare):
        write(store, "a", 2.0)
        write(store, "b", 3.0)
        assert shown() == [2.0, 3.0]
    with cluster.standby():
        for value in (4.0, 5.0):  # counted up to the number that the screen knows
            write(store, "a", value)
        write(store, "a", 6.0)
        assert shown() == [6.0, 1.0]


def test_what_the_new_server_lacks_is_stored_again_and_under_its_own_series(cluster: Cluster, store: Store) -> None:
    def prepare() -> None:
        store.migrate()
        write(store, "a", 1.0)

    with cluster.primary(prepare):
        write(store, "a", 2.0)
        write(store, "b", 3.0)
    with cluster.standby():
        write(store, "a", 2.0)
        write(store, "c", 4.0)  # gets the number that b had
        assert latest(store) == {"a-level": 2.0, "c-level": 4.0}
        write(store, "b", 3.0)
        assert latest(store) == {"a-level": 2.0, "b-level": 3.0, "c-level": 4.0}


def test_leader_whose_commits_the_new_server_lacks_starts_over(cluster: Cluster, store: Store) -> None:
    def prepare() -> None:
        store.migrate()
        assert store.try_lead(lease_seconds=0.5)
        write(store, "a", 1.0)

    with cluster.primary(prepare):
        write(store, "a", 2.0)  # a restart alone ends nothing
        assert store.is_leading
    with cluster.standby():
        with pytest.raises(StoreError) as refused:
            write(store, "a", 3.0)
        assert refused.value.failure.code == StoreCode.LEADERSHIP_LOST
        assert not store.is_leading
        store.stop_leading()
        until(lambda: store.try_lead(lease_seconds=0.5), 10, "the lease of before ends")
        write(store, "a", 3.0)
        assert store.is_leading and latest(store) == {"a-level": 3.0}


@pytest.mark.parametrize("loss", list(Loss))
@pytest.mark.parametrize("leads", [True, False])
@pytest.mark.parametrize("is_taken_over", [True, False])
def test_outcome_is_never_guessed_from_another_run_of_the_server(
    cluster: Cluster, store: Store, loss: Loss, leads: bool, is_taken_over: bool
) -> None:
    """Its numbers of transactions may be those of others. Who leads knows by its lease, which counts its commits."""
    with lossy_proxy(cluster.url) as proxy, closing(Store(proxy.url)) as writer:
        with cluster.primary(writer.migrate):
            assert not leads or writer.try_lead()
            write(writer, "a", 1.0)
            proxy.loss, proxy.is_reachable = loss, False
            with pytest.raises(OutcomeUnknownError) as error:
                write(writer, "a", 2.0)
            assert writer.is_leading is leads
            if loss is Loss.ANSWER:  # the server commits, be it busy, before it is stopped
                until(lambda: latest(store)["a-level"] == 2.0, 30, "the commit is kept")
        proxy.is_reachable = True
        with cluster.standby() if is_taken_over else serving(cluster.home, cluster.port):
            for value in range(3, 9):  # past the number of the transaction
                write(store, "b", float(value))
            if leads and not is_taken_over:
                assert writer.was_committed(error.value.transaction) is (loss is Loss.ANSWER)
                assert writer.is_leading
                write(writer, "a", 3.0)
                return
            with pytest.raises(OutcomeUnknownError):
                writer.was_committed(error.value.transaction)
            assert not writer.is_leading


@pytest.mark.parametrize("loss", list(Loss))
def test_outcome_is_known_after_other_commits_of_the_leader(cluster: Cluster, loss: Loss) -> None:
    with lossy_proxy(cluster.url) as proxy, closing(Store(proxy.url)) as leader, cluster.primary(leader.migrate):
        assert leader.try_lead()
        proxy.loss, proxy.is_reachable = loss, False
        with pytest.raises(OutcomeUnknownError) as error:
            write(leader, "a", 2.0)
        proxy.is_reachable = True
        for value in (3.0, 4.0):
            write(leader, "a", value)
        assert leader.was_committed(error.value.transaction) is (loss is Loss.ANSWER)
        assert leader.is_leading


def test_rights_are_read_again_from_the_new_server(cluster: Cluster, store: Store) -> None:
    """Also where it has counted other changes up to the number that this process knows."""
    moments = count(step=10.0)
    rights = CredentialCache(store, lambda: next(moments), lambda conn, _: readings.latest(conn)["a-level"].value)

    def change(value: float) -> None:
        write(store, "a", value)
        with store.write() as conn:
            change_counter.bump(conn, {"access"}, NOW)

    def prepare() -> None:
        store.migrate()
        change(1.0)

    with cluster.primary(prepare):
        change(2.0)
        assert rights.get("digest") == rights.get("digest") == 2.0
    with cluster.standby():
        change(3.0)
        assert rights.get("digest") == 3.0

"""A polling service over a real store with a protocol whose sources behave as the test says."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from ioc.config.configuration import Configuration, with_fingerprint
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import Clock, utc_now
from ioc.domain.directives.directive import Register
from ioc.domain.geo.place import Station
from ioc.domain.geo.unit_index import UnitIndex
from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.domain.snapshot import CentreIdentity
from ioc.poller.background import BackgroundTasks
from ioc.poller.poll_result import PollResult
from ioc.poller.service import run
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Conn, Store, StoreError
from tests.city import UNITS, kpi, source

SECOND = timedelta(seconds=1)
poll_result = partial(PollResult, set_back_by=timedelta(0))  # of a clock that was never set back


class FakeCode(ErrorCode):
    """Codes of failures that a test causes."""

    NO_CONNECTION = "fake.no_connection"
    NOT_ALLOWED = "fake.not_allowed"
    NO_TIME = "fake.no_time"
    DISK_FULL = "fake.disk_full"


def failing_at_commit(store: Store, is_full: Callable[[], bool]) -> Store:
    """A store whose transactions are refused at their end while `is_full`, as on a full disk."""

    @contextmanager
    def write() -> Iterator[Conn]:
        with store.write() as conn:
            yield conn
            if is_full():
                raise StoreError(FakeCode.DISK_FULL)

    return cast(Store, SimpleNamespace(write=write, read=store.read))


def poll_source(key: str, **changes: Any) -> Source:
    """A source with one series "<key>-level", polled five times a second."""
    series = (Series(f"{key}-level", LocalizedText(key), "m", -3, 4, "31135", key),)
    return source(
        key,
        poll_interval=0.2 * SECOND,
        deadline=SECOND,
        age_limit=3 * SECOND,
        series=series,
        fingerprint=key,
        **changes,
    )


def configured(*sources: Source) -> Configuration:
    """A configuration of `sources` with a KPI "<key>-kpi" for each."""
    kpis = tuple(
        kpi(f"{source.key}-kpi", formula=Formula(FormulaOp.LAST, (f"{source.key}-level",))) for source in sources
    )
    stations = {
        source.key: Station(source.key, LocalizedText(source.key), "water", 105.7, 10.0, "31135") for source in sources
    }
    identity = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ"))
    return with_fingerprint(Configuration(identity, (), sources, kpis, Register(), {}, stations, UNITS, {}), {})


class ScriptedProtocol:
    """A protocol whose sources do what `behaviours` says by key.

    A value, a batch, events, an error, "hang", or a function that makes one of these of the time of the poll: what is
    to stay new must not be made before it is polled.
    """

    Options = object

    def __init__(self) -> None:
        self.behaviours: dict[str, object] = {}
        self.polled_at: dict[str, list[datetime]] = {}

    async def fetch(self, source: Source, context: Any) -> Payload:
        self.polled_at.setdefault(source.key, []).append(utc_now())
        if self.behaviours.get(source.key) == "hang":
            await asyncio.Event().wait()
        return Payload()

    def parse(self, source: Source, payload: Payload, now: datetime) -> Batch:
        behaviour = self.behaviours.get(source.key, 1.5)
        if callable(behaviour):
            behaviour = behaviour(now)
        if isinstance(behaviour, Exception):
            raise behaviour
        if isinstance(behaviour, Batch):
            return behaviour
        if isinstance(behaviour, tuple):
            return Batch(events=behaviour)
        reading = Reading(f"{source.key}-level", now, cast(float, behaviour))
        return Batch((reading,), (RejectedItem("row 2", Failure(FakeCode.NO_TIME)),))


class FakeHttpClients:
    """The HTTP clients and the fetch context, of which this protocol uses nothing."""

    poll_soon: Callable[[str], None]

    def __init__(self) -> None:
        self.memory: dict[str, object] = {}

    async def __aenter__(self) -> "FakeHttpClients":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def listening(self) -> list[str]:
        return []

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text

    def context_for(self, source: Source) -> "FakeHttpClients":
        return self


class RunningService:
    """A polling service as a task; `wait_until` waits for a condition on what a screen would read."""

    def __init__(
        self,
        store: Store,
        protocol: ScriptedProtocol,
        *sources: Source,
        unit_index: UnitIndex | None = None,
        background: BackgroundTasks | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.protocol, self.store, self.configuration = protocol, store, configured(*sources)
        self.unit_index, self.background, self.clock = unit_index or UnitIndex(), background, clock
        self.reads = SnapshotCache(store, self.configuration, clock)
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "RunningService":
        connectors, clients = {"http_json": cast(Any, self.protocol)}, cast(Any, FakeHttpClients())
        service = run(
            self.store, self.configuration, connectors, clients, self.clock, self._stop, self.unit_index,
            background=self.background, id_key=b"key",
        )  # fmt: skip
        self._task = asyncio.create_task(service)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        if self._task:
            await self._task

    async def wait_until(self, condition: Callable[[SnapshotCache], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while True:
                with suppress(StoreError):
                    if condition(self.reads):
                        return
                await asyncio.sleep(0.05)


def source_state(reads: SnapshotCache, key: str) -> SourceState:
    """The state of a source as a screen shows it."""
    return next(source.health.state for source in reads.snapshot().sources if source.source.key == key)

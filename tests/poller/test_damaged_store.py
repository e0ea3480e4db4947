"""A damaged text in any column: the poller starts, and stores what comes from the other sources."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Area, Event
from ioc.domain.ingest.health import initial_health
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import EventKind
from ioc.poller.service import PollingService
from ioc.storage.db.store import Store
from ioc.storage.events import events
from tests.city import NOW
from tests.conftest import empty_store
from tests.poller.running import FakeHttpClients, configured, poll_result, poll_source

MINUTE = timedelta(minutes=1)
LATER = NOW + MINUTE
SOURCES = tuple(
    replace(poll_source(key), events=(EventKind("report", LocalizedText("Phản ánh")),)) for key in ("a", "b", "c")
)
CONFIGURATION = replace(
    configured(*SOURCES), deduplication_rules=(DeduplicationRule("report", 150.0, 10 * MINUTE, ()),)
)
# Half of the tables name a row by texts: with another name it is another row.
_NAMES = ("alembic_version", "sqlite_sequence")


def _service(store: Store, now: Callable[[], datetime]) -> PollingService:
    return PollingService(store, CONFIGURATION, {}, cast(Any, FakeHttpClients()), now, id_key=b"key")


async def _poll(store: Store, at: datetime, *numbers: int) -> int:
    """Stores a reading and events of each source; of the events each number is at one place for all. How many wait."""
    service = _service(store, lambda: at)
    for source in SOURCES:
        reported = tuple(
            Event("report", f"{source.key}-{number}", at, "Ngập", area=Area(105.0 + number / 10, 10.0))
            for number in numbers
        )
        batch = Batch((Reading(f"{source.key}-level", at, 1.0, "m"),), events=reported)
        service.writer.enqueue(poll_result(source, batch, at, initial_health(source, at)))
    await service.writer.commit()
    waiting = service.writer.waiting_count
    service.writer.close()
    return waiting


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store in which all sources have reported two events."""
    folder = tmp_path_factory.mktemp("filled")
    with closing(empty_store(folder)) as store:
        asyncio.run(_poll(store, NOW, 1, 2))
    with closing(sqlite3.connect(folder / "ioc.db")) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "ioc.db").read_bytes()


def _text_columns(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """Those of tables that have rows."""
    tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (table, column)
        for table in tables
        if table not in _NAMES and conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for _, column, declared, *_ in conn.execute(f"PRAGMA table_info({table})")
        if declared.startswith(("VARCHAR", "TEXT"))
    ]


@pytest.mark.parametrize("damage", ["CAST(x'58ff7b' AS TEXT)", "'{\"x'"])
async def test_a_damaged_text_stops_neither_the_poller_nor_other_sources(
    filled: bytes, tmp_path: Path, damage: str
) -> None:
    path, tried, failed = tmp_path / "ioc.db", 0, list[object]()
    path.write_bytes(filled)
    with closing(sqlite3.connect(path)) as conn:
        columns = _text_columns(conn)
    for table, column in columns:
        path.write_bytes(filled)
        for beside in ("-wal", "-shm"):
            Path(f"{path}{beside}").unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as conn, conn:
            row = f"rowid = (SELECT max(rowid) FROM {table})"
            try:
                conn.execute(f"UPDATE {table} SET {column} = {damage} WHERE {row}")
            except sqlite3.IntegrityError:
                continue
        with closing(Store(f"sqlite:///{path}")) as store:
            try:
                waiting = await _poll(store, LATER, 1, 3)
                with store.read() as conn_:
                    stored = conn_.execute(text("SELECT count(*) FROM event_current WHERE key LIKE '%-3'")).scalar()
                    shown = len(events.open_events(conn_, LATER).records)
                if waiting or stored != 3 or shown < 8:
                    failed.append((table, column, waiting, stored, shown))
            except Exception as error:  # noqa: BLE001 — what it is is reported
                failed.append((table, column, repr(error)[:200]))
        tried += 1
    assert failed == [] and tried > 30

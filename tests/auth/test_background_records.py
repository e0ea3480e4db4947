"""Who was active, which display was used, who was denied: recorded in the background, also while the store is busy."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text

from ioc.auth import audit_log as audit
from ioc.auth.displays import DisplayService
from ioc.auth.sessions import SessionService
from ioc.domain.access.principal import Principal, Role
from ioc.domain.base.blocking import refuse_blocking
from ioc.storage.access import audit_log, sessions
from ioc.storage.db import background_writer
from ioc.storage.db.background_writer import BackgroundWriter
from ioc.storage.db.store import Conn, Store
from tests.auth.site import HOME, SECRET, Site
from tests.auth.test_displays import WALL, Wall
from tests.conftest import empty_store
from tests.system.program import until

SECONDS = 60


@contextmanager
def busy_store(path: Path) -> Iterator[None]:
    """Another program writes to the store."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def finish(writer: BackgroundWriter) -> None:
    """Waits until what was deferred so far is written."""
    writer.close(SECONDS)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(empty_store(tmp_path)) as store:
        yield Site(store)


def test_no_request_waits_while_the_store_is_busy(site: Site, tmp_path: Path) -> None:
    """An active person, a display, an expired session and a denial stopped all frames while an import was stored."""
    writer, store, clock = BackgroundWriter(site.store), site.store, site.clock
    site.add_user("an", Role.VIEWER)
    service = SessionService(store, clock, site.policy, site.seconds, writer.defer)
    wall = Wall(store, clock)
    wall.displays = DisplayService(store, clock, site.policy, SECRET, wall.seconds, writer.defer)
    active, expired, screen = site.sign_in().cookie, site.sign_in().cookie, wall.enrolled()
    clock.on(minutes=1)
    assert service.authenticate(active, HOME, is_active=True) and wall.displays.authenticate(screen, WALL)
    finish(writer)
    clock.on(minutes=5)
    assert service.authenticate(active, HOME, is_active=False) and wall.displays.authenticate(screen, WALL)
    with busy_store(tmp_path / "ioc.db"), refuse_blocking():
        assert service.authenticate(active, HOME, is_active=True)
        assert wall.displays.authenticate(screen, "10.20.30.8").name == "phong-hop-1"
        audit.record_denial(store, Principal(address=HOME), "view", "/live/kpis", clock(), defer=writer.defer)
    finish(writer)
    clock.on(days=9)
    assert service.authenticate(expired, HOME, is_active=False) is None
    finish(writer)
    with store.read() as conn:
        seen = conn.exec_driver_sql("SELECT last_active_ms FROM session ORDER BY id").scalars().all()
        assert conn.exec_driver_sql("SELECT last_address FROM display").scalars().all() == ["10.20.30.8"]
        actions = [entry.action for entry in audit_log.newest(conn, audit_log.AuditFilter(), 3)]
    assert len(seen) == 1 and actions[:2] == ["session-expired", "view"]


class Records:
    """Writes that note their names."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.begun, self.may_go_on = Event(), Event()

    def noting(self, name: str) -> Callable[[Conn], None]:
        return lambda conn: self.names.append(name)

    def blocking(self, conn: Conn) -> None:
        self.begun.set()
        assert self.may_go_on.wait(SECONDS)


def test_newest_write_of_a_name_replaces_one_that_waits(site: Site) -> None:
    writer, records = BackgroundWriter(site.store), Records()
    writer.defer("x", records.blocking)
    assert records.begun.wait(SECONDS)
    for what, name in (("a", "a1"), ("b", "b1"), ("a", "a2")):
        writer.defer(what, records.noting(name))
    records.may_go_on.set()
    finish(writer)
    assert records.names == ["a2", "b1"]


@pytest.mark.parametrize("fault", [RuntimeError("fault of the program"), sqlite3.OperationalError("disk I/O error")])
def test_write_that_fails_keeps_back_no_other(
    site: Site, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    writer, records = BackgroundWriter(site.store), Records()

    def fail(conn: Conn) -> None:
        raise fault

    writer.defer("use of display x", fail)
    writer.defer("b", records.noting("b"))
    finish(writer)
    assert records.names == ["b"] and "use of display x not recorded" in caplog.text


def test_what_waits_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(background_writer, "_MAX_WAITING", 2)
    writer, records = BackgroundWriter(site.store), Records()
    writer.defer("x", records.blocking)
    assert records.begun.wait(SECONDS)
    for name in ("a", "b", "c", "b"):
        writer.defer(name, records.noting(name))
    records.may_go_on.set()
    assert "c not recorded" in caplog.text
    finish(writer)
    assert records.names == ["a", "b"]


def test_what_could_not_be_written_before_the_end_is_named(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    writer, records = BackgroundWriter(site.store), Records()
    writer.defer("x", records.blocking)
    assert records.begun.wait(SECONDS)
    writer.defer("use of display y", records.noting("y"))
    writer.close(0.01)
    assert "not recorded before the end: x, use of display y" in caplog.text
    records.may_go_on.set()
    finish(writer)
    assert records.names == ["y"]


def test_end_of_a_session_waits_for_its_turn_before_it_deletes(postgres_store: Store) -> None:
    """It deleted first and then waited, while others waited the other way round: one of both failed."""
    site = Site(postgres_store)
    site.add_user("an", Role.VIEWER)
    session = site.sign_in()
    site.clock.on(days=9)
    waiting = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as thread:
        with postgres_store.write() as conn:
            audit_log.take_turn(conn)
            expiring = thread.submit(site.auth.sessions.authenticate, session.cookie, HOME, is_active=False)
            until(lambda: conn.execute(waiting).first(), SECONDS, "the other waits")
            assert sessions.end(conn, [session.principal.session_id]) == 1
        assert expiring.result(SECONDS) is None

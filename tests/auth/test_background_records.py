"""Who was active, which display was used, who was denied: recorded in the background, also while the store is busy."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from ioc.auth import audit_log as audit
from ioc.auth.displays import DisplayService
from ioc.auth.sessions import SessionService
from ioc.domain.access.principal import Principal, Role
from ioc.domain.base.blocking import refuse_blocking
from ioc.storage.access import audit_log
from ioc.storage.db import background_writer
from ioc.storage.db.background_writer import BackgroundWriter
from ioc.storage.db.store import Conn
from tests.auth.site import HOME, SECRET, Site
from tests.auth.test_displays import WALL, Wall
from tests.conftest import empty_store

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
    done = Event()
    writer.defer("end of the test", lambda conn: done.set())
    assert done.wait(SECONDS)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(empty_store(tmp_path)) as store:
        yield Site(store)


def test_no_request_waits_while_the_store_is_busy(site: Site, tmp_path: Path) -> None:
    """An active person, a display, an expired session and a denial stopped all frames while an import was stored."""
    writer, store, clock = BackgroundWriter(site.store), site.store, site.clock
    site.add_user("an", Role.VIEWER)
    sessions = SessionService(store, clock, site.policy, site.seconds, writer.defer)
    wall = Wall(store, clock)
    wall.displays = DisplayService(store, clock, site.policy, SECRET, wall.seconds, writer.defer)
    active, expired, screen = site.sign_in().cookie, site.sign_in().cookie, wall.enrolled()
    clock.on(minutes=1)
    assert sessions.authenticate(active, HOME, is_active=True) and wall.displays.authenticate(screen, WALL)
    finish(writer)
    clock.on(minutes=5)
    assert sessions.authenticate(active, HOME, is_active=False) and wall.displays.authenticate(screen, WALL)
    with busy_store(tmp_path / "ioc.db"), refuse_blocking():
        assert sessions.authenticate(active, HOME, is_active=True)
        assert wall.displays.authenticate(screen, "10.20.30.8").name == "phong-hop-1"
        audit.record_denial(store, Principal(address=HOME), "view", "/live/kpis", clock(), defer=writer.defer)
    finish(writer)
    clock.on(days=9)
    assert sessions.authenticate(expired, HOME, is_active=False) is None
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
    while writer._waiting:
        pass
    finish(writer)
    assert records.names == ["a", "b"]

"""An address with a PostgreSQL server and its hot standby: the primary is used, also after it was started anew."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from ioc.storage.backup import online
from ioc.storage.backup.archive import DUMP
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store, StoreError
from simulator import postgres
from tests.storage import server
from tests.storage.expected_store import START
from tests.system.program import until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[str, str]]:
    """The addresses of a server and of its hot standby."""
    if postgres.find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with server.running() as primary:
        with closing(Store(primary)) as store:
            store.migrate()
        with server.running(partial(_copy, primary)) as standby:
            yield _host(primary), _host(standby)


def _host(url: str) -> str:
    address = make_url(url)
    return f"{address.host}:{address.port}"


def _copy(primary: str, home: Path) -> None:
    """Makes the cluster in `home` a standby of `primary`."""
    programs, address, user = postgres.find_programs(), make_url(primary), postgres.server_user()
    assert programs is not None
    shutil.rmtree(home / "data")
    command = [programs / "pg_basebackup", "-D", home / "data", "-R", "-c", "fast"]
    command += ["-h", str(address.host), "-p", str(address.port), "-U", "ioc"]
    as_server = {"user": user, "group": user, "extra_groups": list[int]()} if user else {}
    subprocess.run(command, check=True, cwd="/", **as_server)  # type: ignore[call-overload]


def _url(*hosts: str) -> str:
    return f"postgresql+psycopg://ioc@/postgres?{'&'.join(f'host={host}' for host in hosts)}"


def _store(*hosts: str) -> Store:
    return Store(_url(*hosts))


def _write(store: Store) -> bool:
    with suppress(StoreError), store.write() as conn:
        change_counter.bump(conn, {"jobs"}, START)
        return True
    return False


def _has_ended(conn: "psycopg.Connection[tuple[object]]") -> bool:
    with suppress(psycopg.Error):
        conn.execute("SELECT 1")
    return conn.broken


def test_a_hot_standby_is_passed_over(hosts: tuple[str, str]) -> None:
    primary, standby = hosts
    with closing(_store(standby, primary)) as store:
        assert _write(store)
    with closing(_store(standby, standby)) as store:
        assert not _write(store)


def test_a_backup_is_made_of_the_primary(hosts: tuple[str, str], tmp_path: Path) -> None:
    primary, standby = hosts
    with closing(_store(standby, primary)) as store:
        assert online.copy_store(store, _url(standby, primary), tmp_path / "copy").member_name == DUMP


def test_all_writes_go_on_once_the_primary_was_started_anew(hosts: tuple[str, str]) -> None:
    with closing(_store(*hosts)) as store:
        assert _write(store)
        url = f"postgresql://ioc@{hosts[0]}/postgres"
        with closing(psycopg.connect(url)) as killed, closing(psycopg.connect(url, autocommit=True)) as other:
            os.kill(killed.info.backend_pid, signal.SIGKILL)
            until(lambda: _has_ended(other), 10, "the server ends all sessions, to recover")
        until(lambda: _write(store), 30, "it is written again")
        assert all(_write(store) for _ in range(20))

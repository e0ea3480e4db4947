"""A PostgreSQL server that hangs: nobody waits long for it, and the store recovers by itself."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import make_url, text

from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Store, StoreError
from simulator.postgres import find_programs
from tests.data_sources.server import row
from tests.storage import server
from tests.storage.expected_store import START
from tests.system.program import SLOWNESS, until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """The URL of a server that hangs at times."""
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with server.running() as url:
        with closing(Store(url)) as store:
            store.migrate()
        yield url


@pytest.fixture
def store(own_server: str) -> Iterator[Store]:
    with closing(Store(own_server)) as opened:
        yield opened


def _read(store: Store) -> int:
    with store.read() as conn:
        return change_counter.read(conn).store


def _write(store: Store) -> None:
    with store.write() as conn:
        change_counter.bump(conn, {"jobs"}, START)


def _failure(work: Callable[[], object]) -> tuple[StoreCode, float]:
    """The code with which `work` fails, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(StoreError) as caught:
        work()
    return StoreCode(caught.value.failure.code), time.monotonic() - began


def test_readers_and_writers_fail_within_two_seconds_and_work_again_afterwards(own_server: str, store: Store) -> None:
    before = _read(store)
    with server.hanging(own_server), ThreadPoolExecutor(12) as threads:
        for is_known in (False, True, True):
            failures = list(threads.map(partial(_failure_of_request, store), range(12)))
            assert {code for code, _ in failures} == {StoreCode.NOT_ANSWERING}
            times = sorted(seconds for _, seconds in failures)
            assert times[-1] < 2 * SLOWNESS
            assert times[-2] < 1 or not is_known, "only the one that tries the server waits"
    until(lambda: _works(store), 10, "the store is read again")
    _write(store)
    assert _read(store) == before + 1


def test_second_host_of_an_address_is_used_while_the_first_is_silent(own_server: str) -> None:
    address = make_url(own_server)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # its connections are never accepted
        hosts = (f"127.0.0.1:{silent.getsockname()[1]}", f"{address.host}:{address.port}")
        several = address.set(host=None, port=None, query={**address.query, "host": hosts})
        with closing(Store(several.render_as_string(hide_password=False))) as store:
            assert _read(store) >= 0
        refused = address.set(host=None, port=None, query={**address.query, "host": (hosts[0], "127.0.0.1:1")})
        with closing(Store(refused.render_as_string(hide_password=False))) as store:
            assert _failure(lambda: _read(store))[0] == StoreCode.NOT_ANSWERING
            assert _failure(lambda: _read(store))[1] < 1, "nobody waits for the silent one again"


def _failure_of_request(store: Store, number: int) -> tuple[StoreCode, float]:
    return _failure(lambda: _write(store) if number % 3 else _read(store))


def _works(store: Store) -> bool:
    try:
        return _read(store) >= 0
    except StoreError:
        return False


def test_statement_that_waits_ends_when_another_one_was_not_answered(own_server: str, store: Store) -> None:
    def slow() -> None:
        with store.read() as conn:
            conn.execute(text("SELECT pg_sleep(20)"))

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(_failure, slow)
        until(lambda: _is_sleeping(own_server), 5, "the statement runs")
        with server.hanging(own_server):
            _failure(lambda: _read(store))
            code, seconds = waiting.result()
    assert code is StoreCode.NOT_ANSWERING and seconds < 10


def _is_sleeping(url: str, seconds: int = 20) -> bool:
    query = {"query": f"SELECT pg_sleep({seconds})"}
    with closing(Store(url)) as other, other.read() as conn:
        return bool(conn.execute(text("SELECT 1 FROM pg_stat_activity WHERE query = :query"), query).scalar())


def test_quick_statement_alone_has_a_limit(store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.read(quick=True) as conn:
        conn.execute(text("SELECT pg_sleep(20)"))
    assert caught.value.failure.code == StoreCode.NOT_ANSWERING
    until(lambda: _works(store), 10, "the store is read again")
    with store.read() as conn:
        conn.execute(text("SELECT pg_sleep(2)"))


def test_locked_table_holds_up_only_who_needs_it(own_server: str, store: Store) -> None:
    """It counted as a server that does not answer: everybody's frames failed, and what others wrote was ended."""
    with closing(Store(own_server)) as other, other.write() as locking, ThreadPoolExecutor(1) as thread:
        locking.execute(text("LOCK TABLE session IN ACCESS EXCLUSIVE MODE"))
        writing = thread.submit(_write_slowly, store)
        until(lambda: _is_sleeping(own_server, 4), 5, "the other writes")
        for quick in (True, False):
            code, seconds = _failure(partial(_read_sessions, store, quick=quick))
            assert code is StoreCode.BUSY and seconds < 1.4 * SLOWNESS
            assert _works(store)
        writing.result()


def _read_sessions(store: Store, *, quick: bool) -> None:
    with store.read(quick=quick) as conn:
        conn.execute(text("SELECT count(*) FROM session"))


def _write_slowly(store: Store) -> None:
    with store.write() as conn:
        change_counter.bump(conn, {"jobs"}, START)
        conn.execute(text("SELECT pg_sleep(4)"))


def test_reading_of_waiting_messages_ends_long_before_a_long_deadline(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(row("/vao/gauge", key="gauge", protocol="webhook"), deadline=timedelta(seconds=60))
    monkeypatch.setattr(webhook_queue, "pending", lambda conn, *_: conn.execute(text("SELECT pg_sleep(20)")))
    code, seconds = _failure(lambda: asyncio.run(webhook_queue.read_pending(store, lambda: START, source)))
    assert code is StoreCode.NOT_ANSWERING and seconds < 5, "its thread serves other sources again"
    until(lambda: _works(store), 10, "the store is read again")


def test_server_ends_the_transaction_of_a_process_that_does_nothing(own_server: str, store: Store) -> None:
    limits = "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"
    with store.read() as conn:
        assert [conn.execute(text(f"SHOW {limit}")).scalar() for limit in limits] == ["30s", "1s", "10s"]
    with store.read(idle_seconds=120) as conn:
        assert conn.execute(text(f"SHOW {limits[2]}")).scalar() == "2min"
    with store.read() as conn:
        assert conn.execute(text(f"SHOW {limits[2]}")).scalar() == "10s"
    with closing(Store(f"{own_server}?options=-c%20statement_timeout%3D7s")) as other, other.read() as conn:
        assert conn.execute(text("SHOW statement_timeout")).scalar() == "7s"


def test_server_notices_a_client_that_was_cut_off(store: Store) -> None:
    limits = "tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"
    with store.read() as conn:
        assert [conn.execute(text(f"SHOW {limit}")).scalar() for limit in limits] == ["10000", "10", "3", "3"]

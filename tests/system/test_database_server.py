"""A centre over PostgreSQL whose server hangs: nobody waits long, screens are told, and it goes on by itself."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from simulator.postgres import find_programs
from tests.storage import server
from tests.system.conftest import running
from tests.system.program import SLOWNESS, Program, command, until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
HANGING_SECONDS = 12.0
READINESS_PROBES = 24  # at once: more than the threads that check
OK: tuple[int, str | None] = (200, None)
UNAVAILABLE: tuple[int, str | None] = (503, "request.store_unavailable")
# Path -> statuses and codes while the server hangs. The sign-in page needs no store to be shown. While one screen
# waits, others get the frame before, with the heartbeat of its time.
ANSWERS: dict[str, set[tuple[int, str | None]]] = {
    "/healthz": {OK},
    "/readyz": {(503, "request.not_ready")},
    "/live/overview": {UNAVAILABLE, OK},
    "/dang-nhap": {OK},
}


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with server.running() as url:
        yield url


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, quick_config: Path, database: str) -> Iterator[Program]:
    """A centre over that server."""
    data = tmp_path_factory.mktemp("postgres") / "data"
    yield from running(Program(data, IOC_CONFIG=str(quick_config), DATABASE_URL=database))


def test_web_process_answers_while_the_server_hangs_and_all_recovers(program: Program, database: str) -> None:
    poller, web = program.child("poll"), program.child("web")
    with ThreadPoolExecutor(12) as screens:
        alone = max(seconds for _, seconds, _ in screens.map(lambda path: _timed(program, path), 3 * [*ANSWERS]))
    most = 2.0 + SLOWNESS * alone
    with server.hanging(database), ThreadPoolExecutor(12) as screens:
        began = time.monotonic()
        while (now := time.monotonic()) < began + HANGING_SECONDS:
            for path, seconds, answer in screens.map(lambda path: _timed(program, path), 3 * [*ANSWERS]):
                assert seconds < most, (path, seconds, alone)
                # What was read a moment before is answered at first.
                assert answer in ANSWERS[path] or now < began + most, path
        assert _timed(program, "/live/overview")[2] == UNAVAILABLE
        reasons = orjson.loads(program.ask("/readyz")[2])["reasons"]
        assert [reason["code"] for reason in reasons] == ["request.store_unavailable"]
    hung_until = time.time()
    until(program.ready, 20, "it is ready again")
    until(lambda: _newest_poll(program) > hung_until, 20, "the poller goes on")
    assert (program.child("poll"), program.child("web")) == (poller, web), "no process was started again"


def test_whether_the_process_runs_is_told_while_many_ask_whether_it_is_ready(program: Program, database: str) -> None:
    with server.hanging(database), ThreadPoolExecutor(READINESS_PROBES) as probes:
        began = time.monotonic()
        while time.monotonic() < began + HANGING_SECONDS / 2:
            asked = [probes.submit(program.ask, "/readyz") for _ in range(READINESS_PROBES)]
            while not all(each.done() for each in asked):
                assert _timed(program, "/healthz")[2] == OK
    until(program.ready, 20, "it is ready again")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_is_refused_in_a_sentence(tmp_path: Path, database: str, encoding: str) -> None:
    with server.database(database, "legacy", "template0", encoding=encoding) as address:
        for name in ("run", "poll", "account list"):
            ended = command(tmp_path / "data", *name.split(), DATABASE_URL=address)
            assert ended.returncode == 1 and ended.stderr.count("\n") == 1, ended.stderr
            assert "-E UTF8" in ended.stderr and encoding in ended.stderr


def _timed(program: Program, path: str) -> tuple[str, float, tuple[int, str | None]]:
    began = time.monotonic()
    status, _, body = program.ask(path)
    seconds = time.monotonic() - began
    return path, seconds, (status, orjson.loads(body)["code"] if status == 503 else None)


def _newest_poll(program: Program) -> float:
    """When the newest successful poll of all sources was stored, in seconds since 1970; 0 while that is unknown."""
    status, headers, _ = program.ask("/live/overview")
    return int(headers["X-Ioc-Data"]) / 1000 if status == 200 else 0

"""Processes killed and paused, sources and the database cut, garbage sent, the disk filled, all at random times.

Nothing acknowledged is lost or stored twice, and no figure is shown beyond its age limit. RANDOM_FAULT_SECONDS sets how
long: 25 by default, 600 for a thorough run.
"""

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import orjson
import pytest
import yaml
from sqlalchemy import text

from ioc.domain.base.times import utc_now
from ioc.storage.db.store import Store
from simulator.postgres import find_programs
from tests.storage import server
from tests.system import quick_config
from tests.system.conftest import running
from tests.system.disk import fill, small_disk
from tests.system.program import SLOWNESS, Program, until
from tests.system.quick_config import SOURCES

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("RANDOM_FAULT_SECONDS", "25"))
MESSAGES_LEAST = SECONDS / 8
LONGEST = SLOWNESS * SECONDS
SEED = int(os.environ.get("RANDOM_FAULT_SEED", "1"))
TOKEN = "a-token-of-a-test-only"
MESSAGE_SECONDS = 0.1  # between two messages of the sender
# A snapshot, and the way of an answer on a busy machine.
TOLERANCE = timedelta(seconds=5)
# KPI -> the age limit of its only source.
FIGURE_AGE_LIMITS = {"bridge-flow": timedelta(seconds=6), "traffic-speed": timedelta(seconds=9)}
RECOVERY_SECONDS = 90.0
DISK_MEGABYTES = 96
PAGES = ("/live/overview", "/", "/api/v1/kpis", "/readyz", "/live/nguon?luc=2026-11-20T10:00:00Z")
MESSAGES = {
    "key": "messages", "name": {"vi": "Bản tin", "en": "Messages"}, "protocol": "webhook", "address": "/vao/messages",
    "every": "1s", "deadline": "1s", "age_limit": "1h", "owner": "mp-d", "licence": "mô phỏng", "simulated": True,
    "options": {
        "push_token": "${MESSAGE_TOKEN}", "series": "message", "value": "v", "time": "t", "time_format": "unix_ms",
    },
    "series": [{"key": "message", "name": {"vi": "Bản tin", "en": "Message"}, "unit": "", "range": [0, 1e9]}],
}  # fmt: skip


@dataclass
class Sender:
    """Posts a message after the other until each is acknowledged, as a device with a memory does."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    acknowledged: dict[int, float] = field(default_factory=dict)  # epoch ms -> value

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            moment = int(time.time() * 1000)
            while not self.stop.is_set() and not self._is_accepted(moment, number):
                self.stop.wait(0.2)
            self.stop.wait(MESSAGE_SECONDS)

    def _is_accepted(self, moment: int, number: int) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            headers = {"Content-Type": "application/json", "X-Token": TOKEN}
            connection.request("POST", "/vao/messages", orjson.dumps([{"t": moment, "v": number}]), headers)
            if connection.getresponse().status != 202:
                return False
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        self.acknowledged[moment] = number
        return True


@dataclass
class Faults:
    """What can go wrong, each for a short time."""

    program: Program
    database: str
    chance: random.Random

    def kill(self) -> None:
        if pid := self.program.child(self.chance.choice(("poll", "web", "work"))):
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.SIGKILL)

    def pause(self) -> None:
        pid = self.program.child(self.chance.choice(("poll", "web")))
        if not pid:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(self.chance.uniform(0.5, 8))
            os.kill(pid, signal.SIGCONT)

    def cut_source(self) -> None:
        kind = self.chance.choice(("down", "slow", "half", "garbage", "html", "duplicates", "429"))
        with suppress(OSError):
            self.program.fault(self.chance.choice(list(SOURCES)), kind, self.chance.uniform(2, 15))

    def hang_database(self) -> None:
        if self.database:
            with server.hanging(self.database):
                time.sleep(self.chance.uniform(0.5, 6))

    def fill_disk(self) -> None:
        """Only on the small disk of the test with SQLite."""
        if self.database or not os.path.ismount(self.program.data.parent):
            return
        ballast = self.program.data.parent / "ballast"
        fill(ballast)
        time.sleep(self.chance.uniform(1, 5))
        ballast.unlink(missing_ok=True)

    def send_garbage(self) -> None:
        with ExitStack() as stack:
            for _ in range(20):
                with suppress(OSError):
                    address = ("127.0.0.1", self.program.port)
                    link = stack.enter_context(socket.create_connection(address, 1))
                    link.sendall(self.chance.choice((b"", b"POST / HTTP/1.1\r\n", b"GET /live/ HTTP/1.1\r\nA: ")))
                    link.sendall(self.chance.randbytes(self.chance.randrange(2000)))
            time.sleep(0.5)

    def ask_much(self) -> None:
        threads = [threading.Thread(target=self._ask, args=(self.chance.choice(PAGES),)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self, path: str) -> None:
        with suppress(OSError, HTTPException):
            self.program.ask(path, seconds=10)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL server of its own; "" for SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with server.running() as url:
        yield url


@pytest.fixture
def program(tmp_path: Path, database: str) -> Iterator[Program]:
    """A centre with a source of messages; with SQLite its store is on a small disk."""
    config = quick_config.write(tmp_path / "config")
    sources = yaml.safe_load((config / "sources.yaml").read_text("utf-8"))["sources"]
    (config / "sources.yaml").write_text(yaml.safe_dump({"sources": [*sources, MESSAGES]}, allow_unicode=True), "utf-8")
    more = {"IOC_CONFIG": str(config), "MESSAGE_TOKEN": TOKEN}
    place = tmp_path / "disk"
    place.mkdir()
    if database:
        more["DATABASE_URL"] = database
    with nullcontext() if database else small_disk(place, DISK_MEGABYTES):
        program = Program(place / "data", **more)
        program.log_path = tmp_path / "log"
        yield from running(program)


def test_nothing_acknowledged_is_lost_and_no_state_is_wrong(program: Program, database: str) -> None:
    faults, sender, wrong = Faults(program, database, random.Random(SEED)), Sender(program.port), list[str]()
    kinds = (faults.kill, faults.pause, faults.cut_source, faults.cut_source, faults.hang_database, faults.fill_disk,
             faults.send_garbage, faults.ask_much)  # fmt: skip
    sending = threading.Thread(target=sender.run)
    sending.start()
    try:
        began = time.monotonic()
        # A busy machine accepts few messages: the faults go on until there are enough of them.
        while (passed := time.monotonic() - began) < SECONDS or (
            len(sender.acknowledged) <= MESSAGES_LEAST and passed < LONGEST
        ):
            faults.chance.choice(kinds)()
            wrong += stale_figures(program)
            time.sleep(faults.chance.uniform(0, 2))
    finally:
        sender.stop.set()
        sending.join()
    for key in SOURCES:
        until(lambda key=key: _cleared(program, key), 20, f"the fault of {key} is cleared")  # type: ignore[misc]
    until(program.ready, 60, "it is ready again")
    try:
        until(lambda: not unhealthy(program), RECOVERY_SECONDS, "every source is live and every figure is good")
    except AssertionError as error:
        error.add_note(f"at the end: {unhealthy(program)}")
        raise
    assert len(sender.acknowledged) > MESSAGES_LEAST, "hardly any message was accepted"
    until(lambda: stored_messages(program, database).keys() >= sender.acknowledged.keys(), 30, "all messages stored")
    stored = stored_messages(program, database)
    assert {moment: stored[moment] for moment in sender.acknowledged} == {
        moment: [value] for moment, value in sender.acknowledged.items()
    }
    assert wrong == []


def _cleared(program: Program, key: str) -> bool:
    try:
        program.fault(key, "ok")
    except OSError:
        return False
    return True


def stale_figures(program: Program) -> list[str]:
    """Figures that are shown as good although they are older than they may be; none while nobody answers."""
    now = utc_now()  # before it is asked: an answer may take long on a busy machine
    try:
        status, _, body = program.ask("/api/v1/kpis", seconds=5)
    except (OSError, HTTPException):
        return []
    if status != 200:
        return []
    kpis = {kpi["key"]: kpi for kpi in orjson.loads(body)["kpis"]}
    return [
        f"{key} is good at {now:%H:%M:%S} with data of {kpis[key]['data_time']}"
        for key, limit in FIGURE_AGE_LIMITS.items()
        if kpis[key]["state"] == "ok" and now - datetime.fromisoformat(kpis[key]["data_time"]) > limit + TOLERANCE
    ]


def unhealthy(program: Program) -> list[str]:
    """Sources that are not live and figures that are not good."""
    try:
        sources, kpis = program.sources(), program.kpis()
    except (OSError, HTTPException, AssertionError):
        return ["no answer"]
    return [key for key in SOURCES if sources[key]["state"] != "live"] + [
        key for key, kpi in kpis.items() if kpi["state"] != "ok"
    ]


def stored_messages(program: Program, database: str) -> dict[int, list[float]]:
    """Epoch ms -> the stored values of messages of that moment."""
    query = text(
        "SELECT observed_ms, value FROM reading JOIN series ON series.id = series_id WHERE series.key = 'message'"
    )
    stored: dict[int, list[float]] = {}
    with closing(Store(database or f"sqlite:///{program.data / 'ioc.db'}")) as store, store.read() as conn:
        for moment, value in conn.execute(query):
            stored.setdefault(moment, []).append(value)
    return stored

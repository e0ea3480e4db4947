"""A webhook that sends as much as it can: the other sources go on, and what was acknowledged is stored."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path

import orjson
import pytest
import yaml

from ioc.domain.base.times import utc_now
from ioc.domain.ingest.protocol import WEBHOOK_BYTES_PER_SECOND
from ioc.web.middleware.rate_limit import WEBHOOK_BYTE_SECONDS
from tests.system import quick_config
from tests.system.conftest import running
from tests.system.program import Program, none_left, until
from tests.system.quick_config import SOURCES
from tests.system.test_random_faults import MESSAGES, TOKEN, stored_messages

pytestmark = pytest.mark.slow
FILLER = b",{}" * 300_000  # 900 kB, half a second of processor time and more
SLOW = MESSAGES | {"every": "10s", "deadline": "10s"}
GOES_ON_SECONDS = 30  # within which each other source has answered anew; each is asked every second or three


@dataclass
class Flood:
    """Sends messages of 900 kB, ten a second at most, until it is stopped."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    is_refused: threading.Event = field(default_factory=threading.Event)
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: dict[int, list[float]] = field(default_factory=dict)  # epoch ms -> value
    accepted_bytes: int = 0

    def run(self) -> None:
        while not self.stop.wait(0.1):
            moment = time.time_ns() // 1_000_000
            body = b"[" + orjson.dumps({"t": moment, "v": 7}) + FILLER + b"]"
            connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("POST", "/vao/messages", body, {"Content-Type": "application/json", "X-Token": TOKEN})
            status = connection.getresponse().status
            connection.close()
            self.statuses[status] += 1
            if status == 202:
                self.acknowledged[moment] = [7]
                self.accepted_bytes += len(body)
            elif status == 429:
                self.is_refused.set()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A centre with a source of messages."""
    config = quick_config.write(tmp_path / "config")
    sources = yaml.safe_load((config / "sources.yaml").read_text("utf-8"))["sources"]
    (config / "sources.yaml").write_text(yaml.safe_dump({"sources": [*sources, SLOW]}, allow_unicode=True), "utf-8")
    yield from running(Program(tmp_path / "data", IOC_CONFIG=str(config), MESSAGE_TOKEN=TOKEN))


def test_other_sources_go_on_beside_a_flood_of_large_messages(program: Program) -> None:
    flood, began = Flood(program.port), time.monotonic()
    sending = threading.Thread(target=flood.run)
    sending.start()
    try:
        until(flood.is_refused.is_set, 60, "the flood is refused")
        refused_at = utc_now()
        none_left(lambda: silent_since(program, refused_at), GOES_ON_SECONDS, "sources without a new answer")
    finally:
        flood.stop.set()
        sending.join()
    permitted = WEBHOOK_BYTES_PER_SECOND * (WEBHOOK_BYTE_SECONDS.burst + time.monotonic() - began)
    # 503: another writer held the store for a moment; the sender is to come again.
    assert {202, 429} <= {*flood.statuses} <= {202, 429, 503} and flood.accepted_bytes <= permitted
    until(lambda: stored_messages(program, "").keys() >= flood.acknowledged.keys(), 60, "every message is stored")
    assert stored_messages(program, "") == flood.acknowledged


def silent_since(program: Program, at: datetime) -> list[str]:
    """The other sources that have not been polled well since then."""
    answered = {key: source["last_success"] for key, source in program.sources().items() if key in SOURCES}
    return [key for key, moment in answered.items() if not moment or datetime.fromisoformat(moment) <= at]

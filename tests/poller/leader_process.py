"""A polling process to be paused: one source with a value of its own. It prints its log and what it has committed.

Run as `python -m tests.poller.leader_process URL VALUE LEASE_SECONDS`.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Any, cast
from unittest.mock import patch

from ioc.domain.base.times import to_ms, utc_now
from ioc.domain.ingest.health import SourceHealth
from ioc.poller.committer import Committer
from ioc.poller.poll_result import PollResult
from ioc.poller.service import run
from ioc.storage.db.store import Store
from tests.poller.running import FakeHttpClients, ScriptedProtocol, configured, poll_source

SOURCE = "a"
COMMITTED = "committed"


_write = Committer.write


def _write_and_print(committer: Committer, results: Sequence[PollResult], healths: dict[str, SourceHealth]) -> None:
    _write(committer, results, healths)
    for result in results:
        for reading in result.batch.readings:
            sys.stdout.write(f"{COMMITTED} {to_ms(reading.observed)}\n")
    sys.stdout.flush()


def main(url: str, value: float, lease_seconds: float) -> None:
    """Runs until it is killed."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(name)s %(message)s")
    protocol, clients = ScriptedProtocol(), cast(Any, FakeHttpClients())
    protocol.behaviours[SOURCE] = value
    configuration, connectors = configured(poll_source(SOURCE)), {"http_json": cast(Any, protocol)}
    polling = run(
        Store(url),
        configuration,
        connectors,
        clients,
        utc_now,
        asyncio.Event(),
        lease_seconds=lease_seconds,
        id_key=b"key",
    )
    with patch.object(Committer, "write", _write_and_print):
        asyncio.run(polling)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))

"""PROFILE=protocols runs at least one source of each protocol, and each becomes live with a good value."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from data_sources import protocols
from simulator import server_addresses
from tests.system.conftest import running
from tests.system.program import Program, invoke, none_left

pytestmark = pytest.mark.slow
ADDED = {"ngsi", "openaq", "kiwis", "waterml", "prometheus", "mqtt", "sql_view"}  # which the demonstration lacks


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The profile, running."""
    yield from running(Program(tmp_path_factory.mktemp("protocols") / "data", PROFILE="protocols"))


def _has_good_value(program: Program, row: dict[str, Any]) -> bool:
    """Whether a source is live with a good value, or with an event where it has no values of its own."""
    if row["state"] != "live" or not (row["data_time"] or row["accepted_count"]):
        return False
    newest = datetime.fromisoformat(row["data_time"]) if row["data_time"] else datetime.now(UTC)
    since = quote((newest - timedelta(days=1)).isoformat())
    lines = [program.json(f"/api/v1/readings?series={key}&from={since}")["points"] for key in row["series"][:3]]
    return any(value is not None for line in lines for _, value in line) or not lines


def test_every_protocol_has_a_live_source_with_a_good_value(program: Program) -> None:
    missing = {"mqtt"} if server_addresses.unavailable() else set()
    wanted = protocols().keys() - missing

    def lacking() -> list[str]:
        good = {row["protocol"] for row in program.sources().values() if _has_good_value(program, row)}
        return sorted(wanted - good)

    none_left(lacking, 120, "protocols without a good value")
    added = {key for key, row in program.sources().items() if row["protocol"] in ADDED - missing}
    assert len(added) == len(ADDED - missing)
    none_left(lambda: sorted(key for key in added if program.sources()[key]["state"] != "live"), 60, "sources not live")


def test_a_source_whose_server_is_missing_says_so(program: Program) -> None:
    row = program.sources()["sim-mqtt"]
    frame = str(program.json("/live/sources?lang=vi")["panels"])
    assert (row["state"] == "off") == bool(server_addresses.unavailable())
    assert bool(re.search("chưa cài Mosquitto", frame)) == bool(server_addresses.unavailable())


def test_fault_takes_the_broker_and_the_database_down_and_back(program: Program) -> None:
    keys = {"sim-sql"} | ({"sim-mqtt"} if not server_addresses.unavailable() else set())

    def not_in(state: str) -> list[str]:
        return sorted(key for key in keys if program.sources()[key]["state"] != state)

    for kind, state in (("down", "down"), ("ok", "live")):
        for key in keys:
            result = invoke(program.data, "fault", key, kind, PROFILE="protocols")
            assert result.returncode == 0, result.stderr
        none_left(partial(not_in, state), 60, f"sources not {state}")

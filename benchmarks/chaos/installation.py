"""The installation that polls the five servers: configuration, poller, web process, and the states that it shows."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from benchmarks.chaos.oracle import AGE_LIMIT, DEADLINE, EVERY, DisplayedState
from benchmarks.chaos.readings import SERIES, series_key
from benchmarks.chaos.servers import ChaosServer, StationFileServer
from benchmarks.installation import ROOT, fetch, free_port, store_url, terminate_all, wait_until
from benchmarks.process import process_environment
from ioc.domain.base.times import parse_time
from simulator.load import write_config


@dataclass(frozen=True, slots=True)
class ChaosInstallation:
    """`pids` of the poller and the web process."""

    folder: Path
    port: int
    pids: tuple[int, int]

    def displayed_states(self) -> tuple[bool, dict[str, DisplayedState]]:
        """Whether the poller is alive; each source with its figure."""
        requested_at = time.time()
        sources, kpis = (json.loads(fetch(self.port, f"/api/v1/{name}", 10)) for name in ("sources", "kpis"))
        answered_at, figures = time.time(), {row["key"]: row for row in kpis["kpis"]}
        return bool(sources["is_live"]), {
            row["key"]: DisplayedState(
                row["state"], figure["state"], _time(figure["data_time"]), requested_at, answered_at
            )
            for row in sources["sources"]
            for figure in (figures[row["key"]],)
        }


def _time(text: str | None) -> float:
    return parse_time(text).timestamp() if text else 0.0


@contextmanager
def run_installation(folder: Path, servers: Sequence[ChaosServer]) -> Iterator[ChaosInstallation]:
    """Runs both processes until the end of the block; every source is live."""
    port = free_port()
    _configure(folder / "config", servers)
    (stations,) = (server for server in servers if isinstance(server, StationFileServer))
    environment = process_environment(folder, PORT=str(port), HOST="127.0.0.1", CHAOS_KEY=stations.secret)
    children: list[subprocess.Popen[bytes]] = []
    try:
        for role in ("poll", "web"):
            with (folder / f"{role}.log").open("wb") as log:
                command = [sys.executable, str(ROOT / "app.py"), role]
                children.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        installation = ChaosInstallation(folder, port, (children[0].pid, children[1].pid))
        _wait_until_healthy(installation)
        yield installation
    finally:
        terminate_all(children)


def _wait_until_healthy(installation: ChaosInstallation) -> None:
    try:
        wait_until(lambda: _is_healthy(installation), 60, "every source is live")
    except TimeoutError as error:
        for role in ("poll", "web"):
            error.add_note((installation.folder / f"{role}.log").read_text("utf-8", "replace")[-2000:])
        raise


def _is_healthy(installation: ChaosInstallation) -> bool:
    try:
        is_alive, states = installation.displayed_states()
    except (OSError, HTTPException):
        return False
    return is_alive and all((state.health, state.kpi) == ("live", "ok") for state in states.values())


def store_url_of(folder: Path) -> str:
    """The URL of the store of an installation in `folder`."""
    return store_url(folder)


def _configure(folder: Path, servers: Sequence[ChaosServer]) -> None:
    write_config(folder, "http://127.0.0.1:9", len(servers), SERIES, EVERY)
    shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "units.yaml")
    rows, kpis = (json.loads((folder / f"{name}.yaml").read_text("utf-8")) for name in ("sources", "kpis"))
    city = json.loads((folder / "city.yaml").read_text("utf-8"))
    bodies = {
        "sources": [_row(row, server) for row, server in zip(rows, servers, strict=True)],
        "kpis": [_kpi(kpi, server) for kpi, server in zip(kpis, servers, strict=False)],
        "city": city | {"overview": [server.name for server in servers]},
    }
    for name, body in bodies.items():
        (folder / f"{name}.yaml").write_text(json.dumps(body, ensure_ascii=False), "utf-8")


def _row(row: dict[str, Any], server: ChaosServer) -> dict[str, Any]:
    series = [
        {**series_row, "key": series_key(server.name, number), "unit": "m", "range": [0, 100]}
        for number, series_row in enumerate(row["series"])
    ]
    times = {"every": f"{EVERY:g}s", "deadline": f"{DEADLINE:g}s", "age_limit": f"{AGE_LIMIT:g}s"}
    return {**row, "key": server.name, "series": series, **times, **server.source_row()}


def _kpi(kpi: dict[str, Any], server: ChaosServer) -> dict[str, Any]:
    return {**kpi, "key": server.name, "unit": "m", "formula": {"op": "last", "inputs": [series_key(server.name, 0)]}}

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
from benchmarks.installation import ROOT, fetch, log_end, store_url, terminate_all, wait_until
from benchmarks.process import process_environment
from ioc.domain.base.times import parse_time
from simulator.free_ports import free_port
from simulator.load import write_config

ROLES = ("poll", "web")


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
        for role in ROLES:
            with (folder / f"{role}.log").open("wb") as log:
                command = [sys.executable, str(ROOT / "app.py"), role]
                children.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        installation = ChaosInstallation(folder, port, (children[0].pid, children[1].pid))
        processes = [(child, folder / f"{role}.log") for child, role in zip(children, ROLES, strict=True)]
        processes += [(server.process, server.log) for server in servers if server.process]
        wait_until_healthy(folder, port, processes)
        yield installation
    finally:
        terminate_all(children)


def wait_until_healthy(
    folder: Path, port: int, processes: Sequence[tuple["subprocess.Popen[bytes]", Path]], seconds: float = 60.0
) -> None:
    """Returns once every source is live and every KPI ok; `processes` run meanwhile, each with its log.

    TimeoutError with notes: what is not healthy, the last answers of the API, the ends of the logs in `folder`.
    """
    answers: dict[str, Any] = {}

    def is_healthy() -> bool:
        answers.update({path: _answer(port, path) for path in ("sources", "kpis")})
        return not unhealthy_rows(answers)

    try:
        wait_until(is_healthy, seconds, "every source is live", processes)
    except TimeoutError as error:
        logs = (f"{role}.log: {log_end(folder / f'{role}.log')}" for role in ROLES)
        for note in (*unhealthy_rows(answers), json.dumps(answers, ensure_ascii=False), *logs):
            error.add_note(note)
        raise


def _answer(port: int, path: str) -> Any:
    try:
        return json.loads(fetch(port, f"/api/v1/{path}", 10))
    except (OSError, HTTPException) as error:
        return {"error": repr(error)}


def unhealthy_rows(answers: dict[str, Any]) -> list[str]:
    """What is not healthy in the answers of the API: no answer, the poller, sources with their failure, KPIs."""
    sources, kpis = answers["sources"], answers["kpis"]
    if errors := [f"{path}: {answer['error']}" for path, answer in answers.items() if "error" in answer]:
        return errors
    return [
        *([] if sources["is_live"] else ["the poller seems to be dead"]),
        *(
            f"{row['key']} is {row['state']}, failures: {row['consecutive_failures']}, last: {row['last_error']}"
            for row in sources["sources"]
            if row["state"] != "live"
        ),
        *(f"KPI {row['key']} is {row['state']} {row['reason']}" for row in kpis["kpis"] if row["state"] != "ok"),
    ]


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

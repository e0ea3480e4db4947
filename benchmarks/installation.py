"""The measured installation: workload W's server, poller, web process and worker as children on a new store."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from benchmarks.process import cpu_seconds, process_environment
from ioc.domain.base.times import utc_now
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values
from simulator.free_ports import free_port
from simulator.load import KPIS, write_config

ROOT = Path(__file__).parent.parent
SOURCES, READINGS, EVERY = 500, 4, 5.0
QUICK = f"load-{SOURCES}"  # key of the source that is polled each second; the first KPI reads only this source
HISTORY = timedelta(hours=24)
_LEAST_COMPRESSED = 300  # bytes; as the web process has it
AGENCIES = tuple(f"cq-{n:03d}" for n in range(120))


class ProcessEndedError(Exception):
    """A process that must run has ended. The text names its exit code and its log, with the log's end."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        super().__init__(f"exit code {process.returncode}: {log}\n{log_end(log)}")


@dataclass(frozen=True, slots=True)
class Installation:
    """`pids` by role: load, poll, web, work. `startup_seconds`: from the start to the first frame."""

    folder: Path
    port: int
    pids: dict[str, int]
    startup_seconds: float

    @property
    def store_url(self) -> str:
        """The URL of the installation's store."""
        return store_url(self.folder)

    def get(self, path: str, timeout: float = 60.0) -> bytes:
        """The body of an answer of the web process. HTTPException unless it is 200."""
        return fetch(self.port, path, timeout)


@contextmanager
def run_installation() -> Iterator[Installation]:
    """Runs all processes until the end of the block; every source is live. The folder is removed in any case."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-"))
    children: list[subprocess.Popen[bytes]] = []
    try:
        load, port = free_port(), free_port()
        configure(folder / "config", load)
        fill_history(store_url(folder))
        environment = process_environment(folder, PORT=str(port), HOST="127.0.0.1")
        started = time.monotonic()
        pids, processes = {}, []
        for role, command in _commands(load).items():
            with (folder / f"{role}.log").open("wb") as log:
                child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            children.append(child)
            pids[role] = child.pid
            processes.append((child, folder / f"{role}.log"))
        wait_until(lambda: answers(port, "/live/overview"), 120, "the web process answers", processes)
        installation = Installation(folder, port, pids, time.monotonic() - started)
        wait_until(lambda: _all_live(installation), 120, "every source is live", processes)
        wait_until(
            lambda: _is_idle(folder / "data" / "static", pids["web"]), 300, "the web process has compressed its files"
        )
        yield installation
    finally:
        terminate_all(children)
        shutil.rmtree(folder, ignore_errors=True)


def _commands(load: int) -> dict[str, list[str]]:
    program = str(ROOT / "app.py")
    return {
        "load": [sys.executable, "-m", "benchmarks.load_server", str(load), str(SOURCES + 1)],
        **{role: [sys.executable, program, role] for role in ("poll", "web", "work")},
    }


def configure(folder: Path, load: int) -> None:
    """Writes the configuration: workload W, a source that is polled each second, the units of the map, agencies."""
    base = f"http://127.0.0.1:{load}"
    write_config(folder, base, SOURCES, READINGS, EVERY)
    shutil.copy(ROOT / "config" / "cantho" / "units.yaml", folder / "units.yaml")
    agencies = [{"key": key, "name": f"Cơ quan {key} (mô phỏng)", "short": key, "simulated": True} for key in AGENCIES]
    agencies = [*_rows(folder / "agencies.yaml"), *agencies]
    (folder / "agencies.yaml").write_text(json.dumps(agencies, ensure_ascii=False), "utf-8")
    sources, rows = _rows(folder / "sources.yaml"), _rows(folder / "kpis.yaml")
    text = (
        json.dumps(sources[-1])
        .replace(f"load-{SOURCES - 1}", QUICK)
        .replace(f"/load/{SOURCES - 1}", f"/load/{SOURCES}")
    )
    sources.append({**json.loads(text), "every": "1s", "deadline": "1s"})
    rows[0]["formula"] = {"op": "last", "inputs": [f"{QUICK}-0"]}
    for name, body in (("sources", sources), ("kpis", rows)):
        (folder / f"{name}.yaml").write_text(json.dumps(body, ensure_ascii=False), "utf-8")


def _rows(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def fill_history(url: str) -> None:
    """Fills a day of each KPI by the minute, so that the charts are full."""
    store, now = Store(url), utc_now().replace(microsecond=0)
    store.migrate()
    minutes = range(int(HISTORY.total_seconds() / 60), 0, -1)
    values = (
        (KpiValue(f"load-{n}", FigureState.OK, at, 50 + (minute * 7 + n) % 40 / 4, data_time=at), at)
        for minute in minutes
        for n in range(KPIS)
        for at in (now - timedelta(minutes=minute),)
    )
    with store.write() as conn:
        kpi_values.backfill(conn, values)
    store.close()


def store_url(folder: Path) -> str:
    """The URL of the store of an installation in `folder`."""
    return f"sqlite:///{folder / 'data' / 'ioc.db'}"


def fetch(port: int, path: str, timeout: float = 60.0) -> bytes:
    """GET from `port` on loopback, without a proxy. HTTPException unless the status is 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise HTTPException(f"{path} answered {answer.status}")
        return answer.read()
    finally:
        connection.close()


def answers(port: int, path: str) -> bool:
    """Whether `path` is answered with 200."""
    try:
        return bool(fetch(port, path))
    except (OSError, HTTPException):
        return False


def _all_live(installation: Installation) -> bool:
    rows = json.loads(installation.get("/api/v1/sources"))["sources"]
    live = [row for row in rows if row["state"] == "live"]
    return len(live) == SOURCES + 1


def _is_idle(folder: Path, pid: int) -> bool:
    """Whether the web process has compressed its files and used less than a tenth of a core for two seconds."""
    before = cpu_seconds(pid)
    time.sleep(2.0)
    return is_compressed(folder) and cpu_seconds(pid) - before < 0.2


def is_compressed(folder: Path) -> bool:
    """Whether each text that the web process keeps in `folder` is there compressed too.

    That it computes little does not tell: on a busy machine its compressing waits for everybody else.
    """
    files = set(folder.iterdir())
    plain = [file for file in files if not file.suffix and file.with_name(f"{file.name}.gzip") not in files]
    return bool(files) and not any(map(_is_compressible, plain))


def _is_compressible(file: Path) -> bool:
    body = file.read_bytes()
    with suppress(UnicodeDecodeError):
        return len(body.decode()) > _LEAST_COMPRESSED
    return False


def wait_until(
    condition: Callable[[], bool],
    seconds: float,
    description: str,
    processes: Sequence[tuple["subprocess.Popen[bytes]", Path]] = (),
) -> None:
    """Returns once `condition` is true. TimeoutError with `description` after `seconds`.

    `processes`: those that must run meanwhile, each with its log. ProcessEndedError as soon as one has ended.
    """
    until = time.monotonic() + seconds
    while True:
        is_met = condition()
        for process, log in processes:
            if process.poll() is not None:
                raise ProcessEndedError(process, log)
        if is_met:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:.0f} s: {description}")
        time.sleep(0.1)


def log_end(log: Path) -> str:
    """The last 2000 bytes of a log; "" without one."""
    return log.read_bytes()[-2000:].decode("utf-8", "replace") if log.exists() else ""


def terminate_all(children: list[subprocess.Popen[bytes]]) -> None:
    """Terminates these processes, the newest first, and waits for them."""
    for child in reversed(children):
        child.terminate()
    for child in reversed(children):
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin is not None:
            child.stdin.close()

"""Readiness of a benchmark's processes: one that has ended is named with its log, so is a source that is not live."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from benchmarks.chaos.installation import unhealthy_rows, wait_until_healthy
from benchmarks.chaos.servers import ChaosServer
from benchmarks.installation import ProcessEndedError, is_compressed, wait_until
from benchmarks.process import is_running, process_tree

LIVE = {"key": "a", "state": "live", "consecutive_failures": 0, "last_error": None}
DOWN = {"key": "b", "state": "down", "consecutive_failures": 3, "last_error": {"code": "http.timeout"}}


class EndingServer(ChaosServer):
    """A server that ends at once."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", "import sys; sys.exit('address in use')"]


class RestartingServer(ChaosServer):
    """A server that starts its child anew as soon as that has ended."""

    def command(self) -> list[str]:
        return ["sh", "-c", "while :; do sleep 600 & wait $!; done"]

    def _is_ready(self) -> bool:
        return self.process is not None and len(process_tree(self.process.pid)) == 3


def answers(*sources: dict[str, Any], is_live: bool = True, kpi: str = "ok") -> dict[str, Any]:
    kpis = [{"key": "a", "state": kpi, "reason": ""}]
    return {"sources": {"is_live": is_live, "sources": list(sources)}, "kpis": {"kpis": kpis}}


@pytest.fixture
def api() -> Iterator[ThreadingHTTPServer]:
    """An API with a source that is down."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers(LIVE, DOWN)[self.path.rpartition("/")[2]]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keeps the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        yield server
        server.shutdown()


def test_server_that_ends_before_it_answers_is_named_with_its_log(tmp_path: Path) -> None:
    server = EndingServer("ending", tmp_path, 0)
    with pytest.raises(ProcessEndedError) as caught:
        server.start()
    server.kill()
    assert str(tmp_path / "log") in str(caught.value) and "address in use" in str(caught.value)


def test_server_is_not_started_on_a_port_in_use(tmp_path: Path, api: ThreadingHTTPServer) -> None:
    server = EndingServer("ending", tmp_path, 0, port=api.server_port)
    with pytest.raises(OSError, match=f"port {api.server_port} of ending"):
        server.start()
    assert server.process is None


def test_killed_server_leaves_no_process_behind(tmp_path: Path) -> None:
    for number in range(3):
        server = RestartingServer(f"restarting-{number}", tmp_path, 0)
        server.start()
        assert server.process is not None
        guard, shell, child = process_tree(server.process.pid)
        session = os.getsid(shell)
        server.kill()
        assert not any(map(is_running, (guard, shell, child)))
        assert not [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _session(pid) == session]


def _session(pid: int) -> int:
    """The session of a running process; 0 for one that has ended."""
    try:
        return os.getsid(pid) if is_running(pid) else 0
    except ProcessLookupError:
        return 0


def test_met_condition_counts_only_while_the_process_runs(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        wait_until(lambda: True, 1, "it runs", [(process, tmp_path / "log")])
        process.kill()
        process.wait()
        with pytest.raises(ProcessEndedError, match="exit code -9"):
            wait_until(lambda: True, 1, "it runs", [(process, tmp_path / "log")])


def test_timeout_names_the_sources_that_are_not_live(tmp_path: Path, api: ThreadingHTTPServer) -> None:
    (tmp_path / "poll.log").write_text("the log's end")
    with pytest.raises(TimeoutError) as caught:
        wait_until_healthy(tmp_path, api.server_port, (), 0.0)
    first, *more = caught.value.__notes__
    assert first.startswith("b is down, failures: 3") and "http.timeout" in first
    assert json.loads(more[0]) == answers(LIVE, DOWN)
    assert "the log's end" in "".join(more)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (answers(LIVE), []),
        (answers(LIVE, is_live=False), ["the poller"]),
        (answers(LIVE, kpi="no_data"), ["KPI a is no_data"]),
        (answers(LIVE) | {"kpis": {"error": "refused"}}, ["kpis: refused"]),
    ],
)
def test_each_unhealthy_part_is_named(given: dict[str, Any], named: list[str]) -> None:
    rows = unhealthy_rows(given)
    assert len(rows) == len(named) and all(map(str.startswith, rows, named))


def test_files_are_compressed_once_each_text_is(tmp_path: Path) -> None:
    assert not is_compressed(tmp_path)
    for name, body in {"a": b"x" * 400, "b": b"y" * 900, "font": b"\xff" * 900, "short": b"z"}.items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "b.br").touch()
    (tmp_path / "b.gzip").touch()
    assert not is_compressed(tmp_path)
    (tmp_path / "a.gzip").touch()
    assert is_compressed(tmp_path)

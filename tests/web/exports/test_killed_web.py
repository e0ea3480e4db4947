"""The process of an export ends with the web process that started it, however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

ROOT = Path(__file__).parents[3]
LIMIT = 60.0  # seconds, for a machine under load; each wait is for a condition
WEB = """
import signal
from components.ui.export_table import ExportColumn, ExportTable
from ioc.web.exports.table_process import write_table

def rows():
    for _ in range(4_000):  # far more than a pipe holds: the other process has begun to read
        yield ("x" * 1_000,)
    print("handed over", flush=True)
    signal.pause()

write_table(ExportTable("bang", "Bảng", [ExportColumn("Tên")], rows()), "csv", "a")
"""


def state(pid: int) -> str:
    """The state of a process; "Z" of one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def children(parent: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if f"PPid:\t{parent}\n" in status(pid)]


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def reaches(pid: int, wanted: str) -> bool:
    until = monotonic() + LIMIT
    while state(pid) != wanted and monotonic() < until:
        sleep(0.01)
    return state(pid) == wanted


def test_process_of_an_export_ends_with_a_killed_web_process_even_while_it_is_paused() -> None:
    with subprocess.Popen([sys.executable, "-c", WEB], cwd=ROOT, stdout=subprocess.PIPE, text=True) as web:
        assert web.stdout is not None and web.stdout.readline() == "handed over\n"
        (child,) = children(web.pid)
        os.kill(child, signal.SIGSTOP)  # so it cannot come to its own end
        try:
            assert reaches(child, "T")
            web.kill()
            web.wait()
            assert reaches(child, "Z")
        finally:
            if state(child) != "Z":
                os.kill(child, signal.SIGKILL)


def test_process_of_an_export_that_starts_after_its_web_process_has_ended_writes_nothing() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, "-m", "ioc.worker.write_table", str(gone.pid)]
    late = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT, check=False)
    assert (late.returncode, late.stdout) == (-signal.SIGKILL, b"")

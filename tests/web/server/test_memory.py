"""Threads of the web process share their pools of memory, and freed memory goes back."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mallopt and malloc_trim are glibc's")

# Eight threads keep 100 kB each, beside 20 MB that each frees in pieces too small to be given back at once.
_PROGRAM = """
import sys, threading
from ioc.web.server import memory
if sys.argv[1] == "1":
    memory.share_arenas()
kept, barrier = [], threading.Barrier(8)
def work():
    barrier.wait()
    pieces = [bytes(2_000) for _ in range(10_000)]
    kept.append(bytes(2_000))
    barrier.wait()
    del pieces
threads = [threading.Thread(target=work) for _ in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
if sys.argv[1] == "1":
    memory.trim()
resident = next(line for line in open("/proc/self/smaps_rollup") if line.startswith("Rss"))
print(int(resident.split()[1]) // 1024)
"""


def _resident_mb(has_measures: bool) -> int:
    command = [sys.executable, "-c", _PROGRAM, str(int(has_measures))]
    root = Path(__file__).parents[3]
    return int(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout)


def test_freed_memory_of_threads_goes_back() -> None:
    assert _resident_mb(True) < _resident_mb(False) - 20

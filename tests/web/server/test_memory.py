"""Threads share their pools of memory, freed memory goes back, libraries wait for their first use."""

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


_DEFERRED = """
import sys
from ioc.web.server import memory
memory.defer_import("xml.dom.minidom")
import xml.dom.minidom as late
before = "xml.dom.xmlbuilder" in sys.modules
text = late.parseString("<a/>").documentElement.tagName
import xml.dom.minidom
print(before, text, "xml.dom.xmlbuilder" in sys.modules, xml.dom.minidom.Node is late.Node)
memory.defer_import("xml.dom.minidom")
print(type(sys.modules["xml.dom.minidom"]).__name__)
"""


def test_deferred_library_is_loaded_at_its_first_use_and_is_the_library_then() -> None:
    command = [sys.executable, "-c", _DEFERRED]
    shown = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True).stdout
    assert shown.split("\n") == ["False a True True", "module", ""]


# Both threads have seen what stands in for the library before either of them takes it away.
_AT_ONCE = """
import threading
from ioc.web.server import memory
memory.defer_import("xml.dom.minidom")
import xml.dom.minidom as late
barrier, failed = threading.Barrier(2), []
def seen(value, kind):
    try:
        barrier.wait(1)
    except threading.BrokenBarrierError:
        pass
    return isinstance(value, kind)
memory.isinstance = seen
def use():
    try:
        late.parseString("<a/>")
    except Exception as error:
        failed.append(type(error).__name__)
threads = [threading.Thread(target=use) for _ in range(2)]
[each.start() for each in threads]
[each.join() for each in threads]
print(failed)
"""


def test_deferred_library_is_used_by_two_threads_at_once() -> None:
    command = [sys.executable, "-c", _AT_ONCE]
    shown = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True).stdout
    assert shown == "[]\n"

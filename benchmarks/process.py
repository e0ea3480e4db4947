"""CPU and memory of processes as Linux counts them in /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def process_tree(pid: int) -> list[int]:
    """`pid` and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for path in _PROC.iterdir():
        if path.name.isdigit() and (fields := _stat(int(path.name))):
            parents.setdefault(int(fields[1]), []).append(int(path.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that `pid` and its living descendants have used."""
    return sum(_cpu_of(one) for one in process_tree(pid))


def cpu_seconds_with_children(pid: int) -> float:
    """The same with the descendants that have ended and were waited for."""
    return sum(_cpu_of(one, 4) for one in process_tree(pid))


def _cpu_of(pid: int, kinds: int = 2) -> float:
    """In user mode and in the kernel; with `kinds` 4 also of children that have ended."""
    fields = _stat(pid)
    return sum(map(int, fields[11 : 11 + kinds])) / _TICK if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; none when it has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def memory_mb(pids: Iterable[int]) -> tuple[float, float]:
    """(PSS, RSS) in MB of these processes and their descendants. PSS shares out what several hold."""
    pss = rss = 0
    for pid in (one for root in pids for one in process_tree(root)):
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        held = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:] if line.endswith("kB")}
        pss += held.get("Pss:", 0)
        rss += held.get("Rss:", 0)
    return pss / 1024, rss / 1024


def process_environment(folder: Path, **settings: str) -> dict[str, str]:
    """Of a program over the configuration and the store in `folder`: no setting of whoever measures is in it."""
    kept = {key: one for key, one in os.environ.items() if not key.startswith("IOC_") and key != "DATABASE_URL"}
    return kept | {
        "IOC_CONFIG": str(folder / "config"), "IOC_DATA": str(folder / "data"), "NO_PROXY": "127.0.0.1", **settings,
    }  # fmt: skip

"""CPU and memory of processes as Linux counts them in /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def process_tree(pid: int) -> list[int]:
    """`pid` and the ids of its living descendants."""
    parents: dict[int, list[int]] = {}
    for path in _PROC.iterdir():
        if path.name.isdigit() and (fields := _stat(int(path.name))):
            parents.setdefault(int(fields[1]), []).append(int(path.name))
    tree = [pid]
    for parent in tree:
        tree += parents.get(parent, [])
    return tree


def is_running(pid: int) -> bool:
    """Whether there is such a process and it has not ended."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in ("Z", "X")


def cpu_seconds(pid: int) -> float:
    """CPU seconds of `pid` and its living descendants since their start."""
    return sum(_cpu_of(member) for member in process_tree(pid))


def cpu_seconds_with_children(pid: int) -> float:
    """As `cpu_seconds`, with descendants that have ended and were waited for."""
    return sum(_cpu_of(member, 4) for member in process_tree(pid))


def _cpu_of(pid: int, kinds: int = 2) -> float:
    """CPU seconds in user and kernel mode; with `kinds` 4 also of children that have ended."""
    fields = _stat(pid)
    return sum(map(int, fields[11 : 11 + kinds])) / _TICK if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; empty when the process has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def memory_mb(pids: Iterable[int]) -> tuple[float, float]:
    """(PSS, RSS) in MB of these processes and their descendants. PSS divides shared pages among their processes."""
    pss = rss = 0
    for pid in (member for root in pids for member in process_tree(root)):
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        sizes = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:] if line.endswith("kB")}
        pss += sizes.get("Pss:", 0)
        rss += sizes.get("Rss:", 0)
    return pss / 1024, rss / 1024


def process_environment(folder: Path, **settings: str) -> dict[str, str]:
    """Environment of a program over the configuration and the store in `folder`, without the settings of the caller."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith("IOC_") and key != "DATABASE_URL"
    }
    return inherited | {
        "IOC_CONFIG": str(folder / "config"), "IOC_DATA": str(folder / "data"), "NO_PROXY": "127.0.0.1", **settings,
    }  # fmt: skip

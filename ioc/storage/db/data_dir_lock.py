"""Who works on a folder of data: each process holds a share of it, and who replaces it must have it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = "running"


def share(data: Path) -> bool:
    """Hold a share until this process ends; False while the folder is being replaced."""
    return _locked(data, fcntl.LOCK_SH) is not None


def first(data: Path) -> bool:
    """Be the one supervisor on it until this process ends; False while there is another."""
    return _locked(data, fcntl.LOCK_EX, "supervised") is not None


@contextmanager
def alone(data: Path) -> Iterator[bool]:
    """Whether nobody else works on it; then nobody begins to before this ends."""
    file = _locked(data, fcntl.LOCK_EX)
    try:
        yield file is not None
    finally:
        if file is not None:
            os.close(file)


def _locked(data: Path, how: int, name: str = _FILE) -> int | None:
    data.mkdir(parents=True, exist_ok=True)
    file = os.open(data / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file

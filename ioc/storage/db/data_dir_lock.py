"""Who works on a folder of data: each process holds a share of it, and who replaces it must have it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK_FILE = "data.lock"


def acquire_shared(data: Path) -> bool:
    """Hold a share until this process ends; False while the folder is being replaced."""
    return _try_lock(data, fcntl.LOCK_SH) is not None


def acquire_supervisor(data: Path) -> bool:
    """Be the one supervisor on it until this process ends; False while there is another."""
    return _try_lock(data, fcntl.LOCK_EX, "supervisor.lock") is not None


@contextmanager
def exclusive(data: Path) -> Iterator[bool]:
    """Whether nobody else works on it; then nobody begins to before this ends."""
    file = _try_lock(data, fcntl.LOCK_EX)
    try:
        yield file is not None
    finally:
        if file is not None:
            os.close(file)


def _try_lock(data: Path, operation: int, name: str = _LOCK_FILE) -> int | None:
    data.mkdir(parents=True, exist_ok=True)
    file = os.open(data / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file

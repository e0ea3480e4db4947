"""Locks on the data folder: its users share one, a restore takes it exclusively; and one supervisor at a time.

StoreError (LOCK_NOT_OPENED) of each: who goes on without the lock would write into a folder that a restore replaces.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ioc.storage.db.file_lock import try_lock

DATA_LOCK, SUPERVISOR_LOCK = "data.lock", "supervisor.lock"


def acquire_shared(data: Path) -> int | None:
    """Takes a shared lock until this process ends or closes its descriptor; None while the folder is being restored."""
    return _try_lock(data, fcntl.LOCK_SH, DATA_LOCK)


def acquire_supervisor(data: Path) -> bool:
    """Takes the supervisor's lock until this process ends; False while another process has it."""
    return _try_lock(data, fcntl.LOCK_EX, SUPERVISOR_LOCK) is not None


@contextmanager
def exclusive(data: Path) -> Iterator[bool]:
    """Whether no other process uses the folder; if so, none begins to before this context ends."""
    lock = _try_lock(data, fcntl.LOCK_EX, DATA_LOCK)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


def _try_lock(data: Path, operation: int, name: str) -> int | None:
    while True:
        with suppress(OSError):  # opening the file says why there is no folder
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = try_lock(data / name, operation)
        if file is None or _is_of(file, data / name):
            return file
        os.close(file)  # of a folder that a restore replaced between opening and locking


def _is_of(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False

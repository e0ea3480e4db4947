"""Locks on files, which the end of a process releases."""

import fcntl
import os
from pathlib import Path

from ioc.domain.base.system_errors import system_failure
from ioc.storage.db.errors import StoreCode, StoreError


def try_lock(path: Path, operation: int = fcntl.LOCK_EX) -> int | None:
    """Locks the file at `path`, which is made where there is none; closing the descriptor releases it.

    None while another process has a lock that excludes `operation`. StoreError (LOCK_NOT_OPENED) where there can be no
    lock.
    """
    file = None
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, operation | fcntl.LOCK_NB)
        return file
    except OSError as error:
        if file is not None:
            os.close(file)
        if isinstance(error, BlockingIOError):
            return None
        raise StoreError(StoreCode.LOCK_NOT_OPENED, path=str(path), cause=system_failure(error)) from None

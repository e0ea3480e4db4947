"""Replaces a folder by another: atomically where the system can, keeping the old one beside it."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

from ioc.domain.base.durable_files import sync

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of linux/fcntl.h, linux/fs.h


def swap_directory(fresh: Path, target: Path, replaced_path: Path) -> None:
    """Moves `fresh` to `target`, and what was at `target` to `replaced_path`. OSError: nothing has changed.

    Once this has returned, a power cut changes nothing of it.

    All three lie in one folder. Killed in between, the old folder is whole at `target` or at `fresh`, never lost.
    Within `delaying_signals` only: who cleans up `fresh` after a signal must not find the old folder there.
    """
    _swap(fresh, target, replaced_path)
    with suppress(OSError):  # it is done
        sync(target.parent)


def _swap(fresh: Path, target: Path, replaced_path: Path) -> None:
    if not target.exists():
        os.rename(fresh, target)
        return
    if _exchange(fresh, target):
        try:
            os.rename(fresh, replaced_path)
        except OSError:
            _exchange(fresh, target)
            raise
        return
    os.rename(target, replaced_path)
    try:
        os.rename(fresh, target)
    except OSError:
        os.rename(replaced_path, target)
        raise


def _exchange(one: Path, other: Path) -> bool:
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)

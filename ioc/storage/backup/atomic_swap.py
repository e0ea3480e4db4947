"""A folder put in the place of another: at one stroke where the system can, and the old one kept beside it."""

import ctypes
import os
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE


def swap_directory(fresh: Path, target: Path, replaced_path: Path) -> None:
    """`fresh` stands at `place`; what stood there stands at `aside`. OSError: all is as it was.

    Both lie in one folder. Cut off in the middle, the old one is whole at `place` or at `fresh`'s name, never lost.
    """
    if not target.exists():
        os.rename(fresh, target)
        return
    if _exchange(fresh, target):
        os.rename(fresh, replaced_path)
        return
    os.rename(target, replaced_path)
    try:
        os.rename(fresh, target)
    except OSError:
        os.rename(replaced_path, target)
        raise


def _exchange(one: Path, other: Path) -> bool:
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    return swap is not None and swap(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0

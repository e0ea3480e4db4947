"""A folder put in the place of another: at one stroke where the system can, and the old one kept beside it."""

import ctypes
import os
from pathlib import Path

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE


def replace(fresh: Path, place: Path, aside: Path) -> None:
    """`fresh` stands at `place`; what stood there stands at `aside`. OSError: all is as it was.

    Both lie in one folder. Cut off in the middle, the old one is whole at `place` or at `fresh`'s name, never lost.
    """
    if not place.exists():
        os.rename(fresh, place)
        return
    if _exchanged(fresh, place):
        os.rename(fresh, aside)
        return
    os.rename(place, aside)
    try:
        os.rename(fresh, place)
    except OSError:
        os.rename(aside, place)
        raise


def _exchanged(one: Path, other: Path) -> bool:
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    return swap is not None and swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0

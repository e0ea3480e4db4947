"""Memory of the C library: threads share few pools, and what they freed goes back to the system."""

import ctypes
import sys
from functools import cache

_M_ARENA_MAX = -8  # of mallopt(3)
_ARENAS = 2


@cache
def _libc() -> ctypes.CDLL | None:
    """The C library where it is glibc, which alone has these functions."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None


def share_arenas() -> None:
    """Lets all threads allocate from two pools: each thread would keep one of its own, 23 MB together.

    To be called before there are threads.
    """
    if library := _libc():
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def trim() -> None:
    """Gives freed memory back to the system."""
    if library := _libc():
        library.malloc_trim(0)

"""Work that waits (for the store, for a lock, for the processor) is refused on the thread of an event loop.

The web process handles each request on its event loop first. Whatever would block there raises WouldBlockError, and the
request is handled again by a thread of a pool.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_thread = threading.local()


class WouldBlockError(Exception):
    """This thread must not wait: repeat the work on another one."""


@contextmanager
def refuse_blocking() -> Iterator[None]:
    """Within the block `ensure_may_block` raises on this thread."""
    _thread.is_refusing = True
    try:
        yield
    finally:
        _thread.is_refusing = False


def may_block() -> bool:
    """Whether this thread may wait."""
    return not getattr(_thread, "is_refusing", False)


def ensure_may_block() -> None:
    """WouldBlockError where this thread must not wait."""
    if not may_block():
        raise WouldBlockError

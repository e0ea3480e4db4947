"""Threads in which a fetch reads an answer, for the links and lists that it follows: never on the event loop.

A poll that gives up at its deadline leaves its thread behind until the answer is read: the threads are few and their
own, so that hostile answers hold up neither the loop nor the rest of the program.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

_THREADS = 2  # read at the same time: an answer takes ten times its size and more
P = ParamSpec("P")
T = TypeVar("T")


@cache
def _thread_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, "answer")


async def read_in_thread(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read` returns, called in a thread; waiting for a free one counts towards the deadline of the poll."""
    return await asyncio.wrap_future(_thread_pool().submit(read, *args, **kwargs))

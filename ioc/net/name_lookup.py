"""Addresses of names: one thread for a name, however often it is asked for while its resolver does not answer.

getaddrinfo has no limit of time. In a shared pool of threads names without an answer would hold up all other work.
"""

import asyncio
import socket
from concurrent.futures import Future
from functools import partial
from threading import Lock

from ioc.domain.base.own_thread import ThreadStartError, start_in_own_thread

_running: dict[tuple[str, int], "Future[list[str]]"] = {}
_lock = Lock()


def look_up(host: str, port: int) -> "Future[list[str]]":
    """The addresses of `host`, to come; its exception is OSError. It cannot be cancelled: others may wait for it.

    Raises OSError where no thread can be started.
    """
    with _lock:
        lookup = _running.get((host, port))
        if lookup is None:
            try:
                lookup = start_in_own_thread(partial(_resolve, host, port))
            except ThreadStartError as error:
                raise OSError("no thread can be started") from error
            _running[host, port] = lookup
    return lookup


async def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of `host`. Raises OSError."""
    return await asyncio.wrap_future(look_up(host, port))


def _resolve(host: str, port: int) -> list[str]:
    try:
        return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except ValueError as error:
        raise OSError(str(error)) from error
    finally:
        with _lock:
            del _running[host, port]  # before it ends: whoever asks after that gets a new answer

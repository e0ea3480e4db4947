"""Addresses of names: one thread for a name, however often it is asked for while its resolver does not answer.

getaddrinfo has no limit of time. In a shared pool of threads names without an answer would hold up all other work.
"""

import asyncio
import socket
from concurrent.futures import Future
from threading import Lock, Thread

_running: dict[tuple[str, int], "Future[list[str]]"] = {}
_lock = Lock()


def look_up(host: str, port: int) -> "Future[list[str]]":
    """The addresses of `host`, to come; its exception is OSError. It cannot be cancelled: others may wait for it."""
    with _lock:
        lookup = _running.get((host, port))
        if lookup is None:
            lookup = _running[host, port] = Future()
            lookup.set_running_or_notify_cancel()  # from here on nobody can cancel it
            Thread(target=_resolve, args=(host, port, lookup), name="names", daemon=True).start()
    return lookup


async def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of `host`. Raises OSError."""
    return await asyncio.wrap_future(look_up(host, port))


def _resolve(host: str, port: int, lookup: "Future[list[str]]") -> None:
    addresses, failure = list[str](), None
    try:
        addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, ValueError) as error:
        failure = error if isinstance(error, OSError) else OSError(str(error))
    with _lock:
        del _running[host, port]  # before it ends: whoever asks after that gets a new answer
    if failure:
        lookup.set_exception(failure)
    else:
        lookup.set_result(addresses)

"""Name resolution in threads of its own: names that hang must not take the threads that read files."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from ioc.net.ssrf import filter_addresses, require_public


class ThreadedResolver(AbstractResolver):
    """getaddrinfo in up to `threads` threads, which are made only when needed."""

    def __init__(self, threads: int = 64) -> None:
        self._threads = ThreadPoolExecutor(threads, "names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`. OSError when it has none."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Let the threads go; one that still hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def address_resolver(private: bool) -> Callable[[str, int], list[str]]:
    """`World.reach` of rows that are `private`, or are not."""

    def addresses(host: str, port: int) -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return filter_addresses((str(one[4][0]) for one in found), private)

    return addresses


def guarded_socket_factory(private: bool) -> Callable[[tuple[Any, ...]], socket.socket]:
    """Makes the socket for one address that a name, or an address in any spelling, led to. Barred.

    It is asked at the last moment, with the very address that is connected to: no second answer of a resolver, no
    redirect and no spelling comes after it.
    """

    def made(found: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, address = found
        require_public(str(address[0]), private)
        return socket.socket(family, kind, proto)

    return made

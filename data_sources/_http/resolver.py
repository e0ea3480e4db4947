"""Name resolution in a thread pool of its own, so that slow names do not hold up other work, and its SSRF guard."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from ioc.net.name_lookup import look_up
from ioc.net.ssrf import filter_addresses, require_public


class ThreadedResolver(AbstractResolver):
    """getaddrinfo in up to `threads` threads, which start only when they are needed."""

    def __init__(self, threads: int = 64) -> None:
        self._threads = ThreadPoolExecutor(threads, "names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises OSError when it has none."""
        loop = asyncio.get_running_loop()
        infos = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=address_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address_family, _, proto, _, address in infos
        ]

    async def close(self) -> None:
        """Stop the threads without waiting for one that still hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def address_resolver(allow_private: bool) -> Callable[[str, int], list[str]]:
    """See FetchContext.address_resolver."""

    def addresses(host: str, port: int) -> list[str]:
        return filter_addresses(look_up(host, port).result(), allow_private)

    return addresses


def guarded_socket_factory(allow_private: bool) -> Callable[[tuple[Any, ...]], socket.socket]:
    """A socket factory for aiohttp that raises PrivateAddressError for a private address unless that is allowed.

    It is called last, with the very address that is connected to: no second answer of a resolver, no redirect and no
    other spelling of the address comes after it.
    """

    def create_socket(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, address = address_info
        require_public(str(address[0]), allow_private)
        return socket.socket(family, kind, proto)

    return create_socket

"""The bytes of a database's connections, limited: libpq takes a row of any size into memory before anybody sees it.

The driver connects to a listener on loopback that passes everything on. It still checks certificates by the server's
name, and what is encrypted passes encrypted.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

LOOPBACK = "127.0.0.1"
_BLOCK_BYTES = 65_536


@dataclass(slots=True)
class Relay:
    """Passes connections to the first of `addresses` that accepts, until the server has sent `limit` bytes.

    `received`: bytes of the server. `connect_error`: why no address accepted.
    """

    addresses: Sequence[str]
    port: int
    limit: int
    received: int = 0
    connect_error: OSError | None = None

    @property
    def is_exceeded(self) -> bool:
        """Whether the server sent more than the limit, and its connections were closed."""
        return self.received > self.limit

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Passes one connection in both directions until one side ends it."""
        with closing(writer):
            try:
                server_reader, server_writer = await self._connect()
            except OSError as error:
                self.connect_error = error
                return
            with closing(server_writer):
                await _first_end(self._pass(server_reader, writer), _pass_all(reader, server_writer))

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        for address in self.addresses[:-1]:
            try:
                return await asyncio.open_connection(address, self.port)
            except OSError:
                continue
        return await asyncio.open_connection(self.addresses[-1], self.port)

    async def _pass(self, reader: StreamReader, writer: StreamWriter) -> None:
        while block := await reader.read(_BLOCK_BYTES):
            self.received += len(block)
            if self.is_exceeded:
                return
            writer.write(block)
            await writer.drain()


@asynccontextmanager
async def open_relay(relay: Relay) -> AsyncIterator[int]:
    """The port of `relay` on loopback, for the time of the context."""
    tasks: list[asyncio.Task[None]] = []

    def accept(reader: StreamReader, writer: StreamWriter) -> None:
        tasks.append(asyncio.create_task(relay.serve(reader, writer)))

    server = await asyncio.start_server(accept, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_all(reader: StreamReader, writer: StreamWriter) -> None:
    while block := await reader.read(_BLOCK_BYTES):
        writer.write(block)
        await writer.drain()


async def _first_end(*directions: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(direction) for direction in directions]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""A connection is ended when a server sends more than answers: unasked on an idle one, or interim responses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from ioc.domain.ingest.protocol import SourceError
from tests.data_sources.server import client_factory, row

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
UNASKED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
MAX_BYTES = 64 * 1_048_576  # that a server sends of its own accord
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
Loop = Callable[[], asyncio.AbstractEventLoop]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(serve: Serve) -> AsyncIterator[str]:
    """The address of a loopback server that does `serve` on each connection."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"


async def flood(writer: asyncio.StreamWriter, piece: bytes) -> int:
    """The bytes that were sent until the connection ended, MAX_BYTES at most."""
    sent, block = 0, piece * (65_536 // len(piece))
    try:
        while sent < MAX_BYTES:
            writer.write(block)
            await writer.drain()
            sent += len(block)
    except ConnectionError:
        pass
    finally:
        writer.close()
    return sent


async def read_head(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


def run(loop: Loop, test: Callable[[], Awaitable[int]]) -> int:
    async def main() -> int:
        return await asyncio.wait_for(test(), 30)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("piece", [UNASKED, INTERIM, b"x"])
def test_what_an_idle_connection_receives_ends_it(loop: Loop, piece: bytes) -> None:
    async def test() -> int:
        sent, answers = asyncio.get_running_loop().create_future(), 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal answers
            await read_head(reader)
            answers += 1
            writer.write(ANSWER)
            await writer.drain()
            if answers > 1:
                writer.close()
                return
            await fetched.wait()
            sent.set_result(await flood(writer, piece))

        fetched = asyncio.Event()
        async with raw_server(serve) as address, client_factory() as clients:
            source = row(address)
            await clients.context_for(source).get(source, address)
            fetched.set()
            flooded = await sent
            page = await clients.context_for(source).get(source, address)
            assert page and page.body == b"{}" and answers == 2
            return int(flooded)

    assert run(loop, test) < MAX_BYTES


@pytest.mark.parametrize("loop", LOOPS)
def test_interim_responses_without_end_are_no_answer(loop: Loop) -> None:
    async def test() -> int:
        sent = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_head(reader)
            count = await flood(writer, INTERIM)
            if not sent.done():
                sent.set_result(count)

        async with raw_server(serve) as address, client_factory() as clients:
            source = row(address)
            with pytest.raises(SourceError):
                await clients.context_for(source).get(source, address)
            return int(await sent)

    assert run(loop, test) < MAX_BYTES

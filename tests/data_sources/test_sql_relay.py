"""What a database sends is passed on up to a limit; the first of its addresses that accepts is taken."""

import asyncio
from asyncio import StreamReader, StreamWriter

import pytest

from data_sources.sql_view.relay import LOOPBACK, Relay, open_relay
from simulator.free_ports import free_port


async def answer_from(relay: Relay, answer: bytes) -> bytes:
    """What a client of `relay` receives from a server that answers a line with `answer`, and ends."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, LOOPBACK, relay.port), open_relay(relay) as own_port:
        reader, writer = await asyncio.open_connection(LOOPBACK, own_port)
        writer.write(b"ask\n")
        try:
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()


@pytest.mark.parametrize("addresses", [[LOOPBACK], ["127.0.0.9", LOOPBACK]])
async def test_both_directions_pass(addresses: list[str]) -> None:
    relay = Relay(addresses, free_port(), 1_000_000)
    assert await answer_from(relay, b"x" * 1_000_000) == b"x" * 1_000_000
    assert not relay.is_exceeded and relay.connect_error is None


async def test_the_connection_ends_at_the_limit() -> None:
    relay = Relay([LOOPBACK], free_port(), 999_999)
    assert len(await answer_from(relay, b"x" * 1_000_000)) < 1_000_000
    assert relay.is_exceeded


async def test_a_server_that_refuses_is_named() -> None:
    relay = Relay(["127.0.0.9", LOOPBACK], free_port(), 10)
    async with open_relay(relay) as own_port:
        reader, writer = await asyncio.open_connection(LOOPBACK, own_port)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
    assert isinstance(relay.connect_error, ConnectionRefusedError)


async def test_open_connections_end_with_the_relay_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    accepted = asyncio.Event()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        accepted.set()
        await reader.read()
        writer.close()

    relay = Relay([LOOPBACK], free_port(), 10)
    async with await asyncio.start_server(serve, LOOPBACK, relay.port):
        async with open_relay(relay) as own_port:
            reader, writer = await asyncio.open_connection(LOOPBACK, own_port)
            await asyncio.wait_for(accepted.wait(), 20)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
    assert caplog.text == ""

"""SFTP servers that send what is large to decode: the event loop of the poller goes on, and the source fails."""

import asyncio
import gc
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from time import process_time
from typing import Any

import asyncssh
import pytest

from data_sources._files.errors import FilesCode
from data_sources.tt10 import fetch
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError
from tests.data_sources.server import client_factory, row

NAMES = 349_000  # as many as one answer of 4 MB has room for: each has an empty name and no attributes
INIT, CLOSE, OPENDIR, READDIR = 1, 4, 11, 12  # types of the requests of SFTP
VERSION, STATUS, HANDLE, NAME = 2, 101, 102, 104  # and of their answers


class Session(asyncssh.SSHServerSession[bytes]):
    """Answers the listing of a folder with NAMES names in one packet, or never."""

    def __init__(self, *, is_silent: bool) -> None:
        self._is_silent, self._received = is_silent, b""

    def connection_made(self, chan: Any) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._received += data
        while len(self._received) >= 4:
            size = int.from_bytes(self._received[:4])
            packet, self._received = self._received[4 : 4 + size], self._received[4 + size :]
            self._answer(packet[0], packet[1:5])

    def _answer(self, kind: int, number: bytes) -> None:
        if kind == INIT:
            self._send(VERSION, struct.pack(">I", 3))
        elif kind == OPENDIR:
            self._send(HANDLE, number + struct.pack(">I", 1) + b"h")
        elif kind == READDIR and not self._is_silent:
            self._send(NAME, number + struct.pack(">I", NAMES) + bytes(12 * NAMES))
        elif kind == CLOSE:
            self._send(STATUS, number + bytes(12))

    def _send(self, kind: int, content: bytes) -> None:
        self._channel.write(struct.pack(">IB", len(content) + 1, kind) + content)


class Server(asyncssh.SSHServer):
    """Accepts any password."""

    def __init__(self, *, is_silent: bool) -> None:
        self._is_silent, self.has_session, self.has_ended = is_silent, False, asyncio.Event()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        self.has_ended.set()

    def validate_password(self, username: str, password: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def session_requested(self) -> Any:
        self.compression = self.connection.get_extra_info("send_compression")
        self.has_session = True
        return self.connection.create_server_channel(encoding=None), Session(is_silent=self._is_silent)


@asynccontextmanager
async def poll_of(
    *,
    is_silent: bool = False,
    compression: Sequence[str] = ("none",),
    key_exchanges: Sequence[str] | None = None,
    seconds: float = 120,
) -> AsyncIterator[tuple[asyncio.Task[Any], list[Server]]]:
    """A poll that runs, and the server's side of its connections."""
    host, servers = asyncssh.generate_private_key("ssh-ed25519"), list[Server]()

    def connect() -> Server:
        servers.append(Server(is_silent=is_silent))
        return servers[-1]

    async with (
        await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=connect,
            server_host_keys=[host],
            compression_algs=compression,
            kex_algs=key_exchanges or (),
        ) as listener,
        client_factory(secrets={"STATIONS_PASSWORD": "geheim"}) as factory,
    ):
        options = {"host_key": host.export_public_key().decode(), "password": "${STATIONS_PASSWORD}"}
        address = f"sftp://ioc@127.0.0.1:{listener.get_port()}/x"
        source = row(address, options, deadline=timedelta(seconds=seconds))
        yield asyncio.create_task(fetch(source, factory.context_for(source))), servers


async def first_session(servers: list[Server]) -> Server:
    """The first connection, once its session of SFTP begins."""
    while not servers or not servers[0].has_session:
        await asyncio.sleep(0.01)
    return servers[0]


async def longest_pause_until(work: asyncio.Task[Any]) -> float:
    """Of this event loop, in seconds of the processor, which a busy machine does not make more."""
    longest, last = 0.0, process_time()
    while not work.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, process_time() - last), process_time()
    return longest


@pytest.fixture
def collected() -> Iterator[None]:
    """No collection of garbage looks through what other tests have left: it would be a pause of the loop."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("collected")
async def test_listing_of_very_many_names_holds_up_no_other_work() -> None:
    began = process_time()
    async with poll_of() as (work, _):
        pause = await longest_pause_until(work)
        with pytest.raises(SourceError) as caught:
            await work
    assert caught.value.failure.code == FilesCode.TOO_MANY_FILES
    assert pause < (process_time() - began) / 3  # of what it takes to decode the names


async def test_group_that_the_server_chooses_is_not_negotiated() -> None:
    """One of 8,192 bits kept the interpreter for a minute, before the host key was verified."""
    async with poll_of(key_exchanges=["diffie-hellman-group-exchange-sha256"]) as (work, _):
        with pytest.raises(SourceError) as caught:
            await work
    assert caught.value.failure.code == FilesCode.SFTP_PROTOCOL_ERROR


async def test_compression_is_not_negotiated() -> None:
    """A packet of 124 kB would become 128 MB."""
    async with poll_of(is_silent=True, compression=("zlib@openssh.com", "none"), seconds=5) as (work, servers):
        assert (await first_session(servers)).compression == "none"
        work.cancel()
        await asyncio.wait({work})
    async with poll_of(compression=("zlib@openssh.com",)) as (work, _):
        with pytest.raises(SourceError) as caught:
            await work
    assert caught.value.failure.code == FilesCode.SFTP_PROTOCOL_ERROR


@pytest.mark.parametrize("by", ["deadline", "stop"])
async def test_connection_ends_with_its_poll(by: str) -> None:
    async with poll_of(is_silent=True, seconds=2 if by == "deadline" else 120) as (work, servers):
        server = await first_session(servers)
        if by == "stop":
            work.cancel()
        await asyncio.wait({work})
        await asyncio.wait_for(server.has_ended.wait(), 30)
        if by == "deadline":
            with pytest.raises(SourceError) as caught:
                work.result()
            assert caught.value.failure.code == IngestCode.DEADLINE_EXCEEDED

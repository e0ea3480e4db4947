"""SFTP servers that fall silent while they hold the connection: the poll ends in time, with what came before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from data_sources._files import sftp
from data_sources._http.factory import HttpClientFactory
from data_sources.tt10 import fetch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, SourceError
from ioc.domain.ingest.source import Source
from tests.data_sources._files.test_folder import names, put
from tests.data_sources.server import client_factory, row

GOOD = "pH\t7.25\t-\t20261124160000\t00\r\n"
NAME, BAD, NEXT = (f"CT_202611241{minute}00.txt" for minute in ("600", "605", "607"))
DEADLINE = 2.0


class Server(asyncssh.SSHServer):
    """Accepts the password "geheim"."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == "geheim"


class SilentFiles(asyncssh.SFTPServer):
    """Files of this machine, one request after the other, as OpenSSH does: behind one of `silent` none is answered."""

    # "list", "read" and "close", the latter two of the file BAD; "rest": of it only the first 10 bytes are given.
    silent = frozenset[str]()
    end: asyncio.Event

    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]") -> None:
        super().__init__(channel)
        self._bad: Any = None

    async def _answer(self, request: str) -> None:
        if request in self.silent:
            await self.end.wait()

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        async for entry in super().scandir(path):
            yield entry
        await self._answer("list")

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        file = super().open(path, pflags, attrs)
        if path.decode().endswith(BAD):
            self._bad = file
        return file

    async def read(self, file: Any, offset: int, size: int) -> bytes:
        if file is self._bad:
            await self._answer("read")
            if "rest" in self.silent:
                size = max(0, min(size, 10 - offset))
        answer: Any = super().read(file, offset, size)
        return bytes(answer)

    async def close(self, file: Any) -> None:
        if file is self._bad:
            await self._answer("close")
        super().close(file)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that says which requests have no answer from now on."""
    monkeypatch.setattr(sftp, "_LEAST_SECONDS", 0.2)
    monkeypatch.setattr(sftp, "_CONCURRENCY", 1)
    return lambda *requests: monkeypatch.setattr(SilentFiles, "silent", frozenset(requests))


@asynccontextmanager
async def source_of(folder: Path) -> AsyncIterator[tuple[Source, HttpClientFactory]]:
    host, SilentFiles.end = asyncssh.generate_private_key("ssh-ed25519"), asyncio.Event()
    async with (
        await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=[host], sftp_factory=SilentFiles
        ) as listener,
        client_factory(secrets={"STATIONS_PASSWORD": "geheim"}) as factory,
    ):
        options = {"host_key": host.export_public_key().decode(), "password": "${STATIONS_PASSWORD}"}
        address = f"sftp://ioc@127.0.0.1:{listener.get_port()}{folder}"
        yield row(address, options, deadline=timedelta(seconds=DEADLINE)), factory
        SilentFiles.end.set()


async def poll(source: Source, factory: HttpClientFactory) -> Payload:
    """A poll, which must end within a second of its deadline."""
    work = asyncio.create_task(fetch(source, factory.context_for(source)))
    await asyncio.wait({work}, timeout=DEADLINE + 1)
    is_done = work.done()
    work.cancel()
    assert is_done
    return work.result()


async def is_late(source: Source, factory: HttpClientFactory) -> bool:
    with pytest.raises(SourceError) as caught:
        await poll(source, factory)
    return caught.value.failure == Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": DEADLINE})


@pytest.mark.parametrize("request_name", ["read", "close"])
async def test_file_that_the_server_never_sends_keeps_back_none_before_it(
    tmp_path: Path, silent: Any, request_name: str
) -> None:
    silent(request_name)
    put(tmp_path / NAME, GOOD, age=30)
    put(tmp_path / BAD, GOOD, age=60)
    async with source_of(tmp_path) as (source, factory):
        assert names(await poll(source, factory)) == [NAME]
        assert await is_late(source, factory)
        put(tmp_path / NEXT, GOOD)
        assert names(await poll(source, factory)) == [NEXT]
        silent()
        assert names(await poll(source, factory)) == [BAD]


@pytest.mark.parametrize("request_name", ["list", "read"])
async def test_poll_without_any_file_in_time_fails_at_the_deadline(
    tmp_path: Path, silent: Any, request_name: str
) -> None:
    silent(request_name)
    put(tmp_path / BAD, GOOD)
    async with source_of(tmp_path) as (source, factory):
        assert await is_late(source, factory)
        silent()
        assert names(await poll(source, factory)) == [BAD]


async def test_file_that_the_server_gives_in_part_is_read_once_it_is_whole(tmp_path: Path, silent: Any) -> None:
    silent("rest")
    put(tmp_path / NAME, GOOD, age=30)
    put(tmp_path / BAD, GOOD, age=60)
    async with source_of(tmp_path) as (source, factory):
        assert names(await poll(source, factory)) == [NAME]
        silent()
        (page,) = (await poll(source, factory)).pages
    assert (page.address, page.body) == (BAD, GOOD.encode())

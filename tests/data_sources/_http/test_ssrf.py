"""No source reaches a private network: not by its address, a redirect, a next-link, DNS rebinding, or a spelling."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncssh
import pytest
from aiohttp import web
from yarl import URL

from data_sources import protocols
from data_sources._http.errors import HttpCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.source import Source
from ioc.net import ssrf
from tests.data_sources.server import client_factory, row

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"  # the first counts as an address of the Internet


class TwoServers:
    """A public and a private server on the same port, and the (address, path) of every request."""

    def __init__(self) -> None:
        self.port, self.requests = 0, list[tuple[str, str]]()

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport
        self.requests.append((request.transport.get_extra_info("sockname")[0], request.path))
        if location := request.query.get("to"):
            return web.Response(status=302, headers={"Location": location})
        return web.json_response({"items": []})

    @property
    def private_paths(self) -> list[str]:
        """The requests that reached the private server."""
        return [path for host, path in self.requests if host == PRIVATE]


def sockets_on_one_port() -> tuple[socket.socket, socket.socket]:
    """Listening on both addresses; a port that is free on the first may be taken on the second."""
    for _ in range(20):
        public = socket.create_server((PUBLIC, 0))
        try:
            return public, socket.create_server((PRIVATE, public.getsockname()[1]))
        except OSError:
            public.close()
    raise OSError("no port is free on both addresses")


@asynccontextmanager
async def two_servers() -> AsyncIterator[TwoServers]:
    servers, app = TwoServers(), web.Application()
    app.router.add_route("*", "/{tail:.*}", servers.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        for listener in sockets_on_one_port():
            await web.SockSite(runner, listener).start()
        servers.port = runner.addresses[0][1]
        yield servers
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def public_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one loopback address count as public; all others are judged as usual."""
    real = ssrf.is_public
    monkeypatch.setattr(ssrf, "is_public", lambda address: address == PUBLIC or real(address))


@contextmanager
def rebinding_name(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Iterator[list[str]]:
    """A resolver that gives `moves.example` the next of `answers` at each lookup; yields the lookups."""
    real, lookups = socket.getaddrinfo, list[str]()

    def fake(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if host != "moves.example":
            return real(host, port, *args, **kwargs)
        lookups.append(host)
        addresses = answers[min(len(lookups), len(answers)) - 1]
        return [info for address in addresses for info in real(address, port, type=socket.SOCK_STREAM)]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", fake)
        yield lookups


def private_address(host: str) -> Failure:
    return Failure(IngestCode.PRIVATE_ADDRESS, {"host": host})


async def failure_of(source: Source, address: str = "") -> Failure:
    """The failure of one GET."""
    async with client_factory() as factory:
        with pytest.raises(SourceError) as caught:
            await factory.context_for(source).get(source, address or source.address)
    return caught.value.failure


def public_row(address: str, options: dict[str, Any] | None = None, **changes: Any) -> Source:
    """A row that may not lead to a private address."""
    return row(address, options, may_be_private=False, **changes)


async def test_row_reaches_a_private_address_only_when_it_allows_that() -> None:
    async with two_servers() as servers, client_factory() as factory:
        source = public_row(f"http://{PUBLIC}:{servers.port}/")
        assert await factory.context_for(source).get(source, source.address)
        private = f"http://{PRIVATE}:{servers.port}/"
        assert await failure_of(public_row(private)) == private_address(PRIVATE) and not servers.private_paths
        allowed = row(private, may_be_private=True)
        assert await factory.context_for(allowed).get(allowed, private) and servers.private_paths == ["/"]


async def test_open_private_connection_is_not_reused_for_a_row_that_may_not_use_it() -> None:
    async with two_servers() as servers, client_factory() as factory:
        private = f"http://{PRIVATE}:{servers.port}/"
        allowed = row(private, key="b")
        assert await factory.context_for(allowed).get(allowed, private)  # and the connection stays open
        with pytest.raises(SourceError) as caught:
            await factory.context_for(public_row(private)).get(public_row(private), private)
        assert caught.value.failure == private_address(PRIVATE) and servers.private_paths == ["/"]


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost", "[::1]",
             "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "0", "0.0.0.0", "①②⑦.⓪.⓪.①", "[64:ff9b::7f00:1]",
             "169.254.169.254", "[fd00:ec2::254]", "100.64.0.1"],
)  # fmt: skip
async def test_private_address_is_refused_in_every_spelling(host: str) -> None:
    async with two_servers() as servers:
        failure = await failure_of(public_row(f"http://{host}:{servers.port}/"))
        assert failure.code == IngestCode.PRIVATE_ADDRESS and not servers.requests


@pytest.mark.parametrize(
    "host",
    [PRIVATE, "2130706433", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "[::ffff:169.254.169.254]", "[::1]",
     "0", "127.0.0.1.", "[64:ff9b::7f00:1]"],
)  # fmt: skip
async def test_redirect_to_a_private_address_is_refused_even_when_the_row_lists_the_host(host: str) -> None:
    async with two_servers() as servers:
        base, target = f"http://{PUBLIC}:{servers.port}", f"http://{host}:{servers.port}/latest"
        listed = public_row(f"{base}/?to={target}", allowed_hosts=(str(URL(target).host), host))
        assert (await failure_of(listed)).code == IngestCode.PRIVATE_ADDRESS
        assert (await failure_of(public_row(f"{base}/?to={target}"))).code == HttpCode.REDIRECT_NOT_ALLOWED
        assert not servers.private_paths


async def test_redirect_to_a_name_that_resolves_to_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with two_servers() as servers:
        base, target = f"http://{PUBLIC}:{servers.port}", f"http://moves.example:{servers.port}/latest"
        source = public_row(f"{base}/?to={target}", allowed_hosts=("moves.example",))
        with rebinding_name(monkeypatch, [PUBLIC], [PRIVATE]) as lookups:
            async with client_factory() as factory:
                assert await factory.context_for(source).get(source, source.address)
            assert await failure_of(source) == private_address("moves.example")
        assert len(lookups) == 2 and not servers.private_paths


async def test_next_link_to_a_private_address_is_refused() -> None:
    async with two_servers() as servers:
        source = public_row(f"http://{PUBLIC}:{servers.port}/", allowed_hosts=(PRIVATE,))
        failure = await failure_of(source, f"http://{PRIVATE}:{servers.port}/next")
        assert failure == private_address(PRIVATE) and not servers.private_paths


async def test_name_that_resolves_to_a_private_address_later_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with two_servers() as servers:
        source = public_row(f"http://moves.example:{servers.port}/")
        with rebinding_name(monkeypatch, [PUBLIC], [PRIVATE]) as lookups:
            async with client_factory() as factory:
                assert await factory.context_for(source).get(source, source.address)
            assert await failure_of(source) == private_address("moves.example")
            assert len(lookups) == 2 and not servers.private_paths


async def test_of_several_addresses_only_public_ones_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with two_servers() as servers:
        source = public_row(f"http://moves.example:{servers.port}/")
        with rebinding_name(monkeypatch, [PRIVATE, PUBLIC]):
            async with client_factory() as factory:
                assert await factory.context_for(source).get(source, source.address)
        assert servers.requests and not servers.private_paths


async def test_private_address_is_refused_behind_a_proxy_too() -> None:
    async with two_servers() as servers, client_factory(proxy=f"http://{PRIVATE}:{servers.port}") as factory:
        for host in ("10.1.2.3", "0x0a010203", "[fd00::1]"):
            source = public_row(f"http://{host}/")
            with pytest.raises(SourceError) as caught:
                await factory.context_for(source).get(source, source.address)
            assert caught.value.failure.code == IngestCode.PRIVATE_ADDRESS
        assert not servers.requests
        source = public_row("http://somewhere.invalid/")
        assert await factory.context_for(source).get(source, source.address)


def test_address_resolver_gives_public_addresses_only(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = client_factory().context_for(public_row("x")).address_resolver(public_row("x"))
    with rebinding_name(monkeypatch, [PRIVATE, "10.0.0.1", PUBLIC], [PRIVATE]):
        assert resolve("moves.example", 1883) == [PUBLIC]
        with pytest.raises(ssrf.PrivateAddressError):
            resolve("moves.example", 1883)
        assert client_factory().context_for(row()).address_resolver(row())("moves.example", 1883) == [PRIVATE]


KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "mqtt": ("mqtt://127.0.0.1:{port}", {"topics": ["a"], "series": "level", "value": "v"}),
    "sql_view": ("postgresql://ioc@127.0.0.1:{port}/x", {"query": "SELECT 1 AS v", "series": "level", "value": "v"}),
    "tt10": ("sftp://ioc@127.0.0.1:{port}/x", {"host_key": KEY, "password": "${SFTP_PASSWORD}"}),
}


@pytest.mark.parametrize("protocol", ROWS)
async def test_protocol_with_a_connection_of_its_own_refuses_a_private_address(protocol: str) -> None:
    connections = list[str]()

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(protocol)
        writer.close()

    server = await asyncio.start_server(accept, PRIVATE, 0)
    port = server.sockets[0].getsockname()[1]
    address, options = ROWS[protocol]
    async with server, client_factory(secrets={"SFTP_PASSWORD": "x"}) as factory:
        source = public_row(address.format(port=port), options, protocol=protocol, key=f"private-{protocol}")
        failures = await _failures_until(IngestCode.PRIVATE_ADDRESS, source, factory.context_for(source))
    assert failures[-1].code == IngestCode.PRIVATE_ADDRESS and not connections


async def _failures_until(code: str, source: Source, context: Any) -> list[Failure]:
    """The failures of fetches until one has the code: a listener connects beside the fetch."""
    failures = list[Failure]()
    for _ in range(100):
        try:
            async with asyncio.timeout(30):
                await protocols()[source.protocol].fetch(source, context)
        except SourceError as error:
            failures.append(error.failure)
            if error.failure.code == code:
                break
        await asyncio.sleep(0.05)
    return failures

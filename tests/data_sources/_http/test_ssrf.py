"""No source leads into the house: not by its address, a redirect, a next-link, a name that moves, or a spelling."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncssh
import pytest
from aiohttp import web

from data_sources import protocols
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.source import Source
from ioc.net import ssrf
from tests.data_sources.server import door, row

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"  # the first plays the Internet
BARRED = "lies on a private network, which the row does not allow"


class Two:
    """A server of the Internet and one of the house, on the same port."""

    def __init__(self) -> None:
        self.port, self.asked = 0, list[tuple[str, str]]()
        self.answers: dict[str, web.Response] = {}

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport
        self.asked.append((request.transport.get_extra_info("sockname")[0], request.path))
        location = request.query.get("to")
        return (
            web.Response(status=302, headers={"Location": location}) if location else web.json_response({"items": []})
        )

    @property
    def inside(self) -> list[str]:
        """What the house was asked for: nothing, ever."""
        return [path for host, path in self.asked if host == INSIDE]


def one_port() -> tuple[socket.socket, socket.socket]:
    """Listening on both addresses; a port that is free on the first may be taken on the second."""
    for _ in range(20):
        outside = socket.create_server((OUTSIDE, 0))
        try:
            return outside, socket.create_server((INSIDE, outside.getsockname()[1]))
        except OSError:
            outside.close()
    raise OSError("no port is free on both addresses")


@asynccontextmanager
async def two() -> AsyncIterator[Two]:
    made, app = Two(), web.Application()
    app.router.add_route("*", "/{tail:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        for one in one_port():
            await web.SockSite(runner, one).start()
        made.port = runner.addresses[0][1]
        yield made
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """One loopback address counts as public; the rule itself is as it is for all others."""
    real = ssrf.is_public
    monkeypatch.setattr(ssrf, "is_public", lambda address: address == OUTSIDE or real(address))


@contextmanager
def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Iterator[list[str]]:
    """A resolver whose answers to `moves.example` differ from one question to the next."""
    real, asked = socket.getaddrinfo, list[str]()

    def fake(host: Any, port: Any, *given: Any, **named: Any) -> list[Any]:
        if host != "moves.example":
            return real(host, port, *given, **named)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [one for address in found for one in real(address, port, type=socket.SOCK_STREAM)]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", fake)
        yield asked


async def reason(source: Source, address: str = "") -> str:
    """Why one get brought nothing."""
    async with door() as way:
        with pytest.raises(SourceError) as caught:
            await way.context_for(source).get(source, address or source.address)
    return caught.value.failure


def outward(address: str, options: dict[str, Any] | None = None, **changes: Any) -> Source:
    """A row that does not say `private`."""
    return row(address, options, may_be_private=False, **changes)


async def test_a_row_may_lead_outside_and_not_into_the_house_unless_it_says_so() -> None:
    async with two() as servers, door() as way:
        source = outward(f"http://{OUTSIDE}:{servers.port}/")
        assert await way.context_for(source).get(source, source.address)
        home = f"http://{INSIDE}:{servers.port}/"
        assert await reason(outward(home)) == f"{INSIDE} {BARRED}" and not servers.inside
        allowed = row(home, may_be_private=True)
        assert await way.context_for(allowed).get(allowed, home) and servers.inside == ["/"]


async def test_a_connection_of_one_that_may_is_not_handed_to_one_that_may_not() -> None:
    async with two() as servers, door() as way:
        home = f"http://{INSIDE}:{servers.port}/"
        allowed = row(home, key="b")
        assert await way.context_for(allowed).get(allowed, home)  # and the connection stays open
        with pytest.raises(SourceError, match=BARRED):
            await way.context_for(outward(home)).get(outward(home), home)
        assert servers.inside == ["/"]


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost", "[::1]",
             "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "0", "0.0.0.0", "①②⑦.⓪.⓪.①", "[64:ff9b::7f00:1]",
             "169.254.169.254", "[fd00:ec2::254]", "100.64.0.1"],
)  # fmt: skip
async def test_no_spelling_leads_inside(host: str) -> None:
    async with two() as servers:
        said = await reason(outward(f"http://{host}:{servers.port}/"))
        assert BARRED in said and not servers.asked


@pytest.mark.parametrize("host", [INSIDE, "2130706433", "localhost", "[::ffff:127.0.0.1]"])
async def test_a_redirect_leads_nowhere_inside_even_when_the_row_lists_the_host(host: str) -> None:
    async with two() as servers:
        base, to = f"http://{OUTSIDE}:{servers.port}", f"http://{host}:{servers.port}/latest"
        listed = outward(f"{base}/?to={to}", allowed_hosts=(INSIDE, host.strip("[]"), "::ffff:7f00:1"))
        assert BARRED in await reason(listed)
        assert "not allowed" in await reason(outward(f"{base}/?to={to}"))
        assert not servers.inside


async def test_a_next_link_leads_nowhere_inside() -> None:
    async with two() as servers:
        source = outward(f"http://{OUTSIDE}:{servers.port}/", allowed_hosts=(INSIDE,))
        assert BARRED in await reason(source, f"http://{INSIDE}:{servers.port}/next")
        assert not servers.inside


async def test_a_name_that_moves_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with two() as servers:
        source = outward(f"http://moves.example:{servers.port}/")
        with names(monkeypatch, [OUTSIDE], [INSIDE]) as asked:
            async with door() as way:
                assert await way.context_for(source).get(source, source.address)
            assert await reason(source) == f"moves.example {BARRED}"
            assert len(asked) == 2 and not servers.inside


async def test_of_a_names_addresses_only_those_outside_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with two() as servers:
        source = outward(f"http://moves.example:{servers.port}/")
        with names(monkeypatch, [INSIDE, OUTSIDE]):
            async with door() as way:
                assert await way.context_for(source).get(source, source.address)
        assert servers.asked and not servers.inside


async def test_behind_a_proxy_an_address_of_the_house_is_not_asked_for() -> None:
    async with two() as servers, door(proxy=f"http://{INSIDE}:{servers.port}") as way:
        for host in ("10.1.2.3", "0x0a010203", "[fd00::1]"):
            source = outward(f"http://{host}/")
            with pytest.raises(SourceError, match=BARRED):
                await way.context_for(source).get(source, source.address)
        assert not servers.asked
        source = outward("http://somewhere.invalid/")
        assert await way.context_for(source).get(source, source.address)


def test_other_protocols_get_addresses_by_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    found = door().context_for(outward("x")).address_resolver(outward("x"))
    with names(monkeypatch, [INSIDE, "10.0.0.1", OUTSIDE], [INSIDE]):
        assert found("moves.example", 1883) == [OUTSIDE]
        with pytest.raises(ssrf.PrivateAddressError):
            found("moves.example", 1883)
        assert door().context_for(row()).address_resolver(row())("moves.example", 1883) == [INSIDE]


KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "mqtt": ("mqtt://127.0.0.1:{port}", {"topics": ["a"], "series": "level", "value": "v"}),
    "sql_view": ("postgresql://ioc@127.0.0.1:{port}/x", {"query": "SELECT 1 AS v", "series": "level", "value": "v"}),
    "tt10": ("sftp://ioc@127.0.0.1:{port}/x", {"host_key": KEY, "password": "${SFTP_PASSWORD}"}),
}


@pytest.mark.parametrize("protocol", ROWS)
async def test_each_protocol_that_connects_by_itself_keeps_the_rule(protocol: str) -> None:
    touched = list[str]()

    async def touch(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.append(protocol)
        writer.close()

    server = await asyncio.start_server(touch, INSIDE, 0)
    port = server.sockets[0].getsockname()[1]
    address, options = ROWS[protocol]
    async with server, door(secrets={"SFTP_PASSWORD": "x"}) as way:
        source = outward(address.format(port=port), options, protocol=protocol, key=f"barred-{protocol}")
        said = await _until_told(source, way.context_for(source))
    assert BARRED in said and not touched


async def _until_told(source: Source, world: Any) -> str:
    """The reason of the first fetch that knows it: a listener connects beside the fetch."""
    for _ in range(100):
        try:
            async with asyncio.timeout(5):
                await protocols()[source.protocol].fetch(source, world)
        except SourceError as error:
            if "not answered yet" not in error.failure:
                return error.failure
        await asyncio.sleep(0.05)
    raise AssertionError("no reason was told")

"""CAP: an index with links to alerts, over a loopback server: what is requested, cached and paused."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from data_sources._http.factory import HttpClientFactory
from data_sources.cap import fetch, parse
from data_sources.cap.errors import CapCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, Handler, client_factory, row, serving
from tests.data_sources.test_cap import alert, key


class Service:
    """An index of alerts, Atom or RSS, that records the requests."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}  # path: updated
        self.alerts: dict[str, str] = {}
        self.failing: dict[str, web.Response] = {}
        self.paths: list[str] = []
        self.keys: list[str] = []
        self.tag = "1"
        self.rss = False

    def add(self, name: str, updated: str = "1", body: str | None = None) -> None:
        """An alert and its entry."""
        path = f"/{name}.cap?x={name}"
        self.entries[path], self.alerts[path] = updated, alert(name) if body is None else body
        self.tag += "+"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path_qs)
        self.keys.append(request.headers.get("X-Key", ""))
        if request.path_qs in self.failing:
            return self.failing[request.path_qs]
        if request.path != "/index":
            return web.Response(text=self.alerts[request.path_qs], content_type="application/cap+xml")
        if request.headers.get("If-None-Match") == self.tag:
            return web.Response(status=304)
        return web.Response(text=self._index(), content_type="text/xml", headers={"ETag": self.tag})

    def _index(self) -> str:
        if self.rss:
            items = "".join(
                f"<item><link>{path}</link><pubDate>{at}</pubDate></item>" for path, at in self.entries.items()
            )
            return f'<rss version="2.0"><channel>{items}</channel></rss>'
        links = '<link rel="self" href="/self"/><link type="text/html" href="/page"/>'
        links += '<link type="application/cap+xml" href="{}"/>'
        entries = "".join(
            f"<entry><updated>{at}</updated>{links.format(path)}</entry>" for path, at in self.entries.items()
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


async def poll(clients: HttpClientFactory, source: Source) -> Batch:
    return parse(source, await fetch(source, clients.context_for(source)), NOW)


def at(base: str, options: dict[str, Any] | None = None, **changes: Any) -> Source:
    return row(f"{base}/index", options, protocol="cap", **changes)


async def test_linked_alerts_are_fetched_once_and_part_of_every_payload() -> None:
    service = Service()
    service.add("A")
    service.add("B")
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base)
        assert {one.key for one in (await poll(clients, source)).events} == {key("A"), key("B")}
        assert service.paths == ["/index", "/A.cap?x=A", "/B.cap?x=B"]
        assert (await fetch(source, clients.context_for(source))).is_unchanged
        service.add("C")
        assert {one.key for one in (await poll(clients, source)).events} == {key("A"), key("B"), key("C")}
        assert service.paths[3:] == ["/index", "/index", "/C.cap?x=C"]


async def test_a_changed_entry_is_fetched_again() -> None:
    service = Service()
    service.add("A")
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base)
        await poll(clients, source)
        service.add("A", "2", alert("A2"))
        assert [one.key for one in (await poll(clients, source)).events] == [key("A2")]


async def test_an_entry_without_a_time_is_fetched_each_time() -> None:
    service = Service()
    service.rss = True
    service.add("A", "")
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base)
        for _ in range(2):
            assert [one.key for one in (await poll(clients, source)).events] == [key("A")]
    assert service.paths.count("/A.cap?x=A") == 2


async def test_an_alert_that_left_the_index_is_forgotten_and_ended_with_whole() -> None:
    service = Service()
    service.add("A")
    service.add("B")
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base, {"complete": True})
        await poll(clients, source)
        del service.entries["/A.cap?x=A"]
        service.tag = "other"
        context = clients.context_for(source)
        batch = parse(source, await fetch(source, context), NOW)
        assert [one.key for one in batch.events] == [key("B")] and batch.complete_kinds == {"alert"}
        assert not [one for one in context.memory if "A.cap" in one]
        assert list(context.memory["alerts"]) == [f"{base}/B.cap?x=B"]


async def test_links_that_hang_keep_back_no_warning_behind_them() -> None:
    """They stand before it in the index of each poll."""
    service = Service()
    hanging = [f"H{n}" for n in range(20)]
    for name in (*hanging, "A"):
        service.add(name)

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.query_string.removeprefix("x=") in hanging:
            await asyncio.sleep(30)
        return await service.answer(request)

    async with serving(answer) as base, client_factory() as clients:
        source = at(base, deadline=timedelta(seconds=1))
        batches = [await poll(clients, source) for _ in range(2)]
    assert [one.key for one in batches[-1].events] == [key("A")]


async def test_a_slow_server_is_read_within_a_few_polls_beside_links_that_hang() -> None:
    service, names = Service(), [f"A{n}" for n in range(3)]
    hanging = [f"H{n}" for n in range(6)]
    for name in (*hanging, *names):
        service.add(name)

    async def answer(request: web.Request) -> web.StreamResponse:
        name = request.query_string.removeprefix("x=")
        await asyncio.sleep(30 if name in hanging else 0.3 if name else 0)  # more than a quarter of the time
        return await service.answer(request)

    async with serving(answer) as base, client_factory() as clients:
        source = at(base, deadline=timedelta(seconds=1.5))
        for _ in range(8):
            batch = await poll(clients, source)
            if len(batch.events) == len(names):
                break
    assert {one.key for one in batch.events} == {key(name) for name in names}


async def test_a_failed_alert_is_reported_and_fetched_at_the_next_poll() -> None:
    service = Service()
    service.add("A")
    service.add("B")
    service.failing["/A.cap?x=A"] = web.Response(status=404)
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base, {"complete": True})
        batch = await poll(clients, source)
        assert [one.key for one in batch.events] == [key("B")] and not batch.complete_kinds
        assert codes(batch) == [CapCode.LINKED_ALERT_MISSING]
        service.failing.clear()
        assert {one.key for one in (await poll(clients, source)).events} == {key("A"), key("B")}


async def test_a_link_to_something_else_is_rejected() -> None:
    service = Service()
    service.add("A", body="<html>Login</html>")
    service.add("B", body="<kml/>")
    service.add("C")
    async with serving(service.answer) as base, client_factory() as clients:
        batch = await poll(clients, at(base))
    assert [one.key for one in batch.events] == [key("C")]
    assert [item.location for item in batch.rejected_items] == ["entry[0]", "entry[1]"]
    assert codes(batch) == [DecodingCode.HTML, CapCode.LINK_WITHOUT_ALERT]


async def test_a_denied_alert_is_not_asked_for_again_at_once_and_keeps_back_no_other() -> None:
    service = Service()
    for n in range(6):
        service.add(str(n))
        service.failing[f"/{n}.cap?x={n}"] = web.Response(status=403)
    service.add("A")
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base)
        for _ in range(2):
            batch = await poll(clients, source)
            service.add("B")
        context = clients.context_for(source)
        denied = context.memory["denied"]
        for address, denial in denied.items():
            denied[address] = denial._replace(until=context.now())
        service.failing.clear()
        later = await poll(clients, source)
    assert [one.key for one in batch.events] == [key("A"), key("B")]
    assert codes(batch) == [CapCode.LINKED_ALERT_MISSING] * 6
    assert len([one for one in service.paths if one != "/index"]) == 6 + 2 + 6 and len(later.events) == 8


async def test_alerts_wait_for_an_hour_at_most() -> None:
    service, now = Service(), NOW
    service.add("A")
    service.failing["/A.cap?x=A"] = web.Response(status=503, headers={"Retry-After": "86400"})
    async with serving(service.answer) as base, client_factory(clock=lambda: now) as clients:
        await poll(clients, at(base))
        service.failing.clear()
        asked = []
        for minutes in (59, 2):
            now += timedelta(minutes=minutes)
            await poll(clients, at(base))
            asked.append(len([one for one in service.paths if one != "/index"]))
    assert asked == [1, 2]


async def test_alerts_wait_as_long_as_a_server_asks() -> None:
    service = Service()
    for n in range(6):
        service.add(str(n))
        service.failing[f"/{n}.cap?x={n}"] = web.Response(status=429, headers={"Retry-After": "60"})
    async with serving(service.answer) as base, client_factory() as clients:
        source = at(base)
        await poll(clients, source)
        await poll(clients, source)
    assert len([one for one in service.paths if one != "/index"]) == 4


async def test_an_alert_that_hangs_does_not_delay_the_others() -> None:
    service, release = Service(), asyncio.Event()
    service.add("A")
    service.add("B")

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/A.cap":
            await release.wait()
        return await service.answer(request)

    handler: Handler = answer
    async with serving(handler) as base, client_factory() as clients:
        batch = await poll(clients, at(base, deadline=timedelta(seconds=3)))
        release.set()
    assert [one.key for one in batch.events] == [key("B")]


async def test_alerts_are_limited_and_other_origins_rejected() -> None:
    service = Service()
    for n in range(5):
        service.add(str(n))
    service.entries = {"http://169.254.169.254/x.cap": "1", **service.entries}
    async with serving(service.answer) as base, client_factory() as clients:
        batch = await poll(clients, at(base, {"alerts": 3}))
    assert len(service.paths) == 3 and len(batch.events) == 2
    assert failures(batch) == [
        Failure(CapCode.LINK_NOT_ALLOWED, {"host": "169.254.169.254"}),
        Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": 3}),
    ]


async def test_the_rows_headers_go_to_its_own_host_only() -> None:
    index, other = Service(), Service()
    other.add("A")
    async with (
        serving(index.answer) as base,
        serving(other.answer) as elsewhere,
        client_factory(secrets={"K": "secret"}) as clients,
    ):
        index.add("B")
        index.entries[f"{elsewhere}/A.cap?x=A"] = "1"
        host = elsewhere.removeprefix("http://")
        source = at(base, {"headers": {"X-Key": "${K}"}}, allowed_hosts=(host,))
        batch = await poll(clients, source)
    assert {one.key for one in batch.events} == {key("A"), key("B")}
    assert (set(index.keys), other.keys) == ({"secret"}, [""])

from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web

from data_sources import sensorthings
from data_sources._http import paging
from data_sources._http.errors import HttpCode
from data_sources._http.paging import fetch_pages
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from tests.data_sources.server import client_factory, row, serving


class PagedServer:
    """Pages 0, 1, 2, … up to `last`; those of `unchanged` are answered with 304."""

    def __init__(self, last: int) -> None:
        self.last, self.unchanged, self.requested = last, frozenset[int](), list[int]()
        self.context = Mock(FetchContext, memory=dict[str, Any]())

    async def fetch_page(self, key: int) -> ResponsePage | None:
        self.requested.append(key)
        return None if key in self.unchanged else ResponsePage(b"%d" % key)

    async def poll(self, *unchanged: int, limit: int = 9, following: Mapping[int, int] | None = None) -> Payload:
        self.unchanged, self.requested = frozenset(unchanged), []
        steps = {key: key + 1 for key in range(self.last)} if following is None else following
        return await fetch_pages(row(), self.context, 0, limit, self.fetch_page, lambda key, _page: steps.get(key))


def bodies(payload: Payload) -> list[bytes]:
    return [page.body for page in payload.pages]


async def test_pages_are_fetched_to_the_last_or_to_the_limit() -> None:
    assert bodies(await PagedServer(last=2).poll()) == [b"0", b"1", b"2"]
    assert bodies(await PagedServer(last=20).poll(limit=3)) == [b"0", b"1", b"2"]


async def test_pages_that_lead_in_a_circle_are_fetched_once() -> None:
    assert bodies(await PagedServer(last=1).poll(following={0: 1, 1: 0})) == [b"0", b"1"]


async def test_unchanged_page_among_several_comes_from_the_memory() -> None:
    server = PagedServer(last=2)
    await server.poll()
    assert bodies(await server.poll(0, 2)) == [b"0", b"1", b"2"] and server.requested == [0, 1, 2]
    assert (await server.poll(0, 1, 2)).is_unchanged


async def test_single_page_is_not_kept() -> None:
    server = PagedServer(last=0)
    await server.poll()
    payload = await server.poll(0)
    assert payload.is_unchanged and not server.context.memory["pages"]


async def test_pages_kept_from_earlier_polls_count_towards_the_limit_of_a_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "POLL_LIMIT", 3)
    server = PagedServer(last=2)
    await server.poll()
    server.last = 3
    with pytest.raises(SourceError) as failed:
        await server.poll(0, 1, 2)
    assert failed.value.failure.code == HttpCode.ANSWER_TOO_LARGE


async def test_answers_of_one_poll_share_a_limit() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 12 * 1_048_576)

    async with serving(answer) as base, client_factory() as factory:
        source = row(base)
        for _ in range(2):  # a new one for each poll
            context = factory.context_for(source)
            for _ in range(2):
                assert await context.get(source, base) is not None
        with pytest.raises(SourceError) as failed:
            await context.get(source, base)
        assert failed.value.failure == Failure(HttpCode.ANSWER_TOO_LARGE, {"mebibytes": 32.0})


async def test_links_with_a_cursor_do_not_pile_up() -> None:
    """The next links of each poll are others."""
    cursors = count()

    async def handler(_request: web.Request) -> web.Response:
        more = {"@iot.nextLink": f"/v1.1/Datastreams?after={next(cursors)}"}
        return web.json_response({"value": [], **more}, headers={"ETag": '"1"'})

    sizes = set()
    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1", {"pages": 3})
        for _ in range(4):
            context = factory.context_for(source)
            await sensorthings.fetch(source, context)
            sizes.add(tuple(len(kept) for kept in context.memory.values()))
    assert sizes == {(3, 3)}


async def test_page_that_comes_back_unchanged_leads_on_to_the_pages_behind_it() -> None:
    """It was left out of one poll, in which the link to it was another one."""
    links, asked = iter(["b", "b", "c", "b"]), list[str]()

    async def handler(request: web.Request) -> web.Response:
        page = request.query.get("page", "a")
        asked.append(page)
        if page != "a" and "If-None-Match" in request.headers:
            return web.Response(status=304)
        link = next(links) if page == "a" else {"b": "d"}.get(page)
        more = {"@iot.nextLink": f"/v1.1/Datastreams?page={link}"} if link else {}
        return web.json_response({"value": [], **more}, headers={} if page == "a" else {"ETag": '"1"'})

    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1")
        for _ in range(4):
            await sensorthings.fetch(source, factory.context_for(source))
    assert "".join(asked) == "abdabdacabd"


async def test_page_that_was_left_out_of_a_poll_is_asked_for_in_full() -> None:
    """It comes back unchanged, and nobody has it any more."""
    is_short = iter([False, True, False])

    async def handler(request: web.Request) -> web.Response:
        if "page" in request.query:
            headers = {"ETag": '"1"'}
            return web.Response(status=304) if "If-None-Match" in request.headers else web.Response(headers=headers)
        return web.Response(body=b"last" if next(is_short) else b"more")

    async with serving(handler) as base, client_factory() as factory:
        source = row(base)
        for count_of_pages in (2, 1, 2):
            context = factory.context_for(source)
            payload = await fetch_pages(
                source, context, base, 9, partial(context.get, source),
                lambda _, page: f"{base}/?page=2" if page.body == b"more" else None,
            )  # fmt: skip
            assert len(payload.pages) == count_of_pages

"""Conditional requests: what a server gave to ask by is sent back, and only that."""

import pytest
from aiohttp import web

from data_sources._http.errors import HttpCode
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import client_factory, row, serving


async def test_unchanged_page_is_not_sent_again() -> None:
    async def handler(request: web.Request) -> web.Response:
        validators.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        if validators[-1][0]:
            return web.Response(status=304)
        return web.Response(headers={"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 09:00:00 GMT"})

    validators: list[tuple[str | None, str | None]] = []
    async with serving(handler) as base, client_factory() as factory:
        source = row(base)
        assert await factory.context_for(source).get(source, base) is not None
        assert await factory.context_for(source).get(source, base) is None
        factory.context_for(source).memory.clear()
        assert await factory.context_for(source).get(source, base) is not None
        changed = row(base, fingerprint="other")
        assert await factory.context_for(changed).get(changed, base) is not None
    assert validators[1] == ('"1"', "Tue, 24 Nov 2026 09:00:00 GMT")
    assert validators[0] == validators[2] == validators[3] == (None, None)


async def test_the_target_of_a_redirect_is_asked_by_its_own_validators() -> None:
    """Each file of a service that counts versions begins with the same ETag."""

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/latest":
            return web.Response(status=302, headers={"Location": f"/file{next(numbers)}"})
        is_known = request.headers.get("If-None-Match") == '"1"'
        return web.Response(status=304) if is_known else web.Response(text=request.path, headers={"ETag": '"1"'})

    numbers = iter([1, 2, 2, 3])
    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/latest")
        pages = [await factory.context_for(source).get(source, source.address) for _ in range(4)]
    assert [page and page.body for page in pages] == [b"/file1", b"/file2", None, b"/file3"]


@pytest.mark.parametrize("headers", [{}, {"ETag": '"1"'}])
async def test_unchanged_without_an_earlier_answer_is_an_error(headers: dict[str, str]) -> None:
    """Of one poll and of the next: a list whose age is that of the request would stay new for ever."""
    statuses = iter([200, 304, 304])

    async def handler(_request: web.Request) -> web.Response:
        status = next(statuses)
        return web.Response(status=status, headers=headers if status == 304 else {})

    async with serving(handler) as base, client_factory() as factory:
        source = row(base)
        context = factory.context_for(source)
        assert await context.get(source, base) is not None
        for each in (context, factory.context_for(source)):
            with raises_failure(HttpCode.UNCHANGED_UNASKED):
                await each.get(source, base)


async def test_an_address_that_is_asked_for_twice_in_a_poll_is_sent_twice() -> None:
    """Two cameras with one address: the second answer would be "unchanged" of one that the poll does not keep."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=304) if "If-None-Match" in request.headers else web.Response(headers={"ETag": '"1"'})

    async with serving(handler) as base, client_factory() as factory:
        source = row(base)
        context = factory.context_for(source)
        assert [await context.get(source, base) is not None for _ in range(2)] == [True, True]


async def test_clients_that_are_opened_again_ask_for_everything() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=304) if "If-None-Match" in request.headers else web.Response(headers={"ETag": '"1"'})

    async with serving(handler) as base:
        factory, source = client_factory(), row(base)
        for _ in range(2):  # a poller that leads again: what it fetched before may never have been stored
            async with factory:
                assert await factory.context_for(source).get(source, base) is not None

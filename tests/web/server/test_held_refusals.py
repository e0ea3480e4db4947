"""Refusals wait before they are sent, up to a number in all."""

import asyncio
from collections.abc import Iterable

import pytest

from ioc.web.server import asgi
from ioc.web.wsgi import Environ, StartResponse
from tests.web.server.test_asgi import Exchange, served


def limited(_environ: Environ, start: StartResponse) -> Iterable[bytes]:
    start("429 Too Many Requests", [])
    return ()


async def test_a_request_beyond_its_rate_is_answered_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """One client that is not even signed in kept the loop busy with such answers: frames took 5 s."""
    monkeypatch.setattr(asgi, "LIMITED_SECONDS", 0.2)
    app, now = served(limited), asyncio.get_running_loop().time
    for body in (b"", b"a"):
        started = now()
        assert (await Exchange(body=body).run(app)).status == 429 and now() - started >= 0.1
    assert (await Exchange(is_gone=True).run(app)).status == 0


async def test_no_more_refusals_wait_than_leave_connections_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy each is a connection of it: a few thousand clients took all, and screens were answered 502."""
    monkeypatch.setattr(asgi, "LIMITED_SECONDS", 60)
    monkeypatch.setattr(asgi, "MAX_HELD", 2)
    app = served(limited)
    held = [asyncio.ensure_future(Exchange().run(app)) for _ in range(2)]
    await asyncio.sleep(0)
    further = await asyncio.wait_for(Exchange().run(app), 5)
    assert (further.status, further.received_headers["connection"]) == (429, "close")
    held[0].cancel()
    await asyncio.wait((held[0],))
    again = asyncio.ensure_future(Exchange().run(app))
    assert not (await asyncio.wait((again,), timeout=0.2))[0], "one has its place"
    for task in (*held, again):
        task.cancel()

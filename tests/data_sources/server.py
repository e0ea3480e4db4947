"""Shared by the tests of data sources: a loopback server, source rows, the HTTP client, recorded payloads."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from data_sources._http.client import PendingMessages
from data_sources._http.factory import HttpClientFactory
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.protocol import ResponsePage, WebhookMessage
from ioc.domain.ingest.source import Series, Source

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures"
_SHARED = Path(os.environ.get("TESTS_SHARED", Path(__file__).parents[2].resolve().parent / "shared"))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def row(address: str = "http://127.0.0.1:9/x", options: dict[str, Any] | None = None, **changes: Any) -> Source:
    """A source with the series `series_keys`, in metres unless `units` says otherwise."""
    series_keys, units = changes.pop("series_keys", ("level",)), changes.pop("units", {})
    series = tuple(Series(key, LocalizedText(key), units.get(key, "m")) for key in series_keys)
    second = timedelta(seconds=1)
    source = Source(
        key="a",
        name=LocalizedText("A"),
        protocol="http_json",
        address=address,
        poll_interval=5 * second,
        deadline=5 * second,
        age_limit=60 * second,
        owner="mp-a",
        licence=LocalizedText("mô phỏng"),
        is_simulated=True,
        is_enabled=True,
        fingerprint="f",
        series=series,
        options=options or {},
        may_be_private=True,
    )
    return replace(source, **changes)


def shared(path: str) -> Path:
    """A payload of the shared folder; the test is skipped where that is absent."""
    payload = _SHARED / "feeds" / path
    if not payload.exists():
        pytest.skip("the shared payloads are not available")
    return payload


def fixture(name: str, kind: str = "application/json") -> ResponsePage:
    """A page of tests/data_sources/fixtures."""
    return ResponsePage((FIXTURES / name).read_bytes(), kind, "", name)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The address of a loopback server whose `handler` answers every path."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def queued(messages: list[WebhookMessage]) -> PendingMessages:
    """The `pending_messages` of a client factory: `messages`, whatever the source."""

    async def pending_messages(_source: Source) -> list[WebhookMessage]:
        return messages

    return pending_messages


def client_factory(**changes: Any) -> HttpClientFactory:
    """An HttpClientFactory whose clock stands at NOW, without secrets."""
    return HttpClientFactory(**{"clock": lambda: NOW, "secrets": {}, **changes})

"""The clock and the certificate of a server, as its answers show them."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from yarl import URL

from data_sources._http.peer_clock import PeerMonitor
from tests.data_sources import certificates
from tests.data_sources.server import NOW, client_factory, row

DATE = "Tue, 24 Nov 2026 09:17:06 GMT"  # 61 s before NOW


def answer(host: str, **headers: str) -> Any:
    return cast(Any, SimpleNamespace(url=URL(f"http://{host}/"), headers=headers))


def clock_offsets(*answers: Any, at: datetime = NOW) -> dict[str, float]:
    monitor = PeerMonitor()
    for response in answers:
        monitor.record(row(), response, NOW)
    return dict(monitor.clock_offsets(at))


def test_clock_offset_of_another_host_is_kept_for_15_minutes() -> None:
    assert clock_offsets(answer("a.example", Date=DATE)) == {"a.example": 60.5}
    assert clock_offsets(answer("a.example", Date=DATE), at=NOW + timedelta(minutes=16)) == {}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::1]"])
def test_clock_of_this_machine_is_not_compared(host: str) -> None:
    assert clock_offsets(answer(host, Date=DATE)) == {}


@pytest.mark.parametrize("headers", [{}, {"Date": "soon"}, {"Date": ""}, {"Date": DATE, "Age": "60"}])
def test_answer_without_a_current_date_is_not_compared(headers: dict[str, str]) -> None:
    assert clock_offsets(answer("a.example", **headers)) == {}


def test_number_of_remembered_hosts_is_bounded() -> None:
    assert len(clock_offsets(*(answer(f"h{n}.example", Date=DATE) for n in range(2_100)))) == 2_000


async def test_certificate_expiry_is_read_from_an_answer(tmp_path: Path) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="{}")

    certificates.make(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    source = row(f"https://127.0.0.1:{runner.addresses[0][1]}/")
    try:
        async with client_factory(ca=tmp_path / "ca.pem") as factory:
            assert await factory.context_for(source).get(source, source.address)
    finally:
        await runner.cleanup()
    left = factory.peer_monitor.certificate_expiries[source.key] - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)

"""What an answer tells besides its data: another machine's clock, its certificate's end."""

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
from tests.data_sources.server import NOW, door, row

DATE = "Tue, 24 Nov 2026 09:17:06 GMT"  # 61 s before NOW


def answer(host: str, **headers: str) -> Any:
    return cast(Any, SimpleNamespace(url=URL(f"http://{host}/"), headers=headers))


def clocks(*answers: Any, at: datetime = NOW) -> dict[str, float]:
    seen = PeerMonitor()
    for one in answers:
        seen.record(row(), one, NOW)
    return dict(seen.clock_offsets(at))


def test_another_machines_clock_is_heard_for_a_quarter_of_an_hour() -> None:
    assert clocks(answer("a.example", Date=DATE)) == {"a.example": 60.5}
    assert clocks(answer("a.example", Date=DATE), at=NOW + timedelta(minutes=16)) == {}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::1]"])
def test_our_own_machine_tells_nothing_of_our_clock(host: str) -> None:
    assert clocks(answer(host, Date=DATE)) == {}


@pytest.mark.parametrize("headers", [{}, {"Date": "soon"}, {"Date": ""}, {"Date": DATE, "Age": "60"}])
def test_what_tells_no_present_time_is_not_heard(headers: dict[str, str]) -> None:
    assert clocks(answer("a.example", **headers)) == {}


def test_a_flood_of_hosts_is_bounded() -> None:
    assert len(clocks(*(answer(f"h{n}.example", Date=DATE) for n in range(2_100)))) == 2_000


async def test_the_end_of_a_certificate_is_seen_when_a_source_is_asked(tmp_path: Path) -> None:
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
        async with door(ca=tmp_path / "ca.pem") as way:
            assert await way.context_for(source).get(source, source.address)
    finally:
        await runner.cleanup()
    left = way.peer_monitor.certificate_expiries[source.key] - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)

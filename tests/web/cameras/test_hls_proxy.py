"""GET /hinh/…/hls/…: only what a camera's own playlist names, from its own hosts, bounded, and nothing else."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ioc.cli import main as app
from ioc.cli.context import Context
from ioc.cli.processes import camera_blueprints
from ioc.config.settings import EnvironmentSettings
from ioc.crypto.sealed_url import UrlCipher
from ioc.domain.base.times import utc_now
from ioc.domain.events.event import Event
from ioc.domain.ingest.source import Source
from ioc.net import ssrf
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.web.cameras import hls_proxy, upstream
from ioc.web.cameras.quotas import MAX_VIEWERS_PER_CAMERA, VIEWER_TTL_SECONDS, StreamQuotas
from tests.data_sources.server import NOW, row
from tests.web.camera import Host, host

TS, MP4 = b"G" + b"\0" * 187, b"\0\0\0\x10styp" + b"\0" * 8
PLAIN = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg-1.ts?t=geheim\n"


@pytest.fixture
def vms() -> Iterator[Host]:
    with host() as made:
        yield made


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def source(vms: Host, hls: str = "/c1/index.m3u8?key=${CAM_KEY}", **changes: Any) -> Source:
    cameras = [{"key": "c1", "name": "Cầu", "hls": hls}, {"key": "c2", "name": "Chợ", "snapshot": "/2.jpg"}]
    options = {"cameras": cameras, "headers": {"X-Key": "${CAM_KEY}"}}
    return row(vms.address, options, protocol="cameras", key="cams", **changes)


def client(store: Store, *sources: Source, clock: Clock | None = None, seal: str = "s") -> FlaskClient:
    app = Flask(__name__)
    cameras = hls_proxy.CameraStreams(sources, {"CAM_KEY": "geheim/1"}, store)
    app.register_blueprint(hls_proxy.blueprint(cameras, UrlCipher(seal), StreamQuotas(clock or Clock())))
    return app.test_client()


def named(playlist: bytes) -> list[str]:
    return [one for one in playlist.decode().splitlines() if not one.startswith("#")]


def test_a_playlist_is_led_through_our_route_and_its_parts_come_closed_in(store: Store, vms: Host) -> None:
    vms.lay("/c1/index.m3u8?key=geheim/1", PLAIN, Content_Type="text/html")
    vms.lay("/c1/seg-1.ts?t=geheim", TS, Content_Type="text/html", Set_Cookie="a=b")
    screen = client(store, source(vms))
    answer = screen.get("/hinh/cams/c1/hls/index.m3u8")
    assert (answer.status_code, answer.mimetype) == (200, "application/vnd.apple.mpegurl")
    (part,) = named(answer.data)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.ts", part)
    assert b"geheim" not in answer.data and b"127.0.0.1" not in answer.data and b"seg-1" not in answer.data
    assert named(screen.get("/hinh/cams/c1/hls/index.m3u8").data) == [part]  # players know a part by its address
    film = screen.get(f"/hinh/cams/c1/hls/{part}", headers={"Range": "bytes=0-", "Cookie": "ioc-view=x"})
    assert (film.status_code, film.data, film.mimetype) == (200, TS, "video/mp2t")
    for one in (answer, film):
        assert one.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in one.headers
        assert one.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert all(sent["X-Key"] == "geheim/1" and "Cookie" not in sent for _, sent in vms.asked)


def test_a_stream_of_several_qualities_and_parts_of_one_file(store: Store, vms: Host) -> None:
    vms.lay("/c1/index.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/list.m3u8\n")
    vms.lay("/c1/low/list.m3u8", b'#EXTM3U\n#EXT-X-MAP:URI="film.mp4",BYTERANGE="8@0"\n#EXTINF:4,\nfilm.mp4\n')
    vms.lay("/c1/low/film.mp4", MP4, 206, Content_Range="bytes 0-15/900")
    screen = client(store, source(vms, "/c1/index.m3u8"))
    (low,) = named(screen.get("/hinh/cams/c1/hls/index.m3u8").data)
    (film,) = named(screen.get(f"/hinh/cams/c1/hls/{low}").data)
    part = screen.get(f"/hinh/cams/c1/hls/{film}", headers={"Range": "bytes=0-15"})
    assert (part.status_code, part.mimetype, part.headers["Content-Range"]) == (206, "video/mp4", "bytes 0-15/900")
    assert vms.asked[-1][1]["Range"] == "bytes=0-15"


@pytest.mark.parametrize(
    "path", ["cams/c2/hls/index.m3u8", "cams/c3/hls/index.m3u8", "other/c1/hls/index.m3u8", "cams/c1/hls/seg-1.ts",
             "cams/c1/hls/aHR0cDovLzEyNy4wLjAuMS8.ts", "cams/c1/hls/..%2f..%2fadmin", "cams/c1/hls/%00"],
)  # fmt: skip
def test_nothing_else_can_be_asked_of_a_camera(store: Store, vms: Host, path: str) -> None:
    answer = client(store, source(vms)).get(f"/hinh/{path}")
    assert (answer.status_code, vms.asked) == (404, [])


def test_what_was_sealed_for_one_camera_opens_none_at_another_nor_with_another_seal(store: Store, vms: Host) -> None:
    vms.lay("/c1/index.m3u8", PLAIN)
    two = source(vms, "/c1/index.m3u8")
    (part,) = named(client(store, two).get("/hinh/cams/c1/hls/index.m3u8").data)
    others = client(store, two, replace(two, key="more"))
    assert others.get(f"/hinh/more/c1/hls/{part}").status_code == 404
    assert client(store, two, seal="t").get(f"/hinh/cams/c1/hls/{part}").status_code == 404
    assert len(vms.asked) == 1


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (b"<html>log in</html>", 200, {}), (b"", 200, {}), (TS, 200, {}), (PLAIN, 500, {}), (PLAIN, 401, {}),
        (b"#EXTM3U\nhttps://evil.example/1.ts\n", 200, {}), (b"#EXTM3U\nhttp://127.0.0.1:9/1.ts\n", 200, {}),
        (b"", 302, {"Location": "http://evil.example/"}), (b"", 302, {"Location": "/c1/index.m3u8"}),
        (b"", 302, {"Location": "file:///etc/passwd"}), (b"", 302, {"Location": "http://["}),
        (PLAIN, 200, {"Content_Length": "900"}), (PLAIN, 200, {"Content_Encoding": "br"}),
    ],
)  # fmt: skip
def test_what_is_no_stream_of_this_source_is_told_without_its_address(
    store: Store, vms: Host, body: bytes, status: int, headers: dict[str, str]
) -> None:
    vms.lay("/c1/index.m3u8", body, status, **headers)
    answer = client(store, source(vms, "/c1/index.m3u8")).get("/hinh/cams/c1/hls/index.m3u8")
    assert answer.status_code == 502
    assert b"127.0.0.1" not in answer.data and b"evil" not in answer.data


def test_a_redirect_to_a_named_host_is_followed_without_the_headers_of_the_row(store: Store, vms: Host) -> None:
    with host() as other:
        other.lay("/live.m3u8", PLAIN)
        vms.lay("/c1/index.m3u8", b"", 302, Location=f"{other.address}/live.m3u8")
        screen = client(store, source(vms, "/c1/index.m3u8", allowed_hosts=(other.address.removeprefix("http://"),)))
        assert screen.get("/hinh/cams/c1/hls/index.m3u8").status_code == 200
        assert "X-Key" not in other.asked[0][1] and "X-Key" in vms.asked[0][1]


def test_a_large_or_a_slow_answer_is_cut_off(store: Store, vms: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    vms.lay("/c1/index.m3u8", b"#EXTM3U\n" + b"#" * 1000)
    screen = client(store, source(vms, "/c1/index.m3u8"))
    with monkeypatch.context() as patched:
        patched.setattr(upstream, "TOTAL_TIMEOUT_SECONDS", -1.0)
        slow = screen.get("/hinh/cams/c1/hls/index.m3u8")
    monkeypatch.setattr(upstream, "MAX_BODY_BYTES", 900)
    large = screen.get("/hinh/cams/c1/hls/index.m3u8")
    assert (slow.status_code, large.status_code) == (502, 502)
    assert b"longer" in slow.data and b"larger" in large.data


def test_only_a_few_watch_one_camera_and_each_at_a_pace(store: Store, vms: Host) -> None:
    vms.lay("/c1/index.m3u8", PLAIN)
    clock = Clock()
    screen = client(store, source(vms, "/c1/index.m3u8"), clock=clock)

    def watched(who: int) -> int:
        return screen.get("/hinh/cams/c1/hls/index.m3u8", headers={"User-Agent": f"wall {who}"}).status_code

    assert [watched(one) for one in range(MAX_VIEWERS_PER_CAMERA + 1)] == [200] * MAX_VIEWERS_PER_CAMERA + [503]
    assert watched(0) == 200
    codes = [watched(1) for _ in range(60)]
    assert codes[0] == 200 and codes[-1] == 429
    clock.now += VIEWER_TTL_SECONDS + 1
    assert watched(MAX_VIEWERS_PER_CAMERA + 1) == 200


def test_a_camera_of_a_list_is_found_by_what_the_list_told(store: Store, vms: Host) -> None:
    vms.lay("/c9/index.m3u8", PLAIN)
    listed = row(vms.address, {"events": {"items": "x"}}, protocol="cameras", key="cams")
    told = Event("camera", "bến/9", NOW, "Bến", facts={"hls": f"{vms.address}/c9/index.m3u8"})
    elsewhere = replace(told, key="c8", facts={"hls": "http://evil.example/index.m3u8"})
    asking = replace(told, key="c7", facts={"hls": vms.address + "/${CAM_KEY}/index.m3u8"})
    with store.write() as conn:
        events.record(conn, "cams", [told, elsewhere, asking], NOW)
    screen = client(store, listed)
    assert screen.get("/hinh/cams/bến/9/hls/index.m3u8").status_code == 200
    assert screen.get("/hinh/cams/c8/hls/index.m3u8").status_code == 502
    screen.get("/hinh/cams/c7/hls/index.m3u8")  # a list that names a secret is not told it
    assert vms.asked[1:] and all("geheim" not in path for path, _ in vms.asked)
    assert client(store, replace(listed, is_enabled=False)).get("/hinh/cams/bến/9/hls/index.m3u8").status_code == 404


def led(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to this machine."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, port, *_, **__: real("127.0.0.1", port, type=socket.SOCK_STREAM)
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "moves.example", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_stream_leads_into_no_house_unless_its_row_says_so(
    store: Store, vms: Host, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vms.lay("/c1/index.m3u8?key=geheim/1", PLAIN)
    port = vms.address.rpartition(":")[2]
    led(monkeypatch)
    moved = replace(source(vms), address=f"http://{host}:{port}", may_be_private=False)
    assert client(store, moved).get("/hinh/cams/c1/hls/index.m3u8").status_code == 502 and not vms.asked
    monkeypatch.setattr(ssrf, "is_public", lambda address: address == "127.0.0.1")
    if host == "moves.example":  # what is public is asked under its own name, at the address that was looked up
        assert client(store, moved).get("/hinh/cams/c1/hls/index.m3u8").status_code == 200
        assert vms.asked[0][1]["Host"] == f"moves.example:{port}"


def test_only_a_city_with_cameras_pays_for_their_streams(store: Store, vms: Host, tmp_path: Path) -> None:
    context = Context(
        EnvironmentSettings.from_environment({"IOC_DATA": str(tmp_path)}, app.ROOT), {}, app.ROOT, utc_now
    )
    assert len(camera_blueprints(context, [source(vms)], store)) == 1
    assert camera_blueprints(context, [row(vms.address), replace(source(vms), is_enabled=False)], store) == []

"""The HLS proxy passes on what a camera's own playlist names, from allowed hosts, bounded, and nothing else."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from ioc.cli import main as app
from ioc.cli.context import Context
from ioc.cli.processes import camera_blueprints
from ioc.config.settings import EnvironmentSettings
from ioc.crypto.sealed_url import UrlCipher
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.times import utc_now
from ioc.domain.events.event import Event
from ioc.domain.ingest.source import Source
from ioc.net import ssrf
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.web.cameras import hls_proxy, upstream
from ioc.web.cameras.quotas import MAX_VIEWERS_PER_CAMERA, VIEWER_TTL_SECONDS, StreamQuotas
from ioc.web.errors import handlers
from ioc.web.errors.codes import CameraStreamCode
from ioc.web.errors.codes import CameraStreamCode as Code
from ioc.web.errors.denials import DeniedRequest, take_denial
from ioc.web.middleware.authentication import PRINCIPAL_KEY
from tests.data_sources.server import NOW, row
from tests.net.endless_server import ENDLESS, REDIRECT, endless_server
from tests.web.camera import CameraServer, camera_server

TS, MP4 = b"G" + b"\0" * 187, b"\0\0\0\x10styp" + b"\0" * 8
PLAIN = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg-1.ts?t=geheim\n"


@pytest.fixture
def vms() -> Iterator[CameraServer]:
    with camera_server() as server:
        yield server


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def source(vms: CameraServer, hls: str = "/c1/index.m3u8?key=${CAM_KEY}", **changes: Any) -> Source:
    cameras = [{"key": "c1", "name": "Cầu", "hls": hls}, {"key": "c2", "name": "Chợ", "snapshot": "/2.jpg"}]
    options = {"cameras": cameras, "headers": {"X-Key": "${CAM_KEY}"}}
    return row(vms.address, options, protocol="cameras", key="cams", **changes)


def client(store: Store, *sources: Source, clock: Clock | None = None, secret: str = "s") -> FlaskClient:
    app = Flask(__name__)
    handlers.install(app, lambda path: False)
    cameras = hls_proxy.CameraStreams(sources, {"CAM_KEY": "geheim/1"}, store)
    app.register_blueprint(hls_proxy.blueprint(cameras, UrlCipher(secret), StreamQuotas(clock or Clock())))
    return app.test_client()


def urls(playlist: bytes) -> list[str]:
    return [line for line in playlist.decode().splitlines() if not line.startswith("#")]


def test_a_playlist_leads_to_our_route_and_its_segments_have_closed_headers(store: Store, vms: CameraServer) -> None:
    vms.serve("/c1/index.m3u8?key=geheim/1", PLAIN, Content_Type="text/html")
    vms.serve("/c1/seg-1.ts?t=geheim", TS, Content_Type="text/html", Set_Cookie="a=b")
    screen = client(store, source(vms))
    answer = screen.get("/hinh/cams/c1/hls/index.m3u8")
    assert (answer.status_code, answer.mimetype) == (200, "application/vnd.apple.mpegurl")
    (segment,) = urls(answer.data)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.ts", segment)
    assert not [word for word in (b"geheim", b"127.0.0.1", b"seg-1") if word in answer.data]
    assert urls(screen.get("/hinh/cams/c1/hls/index.m3u8").data) == [segment]  # players identify it by its address
    video = screen.get(f"/hinh/cams/c1/hls/{segment}", headers={"Range": "bytes=0-", "Cookie": "ioc-view=x"})
    assert (video.status_code, video.data, video.mimetype) == (200, TS, "video/mp2t")
    for response in (answer, video):
        assert response.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in response.headers
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert all(sent["X-Key"] == "geheim/1" and "Cookie" not in sent for _, sent in vms.requests)


def test_variant_playlists_and_byte_ranges_are_passed_on(store: Store, vms: CameraServer) -> None:
    vms.serve("/c1/index.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/list.m3u8\n")
    vms.serve("/c1/low/list.m3u8", b'#EXTM3U\n#EXT-X-MAP:URI="film.mp4",BYTERANGE="8@0"\n#EXTINF:4,\nfilm.mp4\n')
    vms.serve("/c1/low/film.mp4", MP4, 206, Content_Range="bytes 0-15/900")
    screen = client(store, source(vms, "/c1/index.m3u8"))
    (low,) = urls(screen.get("/hinh/cams/c1/hls/index.m3u8").data)
    (film,) = urls(screen.get(f"/hinh/cams/c1/hls/{low}").data)
    part = screen.get(f"/hinh/cams/c1/hls/{film}", headers={"Range": "bytes=0-15"})
    assert (part.status_code, part.mimetype, part.headers["Content-Range"]) == (206, "video/mp4", "bytes 0-15/900")
    assert vms.requests[-1][1]["Range"] == "bytes=0-15"
    for told in ("bytes \x01\x7f", "bytes 0-15", "bytes 0-15/900, x", "0-15/900"):
        vms.serve("/c1/low/film.mp4", MP4, 206, Content_Range=told)
        part = screen.get(f"/hinh/cams/c1/hls/{film}", headers={"Range": "bytes=0-15"})
        assert (part.status_code, part.get_json()["code"]) == (502, CameraStreamCode.NOT_A_STREAM)


@pytest.mark.parametrize(
    "path", ["cams/c2/hls/index.m3u8", "cams/c3/hls/index.m3u8", "other/c1/hls/index.m3u8", "cams/c1/hls/seg-1.ts",
             "cams/c1/hls/aHR0cDovLzEyNy4wLjAuMS8.ts", "cams/c1/hls/..%2f..%2fadmin", "cams/c1/hls/%00"],
)  # fmt: skip
def test_nothing_else_can_be_requested_from_a_camera(store: Store, vms: CameraServer, path: str) -> None:
    answer = client(store, source(vms)).get(f"/hinh/{path}")
    assert (answer.status_code, vms.requests) == (404, [])


def test_an_encrypted_address_is_good_for_its_camera_and_key_only(store: Store, vms: CameraServer) -> None:
    vms.serve("/c1/index.m3u8", PLAIN)
    cams = source(vms, "/c1/index.m3u8")
    (segment,) = urls(client(store, cams).get("/hinh/cams/c1/hls/index.m3u8").data)
    others = client(store, cams, replace(cams, key="more"))
    assert others.get(f"/hinh/more/c1/hls/{segment}").status_code == 404
    assert client(store, cams, secret="t").get(f"/hinh/cams/c1/hls/{segment}").status_code == 404
    assert len(vms.requests) == 1


@pytest.mark.parametrize(
    ("body", "status", "headers", "code"),
    [
        (b"<html>log in</html>", 200, {}, Code.NOT_A_STREAM), (b"", 200, {}, Code.NOT_A_STREAM),
        (TS, 200, {}, Code.NOT_A_STREAM), (PLAIN, 500, {}, Code.ERROR_STATUS), (PLAIN, 401, {}, Code.ERROR_STATUS),
        (b"#EXTM3U\nhttps://evil.example/1.ts\n", 200, {}, Code.HOST_NOT_ALLOWED),
        (b"#EXTM3U\nhttp://127.0.0.1:9/1.ts\n", 200, {}, Code.HOST_NOT_ALLOWED),
        (b"#EXTM3U\nhttp://[/1.ts\n", 200, {}, Code.PLAYLIST_BAD_ADDRESS),
        (b"", 302, {"Location": "http://evil.example/"}, Code.HOST_NOT_ALLOWED),
        (b"", 302, {"Location": "/c1/index.m3u8"}, Code.TOO_MANY_REDIRECTS),
        (b"", 302, {"Location": "file:///etc/passwd"}, Code.HOST_NOT_ALLOWED),
        (b"", 302, {"Location": "http://["}, Code.INCOMPLETE_RESPONSE),
        (PLAIN, 200, {"Content_Length": "900"}, Code.INCOMPLETE_RESPONSE),
        (PLAIN, 200, {"Content_Encoding": "br"}, Code.COMPRESSED),
    ],
)  # fmt: skip
def test_an_invalid_response_of_the_camera_is_502_with_a_code_and_without_addresses(
    store: Store, vms: CameraServer, body: bytes, status: int, headers: dict[str, str], code: Code
) -> None:
    vms.serve("/c1/index.m3u8", body, status, **headers)
    answer = client(store, source(vms, "/c1/index.m3u8")).get("/hinh/cams/c1/hls/index.m3u8")
    assert (answer.status_code, answer.get_json()["code"]) == (502, code)
    assert b"127.0.0.1" not in answer.data and b"evil" not in answer.data


def test_a_redirect_to_an_allowed_host_gets_no_headers_of_the_row(store: Store, vms: CameraServer) -> None:
    with camera_server() as other:
        other.serve("/live.m3u8", PLAIN)
        vms.serve("/c1/index.m3u8", b"", 302, Location=f"{other.address}/live.m3u8")
        screen = client(store, source(vms, "/c1/index.m3u8", allowed_hosts=(other.address.removeprefix("http://"),)))
        assert screen.get("/hinh/cams/c1/hls/index.m3u8").status_code == 200
        assert "X-Key" not in other.requests[0][1] and "X-Key" in vms.requests[0][1]


def test_redirect_with_a_backslash_reaches_no_other_host(store: Store, vms: CameraServer) -> None:
    """The library that connects ends the host there."""
    own = vms.address.removeprefix("http://")
    with camera_server() as other:
        other.serve("/live.m3u8", PLAIN)
        vms.serve("/c1/index.m3u8", b"", 302, Location=f"{other.address}\\@{own}/../live.m3u8")
        answer = client(store, source(vms, "/c1/index.m3u8")).get("/hinh/cams/c1/hls/index.m3u8")
        assert (answer.status_code, answer.get_json()["code"]) == (502, Code.HOST_NOT_ALLOWED)
        assert other.requests == []


def test_large_and_slow_responses_are_cut_off(store: Store, vms: CameraServer, monkeypatch: pytest.MonkeyPatch) -> None:
    vms.serve("/c1/index.m3u8", b"#EXTM3U\n" + b"#" * 1000)
    screen = client(store, source(vms, "/c1/index.m3u8"))
    with monkeypatch.context() as patched:
        patched.setattr(upstream, "TOTAL_TIMEOUT_SECONDS", -1.0)
        slow = screen.get("/hinh/cams/c1/hls/index.m3u8")
    monkeypatch.setattr(upstream, "MAX_BODY_BYTES", 900)
    large = screen.get("/hinh/cams/c1/hls/index.m3u8")
    assert (slow.status_code, large.status_code) == (502, 502)
    assert (slow.get_json()["code"], large.get_json()["code"]) == (Code.TOO_SLOW, Code.TOO_LARGE)


@pytest.mark.parametrize("part", ENDLESS)
def test_a_response_without_end_is_cut_off_whatever_part_of_it_is_endless(
    store: Store, vms: CameraServer, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "TOTAL_TIMEOUT_SECONDS", 0.3)
    with endless_server(*ENDLESS[part]) as address:
        camera = replace(source(vms, "/"), address=address)
        began = monotonic()
        answer = client(store, camera).get("/hinh/cams/c1/hls/index.m3u8")
        code = Code.TOO_MANY_REDIRECTS if part == REDIRECT else Code.TOO_SLOW
        assert (answer.status_code, answer.get_json()["code"]) == (502, code)
        assert monotonic() - began < 20


def test_viewers_of_a_camera_and_the_rate_of_each_are_limited(store: Store, vms: CameraServer) -> None:
    vms.serve("/c1/index.m3u8", PLAIN)
    clock = Clock()
    screen = client(store, source(vms, "/c1/index.m3u8"), clock=clock)

    def watch(viewer: int, browser: str = "a browser") -> tuple[int, str]:
        environ = {PRINCIPAL_KEY: Principal(PrincipalKind.USER, f"user-{viewer}"), "HTTP_USER_AGENT": browser}
        answer = screen.get("/hinh/cams/c1/hls/index.m3u8", environ_overrides=environ)
        return answer.status_code, "" if answer.status_code == 200 else answer.get_json()["code"]

    assert {watch(0, f"browser {number}") for number in range(MAX_VIEWERS_PER_CAMERA)} == {(200, "")}  # one viewer
    assert [watch(viewer) for viewer in range(MAX_VIEWERS_PER_CAMERA)] == [(200, "")] * MAX_VIEWERS_PER_CAMERA
    assert watch(MAX_VIEWERS_PER_CAMERA) == (503, Code.TOO_MANY_VIEWERS)
    assert watch(0) == (200, "")
    answers = [watch(1) for _ in range(60)]
    assert answers[0] == (200, "") and answers[-1] == (429, Code.VIEWER_TOO_FAST)
    clock.now += VIEWER_TTL_SECONDS + 1
    assert watch(MAX_VIEWERS_PER_CAMERA + 1) == (200, "")


def test_a_camera_is_found_in_the_list_that_its_source_sent(store: Store, vms: CameraServer) -> None:
    vms.serve("/c9/index.m3u8", PLAIN)
    listed = row(vms.address, {"events": {"items": "x"}}, protocol="cameras", key="cams")
    event = Event("camera", "bến/9", NOW, "Bến", facts={"hls": f"{vms.address}/c9/index.m3u8"})
    elsewhere = replace(event, key="c8", facts={"hls": "http://evil.example/index.m3u8"})
    with_secret = replace(event, key="c7", facts={"hls": vms.address + "/${CAM_KEY}/index.m3u8"})
    with store.write() as conn:
        events.record(conn, "cams", [event, elsewhere, with_secret], NOW)
    screen = client(store, listed)
    assert screen.get("/hinh/cams/bến/9/hls/index.m3u8").status_code == 200
    assert screen.get("/hinh/cams/c8/hls/index.m3u8").status_code == 502
    screen.get("/hinh/cams/c7/hls/index.m3u8")  # a list that names a secret does not get it
    assert vms.requests[1:] and all("geheim" not in path for path, _ in vms.requests)
    assert client(store, replace(listed, is_enabled=False)).get("/hinh/cams/bến/9/hls/index.m3u8").status_code == 404


def resolve_all_names_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, port, *_, **__: real("127.0.0.1", port, type=socket.SOCK_STREAM)
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "moves.example", "2130706433", "[::ffff:127.0.0.1]"])
def test_private_addresses_are_refused_unless_the_row_allows_them(
    store: Store, vms: CameraServer, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vms.serve("/c1/index.m3u8?key=geheim/1", PLAIN)
    port = vms.address.rpartition(":")[2]
    resolve_all_names_to_loopback(monkeypatch)
    moved = replace(source(vms), address=f"http://{host}:{port}", may_be_private=False)
    assert client(store, moved).get("/hinh/cams/c1/hls/index.m3u8").status_code == 502 and not vms.requests
    monkeypatch.setattr(ssrf, "is_public", lambda address: address == "127.0.0.1")
    if host == "moves.example":  # a public host is requested by its name, at the address that was checked
        assert client(store, moved).get("/hinh/cams/c1/hls/index.m3u8").status_code == 200
        assert vms.requests[0][1]["Host"] == f"moves.example:{port}"


def test_streams_need_an_enabled_camera_source(store: Store, vms: CameraServer, tmp_path: Path) -> None:
    context = Context(
        EnvironmentSettings.from_environment({"IOC_DATA": str(tmp_path)}, app.ROOT), {}, app.ROOT, utc_now
    )
    assert len(camera_blueprints(context, [source(vms)], store)) == 1
    assert camera_blueprints(context, [row(vms.address), replace(source(vms), is_enabled=False)], store) == []


def test_denial_of_a_viewer_is_audited_with_the_code_of_its_answer(store: Store, vms: CameraServer) -> None:
    vms.serve("/c1/index.m3u8", PLAIN)
    screen, denials = client(store, source(vms, "/c1/index.m3u8")), list[DeniedRequest | None]()

    @screen.application.after_request
    def take(response: Response) -> Response:
        denials.append(take_denial(request.environ))
        return response

    answers = [screen.get("/hinh/cams/c1/hls/index.m3u8") for _ in range(60)]
    assert answers[0].status_code == 200 and denials[0] is None
    assert answers[-1].get_json()["code"] == Code.VIEWER_TOO_FAST and answers[-1].headers["Retry-After"]
    assert denials[-1] is not None and denials[-1].failure.code == Code.VIEWER_TOO_FAST
    assert answers[-1].headers["Content-Security-Policy"] == "default-src 'none'; sandbox"

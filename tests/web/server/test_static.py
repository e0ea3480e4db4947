"""Static files: cached by content, compressed ahead."""

import gzip
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Event

import brotli  # type: ignore[import-untyped]
import pytest
from dash import Dash, html
from werkzeug.test import Client

from ioc.web.server import static as static_module
from ioc.web.server.static import StaticFiles
from ioc.web.wsgi import Environ, StartResponse

PACKAGES = "/_dash-component-suites/"
NAME = "/assets/big.v1m0.js"
BODY = b"let x = 1; " * 500


class CountingApp:
    """Responds to every path with the same script, and counts its requests."""

    def __init__(self) -> None:
        self.requests, self.accepted = 0, list[object]()

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        self.requests += 1
        self.accepted.append(environ.get("HTTP_ACCEPT_ENCODING"))
        if "none" in environ["PATH_INFO"]:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return (b"",)
        start("200 OK", [("Content-Type", "text/javascript")])
        return (BODY,)


def appears(path: Path) -> bool:
    """Whether `path` came within a minute."""
    until, pause = time.monotonic() + 60, Event()
    while not path.exists() and time.monotonic() < until:
        pause.wait(0.01)
    return path.exists()


def test_a_file_compressed_ahead_is_sent_from_the_cache(tmp_path: Path) -> None:
    inner = CountingApp()
    static = StaticFiles(inner, tmp_path, ("/assets/",))
    static.compress_ahead([NAME, "/assets/none.js"])
    client = Client(static)
    answer = client.get(NAME, headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data) == BODY
    tag = answer.headers["ETag"].strip('"')
    assert appears(tmp_path / f"{tag}.br") and appears(tmp_path / f"{tag}.gzip")
    assert client.get(NAME, headers={"Accept-Encoding": "br"}).data == (tmp_path / f"{tag}.br").read_bytes()


def test_a_name_with_a_content_hash_is_fetched_once(tmp_path: Path) -> None:
    inner = CountingApp()
    client = Client(StaticFiles(inner, tmp_path, ("/assets/",)))
    for _ in range(3):
        assert client.get(NAME).data == BODY
    assert inner.requests == 1


def test_invented_versions_of_a_file_do_not_fill_the_cache(tmp_path: Path) -> None:
    static = StaticFiles(CountingApp(), tmp_path, ("/assets/",))
    client = Client(static)
    for n in range(50):
        for address in (f"/assets/big.v1m{n:x}.js", f"/assets/a.css?m={n}.0", f"/assets/a.css?m={'9' * 99}{n}"):
            assert client.get(address).data == BODY
    assert len(static._files) == 2 and len(list(tmp_path.iterdir())) == 1


def test_invented_versions_have_no_file_unpacked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread took two thirds of a processor for minutes after such requests had ended."""
    served, looked_at = compressed(tmp_path), list[Path]()
    monkeypatch.setattr(static_module, "_is_whole", lambda path, *_: looked_at.append(path))
    for number in range(1, 50):
        assert Client(served).head(NAME.replace("m0", f"m{number}")).status_code == 200
    served._compress(next(name for name in served._whole if "." not in name))
    assert not looked_at


def test_file_of_a_package_is_fetched_once_whatever_its_address_says(tmp_path: Path) -> None:
    """Each request read the file, and compressed it, in a thread of the pages."""
    inner = CountingApp()
    client = Client(StaticFiles(inner, tmp_path, ("/packages/",), packages="/packages/"))
    for name in ("big.v1m0.js", "big.v1m1.js", "big.js", "big.js"):
        assert client.get(f"/packages/{name}", headers={"Accept-Encoding": "br"}).status_code == 200
    assert inner.requests == 1 and inner.accepted == [None]
    assert client.get("/packages/big.js.map").status_code == client.head("/packages/big.js.map").status_code == 404
    assert inner.requests == 1


def test_invented_versions_of_a_package_are_not_remembered(tmp_path: Path) -> None:
    """Dash takes other versions off a name than are ours: each was kept, 10 kB of memory for each request."""
    app = Dash(__name__)
    app.layout = html.Div()
    app.server.test_client().get("/")  # it registers the files of packages
    static = StaticFiles(app.server.wsgi_app, tmp_path, (PACKAGES,), packages=PACKAGES)
    address = next(path for path in app.registered_paths["dash"] if path.endswith("dash_renderer.min.js"))
    versions = ("", ".vé1m1", ".v1m1%0A", ".v1mFF", *(f".v{number}mA" for number in range(50)))
    for version in versions:
        path = f"{PACKAGES}dash/" + address.replace(".", f"{version}.", 1)
        assert Client(static).head(path).status_code == 200
    assert len(static._files) == 1


def test_other_paths_and_methods_reach_the_app(tmp_path: Path) -> None:
    client = Client(StaticFiles(CountingApp(), tmp_path, ("/assets/",)))
    assert client.post(NAME).data == client.get("/else").data == BODY
    assert client.head(NAME).headers["Content-Length"] == str(len(BODY))
    assert client.get("/assets/none.js").status_code == 404


def test_without_a_cache_folder_the_app_answers(tmp_path: Path) -> None:
    files = CountingApp()
    static = StaticFiles(files, tmp_path / "cache", ("/assets/",))
    (tmp_path / "cache").rmdir()
    for _ in range(2):
        answer = Client(static).get(NAME, headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200 and answer.data == BODY
    (tmp_path / "cache").mkdir()
    answer = Client(static).get(NAME, headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br" and brotli.decompress(answer.data) == BODY


def compressed(folder: Path) -> StaticFiles:
    """A cache in which NAME is compressed ahead."""
    static = StaticFiles(CountingApp(), folder, ("/assets/",))
    static.compress_ahead([NAME])
    until, pause = time.monotonic() + 60, Event()
    while len(static._whole) < 3 and time.monotonic() < until:
        pause.wait(0.01)
    return static


@pytest.mark.parametrize("left", [b"", b"\x3b", BODY[:20]])
def test_files_that_a_power_cut_left_empty_are_written_again(tmp_path: Path, left: bytes) -> None:
    compressed(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 3
    for path in tmp_path.iterdir():
        path.write_bytes(left)
    before = Client(StaticFiles(CountingApp(), tmp_path, ("/assets/",)))
    assert brotli.decompress(before.get(NAME, headers={"Accept-Encoding": "br"}).data) == BODY
    after = Client(compressed(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == names
    for headers in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip"}):
        answer = after.get(NAME, headers=headers)
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(
            answer.headers.get("Content-Encoding", ""), bytes
        )
        assert unpack(answer.data) == BODY


def test_files_of_the_program_are_served_without_the_folder(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("no folder can be made here")
    static = StaticFiles(CountingApp(), tmp_path / "full", ("/bundles/",))
    static.add("/bundles/none.v1m0.js", lambda: BODY, "text/javascript")
    client = Client(static)
    assert client.get("/bundles/none.v1m0.js").data == BODY
    packed = client.get("/bundles/none.v1m0.js", headers={"Accept-Encoding": "br"})
    assert brotli.decompress(packed.data) == BODY and packed.headers["Cache-Control"].endswith("immutable")


def test_files_of_the_program_are_served_when_the_folder_is_deleted(tmp_path: Path) -> None:
    static = StaticFiles(CountingApp(), tmp_path / "cache", ("/bundles/",))
    static.add("/bundles/none.v1m0.js", lambda: BODY, "text/javascript")
    shutil.rmtree(tmp_path / "cache")
    for encoding in ("", "br"):
        answer = Client(static).get("/bundles/none.v1m0.js", headers={"Accept-Encoding": encoding})
        assert answer.status_code == 200 and (brotli.decompress(answer.data) if encoding else answer.data) == BODY

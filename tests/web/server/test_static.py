"""Static files: cached by content, compressed ahead."""

import time
from collections.abc import Iterable
from pathlib import Path
from threading import Event

import brotli  # type: ignore[import-untyped]
from werkzeug.test import Client

from ioc.web.server.static import StaticFiles
from ioc.web.wsgi import Environ, StartResponse

NAME = "/assets/big.v1m0.js"
BODY = b"let x = 1; " * 500


class CountingApp:
    """Responds to every path with the same script, and counts its requests."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        self.requests += 1
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

"""Chromium, and a site over a made-up store that a test turns by hand."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from tests.web.fake import FakeReads, settings
from web.application import create

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP ioc.test 127.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one the test is skipped, in CI it fails."""
    path = os.environ.get("IOC_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None
    )
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: browser tests are left out (apt install chromium)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield made
        made.close()


class LiveReads(FakeReads):
    """The poller's heart beats by itself until it is frozen."""

    frozen_at = 0

    def versions(self) -> tuple[int, int, int]:
        version, _, data = super().versions()
        return version, self.frozen_at or int(time.time() * 1000), data


class Site:
    """A server that can go and come back on the same port."""

    def __init__(self, folder: Path) -> None:
        self.reads, self.folder, self.build, self.port = LiveReads(), folder, "build-1", 0
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        app = create(self.reads, settings(self.folder, build=self.build))
        self._server = make_server("127.0.0.1", self.port, app.server, threaded=True)
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def address(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.start()
    yield made
    made.stop()


class Told:
    """What the browser complained of and asked for."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.loads = 0


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def page(browser: Browser, told: Told) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1180, "height": 820})
    made = context.new_page()

    def navigated() -> None:
        told.loads += 1

    made.on("console", lambda message: told.faults.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: told.faults.append(str(error)))
    made.on("request", lambda request: told.requests.append(request.url))
    made.on("domcontentloaded", lambda _: navigated())
    yield made
    try:
        context.close()
    except Error:  # the browser is gone already
        return

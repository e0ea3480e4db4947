"""A served site over a fake read model that a test controls."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Blueprint
from werkzeug.serving import BaseWSGIServer, make_server

from ioc.web.app_factory import create_app
from simulator.free_ports import free_port
from tests.conftest import PageLog
from tests.web.fake import FakeReads, settings

__all__ = ["PageLog", "Site"]


class LiveReads(FakeReads):
    """The poller's heart beats by itself until it is frozen."""

    frozen_at = 0

    def versions(self) -> tuple[int, int, int]:
        version, _, data = super().versions()
        return version, self.frozen_at or int(time.time() * 1000), data


class Site:
    """A server that can go and come back on the same port."""

    def __init__(self, folder: Path, pages: str = "tests.web.site") -> None:
        self.reads, self.folder, self.build, self.pages = LiveReads(), folder, "build-1", pages
        self.port, self.blueprints = free_port(), tuple[Blueprint, ...]()
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        app = create_app(
            self.reads, settings(self.folder, build=self.build, pages_package=self.pages), blueprints=self.blueprints
        )
        self._server = make_server("127.0.0.1", self.port, app.server, threaded=True)
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
    created_site = Site(tmp_path)
    created_site.start()
    yield created_site
    created_site.stop()

"""Webhooks, against a sender that others wrote: collectd, as it runs on many servers."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.serving import make_server

from data_sources import protocols
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Source
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store
from ioc.web.webhooks import endpoint
from tests.data_sources.broker import until
from tests.data_sources.server import row

pytestmark = pytest.mark.slow
TOKEN = "a-token-of-sixteen-and-more"
OPTIONS: dict[str, Any] = {
    "push_token": "${GAUGE_TOKEN}", "items": "[?plugin=='load']", "time": "time", "time_format": "unix",
    "values": {"load-{host}": "values[0]", "load-long-{host}": "values[2]"},
}  # fmt: skip
CONFIG = """
Hostname "may-chu"
FQDNLookup false
Interval 0.1
BaseDir "{folder}"
PIDFile "{folder}/pid"
LoadPlugin load
LoadPlugin write_http
<Plugin write_http>
  <Node "ioc">
    URL "http://127.0.0.1:{port}/vao/may-chu"
    Header "Authorization: Bearer {token}"
    Format "JSON"
    BufferSize 1024
  </Node>
</Plugin>
"""


def program() -> str:
    found = shutil.which("collectd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("collectd is not installed: apt-get install collectd-core libyajl2 gives this test its sender")
    return found


@contextmanager
def sending(folder: Path, port: int, token: str) -> Iterator[None]:
    (folder / "collectd.conf").write_text(CONFIG.format(folder=folder, port=port, token=token), "utf-8")
    with (
        (folder / "collectd.log").open("wb") as log,
        subprocess.Popen([program(), "-f", "-C", folder / "collectd.conf"], stdout=log, stderr=log) as sender,
    ):
        try:
            yield
        finally:
            sender.terminate()


class Centre:
    """The webhook endpoint on a real socket, and what a poll makes of the waiting requests."""

    def __init__(self, store: Store) -> None:
        self.source: Source = row("/vao/may-chu", OPTIONS, key="may-chu", protocol="webhook")
        self.store, app, self.answers = store, Flask(__name__), list[int]()
        app.register_blueprint(
            endpoint.blueprint(store, endpoint.push_tokens([self.source], {"GAUGE_TOKEN": TOKEN}), utc_now)
        )
        app.after_request(self._noted)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def _noted(self, answer: Response) -> Response:
        self.answers.append(answer.status_code)
        return answer

    def readings(self) -> tuple[Reading, ...]:
        with self.store.read() as conn:
            pages = tuple(one.page for one in webhook_queue.pending(conn, "may-chu"))
        batch = protocols()["webhook"].parse(self.source, Payload(pages), utc_now())
        assert not batch.rejected_items, batch.rejected_items
        return batch.readings


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as store:
        store.migrate()
        made = Centre(store)
        yield made
        made.server.shutdown()
        made.server.server_close()


def test_what_collectd_pushes_becomes_readings(centre: Centre, tmp_path: Path) -> None:
    begun = time.time()
    with sending(tmp_path, centre.server.server_port, TOKEN):
        until(lambda: len(centre.readings()) >= 4, "two rounds have come", 30)
    found = centre.readings()
    assert set(centre.answers) == {202} and {one.series for one in found} == {"load-may-chu", "load-long-may-chu"}
    assert all(one.value is not None and 0 <= one.value < 10_000 for one in found)
    assert all(begun - 2 < one.observed.timestamp() < time.time() + 2 for one in found)


def test_a_sender_with_a_wrong_token_brings_nothing(centre: Centre, tmp_path: Path) -> None:
    with sending(tmp_path, centre.server.server_port, "wrong"):
        until(lambda: centre.answers, "it has been answered", 30)
    assert set(centre.answers) == {401} and not centre.readings()

"""Webhooks with an independent sender: collectd, which runs on many servers."""

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
from ioc.web.errors import handlers
from ioc.web.webhooks import endpoint
from tests.conftest import empty_store
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
    path = shutil.which("collectd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        pytest.skip("collectd is not installed: apt-get install collectd-core libyajl2 gives this test its sender")
    return path


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
    """The webhook endpoint on a real socket, and the readings that a poll parses from its queue."""

    def __init__(self, store: Store) -> None:
        self.source: Source = row("/vao/may-chu", OPTIONS, key="may-chu", protocol="webhook")
        self.store, app, self.statuses = store, Flask(__name__), list[int]()
        app.register_blueprint(
            endpoint.blueprint(store, endpoint.senders([self.source], {"GAUGE_TOKEN": TOKEN}), utc_now)
        )
        handlers.install(app, lambda _: False)
        app.after_request(self._record_status)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def _record_status(self, answer: Response) -> Response:
        self.statuses.append(answer.status_code)
        return answer

    def readings(self) -> tuple[Reading, ...]:
        with self.store.read() as conn:
            pages = tuple(message.page for message in webhook_queue.pending(conn, "may-chu"))
        batch = protocols()["webhook"].parse(self.source, Payload(pages), utc_now())
        assert not batch.rejected_items, batch.rejected_items
        return batch.readings


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with closing(empty_store(tmp_path)) as store:
        running = Centre(store)
        yield running
        running.server.shutdown()
        running.server.server_close()


def test_collectd_messages_become_readings(centre: Centre, tmp_path: Path) -> None:
    begun = time.time()
    with sending(tmp_path, centre.server.server_port, TOKEN):
        until(lambda: len(centre.readings()) >= 4, "two rounds have arrived", 30)
    readings = centre.readings()
    assert set(centre.statuses) == {202} and {reading.series for reading in readings} == {
        "load-may-chu",
        "load-long-may-chu",
    }
    assert all(reading.value is not None and 0 <= reading.value < 10_000 for reading in readings)
    assert all(begun - 2 < reading.observed.timestamp() < time.time() + 2 for reading in readings)


def test_sender_with_a_wrong_token_is_rejected(centre: Centre, tmp_path: Path) -> None:
    with sending(tmp_path, centre.server.server_port, "wrong"):
        until(lambda: centre.statuses, "it has been answered", 30)
    assert set(centre.statuses) == {401} and not centre.readings()

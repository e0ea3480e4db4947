"""MQTT against Aedes, a server that others wrote in another language and that knows no MQTT 5."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_sources import mqtt
from data_sources.mqtt import listeners
from tests.data_sources.broker import gateway, send, until, vanish
from tests.data_sources.server import free_port
from tests.data_sources.test_mqtt_live import LEVEL, Poll, body, source
from tests.peers.conftest import HERE, PEERS, needed
from tests.system.test_mqtt_try import listens

pytestmark = pytest.mark.slow
NAME, PASSWORD = "ioc", "right"
USER = {"user": NAME, "password": PASSWORD}


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """That of a running server, which wants USER."""
    monkeypatch.setattr(mqtt, "_FIRST_WAIT", 0.3)
    module, made, node = needed(PEERS / "node_modules" / "aedes" / "aedes.js"), free_port(), shutil.which("node")
    assert node is not None
    words = [node, str(HERE / "mqtt_server.mjs"), str(made), str(module), NAME, PASSWORD]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as server:
        try:
            until(lambda: listens(str(made)) or server.poll() is not None, "the server answers", 30)
            yield made
        finally:
            listeners.stop_all()
            server.terminate()


async def test_values_come_from_a_server_of_the_older_version(port: int) -> None:
    poll = Poll(source(f"mqtt://127.0.0.1:{port}", {**LEVEL, **USER}))
    with gateway(port, NAME, PASSWORD) as client:
        send(client, "tram/a/so-lieu", body(1), retain=True)
        assert await poll.gather(lambda got: len(got) > 0) == [("level-a", 1)], "what was retained has its own time"
        send(client, "tram/b/so-lieu", body(2))
        send(client, "tram/b/anh", body(3))
        send(client, "tram/a/so-lieu", body(4))
        assert await poll.gather(lambda got: len(got) > 1) == [("level-b", 2), ("level-a", 4)]


async def test_its_last_will_takes_the_value_away(port: int) -> None:
    will = {"topic": "tram/+/tinh-trang", "offline": ["off"], "series": ["level-{mqtt.levels[1]}"]}
    poll = Poll(source(f"mqtt://127.0.0.1:{port}", {**LEVEL, **USER, "will": will}))
    with gateway(port, NAME, PASSWORD, will=("tram/a/tinh-trang", "off")) as client:
        send(client, "tram/a/so-lieu", body(1), retain=True)
        assert await poll.gather(lambda got: len(got) > 0) == [("level-a", 1)]
        vanish(client)
        assert (await poll.gather(lambda got: len(got) > 0))[-1] == ("level-a", None)


async def test_its_refusal_is_one(port: int) -> None:
    error = await Poll(source(f"mqtt://127.0.0.1:{port}", {**LEVEL, "user": NAME, "password": "wrong"})).fails()
    assert error.is_refused and error.failure.startswith(f"127.0.0.1:{port} refuses us: ")

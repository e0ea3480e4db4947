"""MQTT against Aedes, a server in another language that does not support MQTT 5."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_sources import mqtt
from simulator.free_ports import free_port
from tests.data_sources.broker import gateway, send, stop_listeners, until, vanish
from tests.data_sources.test_mqtt_live import LEVEL, Poll, body, source
from tests.peers.conftest import HERE, PEERS, needed
from tests.system.test_mqtt_try import listens

pytestmark = pytest.mark.slow
NAME, PASSWORD = "ioc", "right"
USER = {"user": NAME, "password": PASSWORD}


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a running server, which requires USER."""
    monkeypatch.setattr(mqtt, "_FIRST_WAIT", 0.3)
    module, free, node = needed(PEERS / "node_modules" / "aedes" / "aedes.js"), free_port(), shutil.which("node")
    assert node is not None
    command = [node, str(HERE / "mqtt_server.mjs"), str(free), str(module), NAME, PASSWORD]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            until(lambda: listens(str(free)) or server.poll() is not None, "the server answers", 30)
            yield free
        finally:
            stop_listeners()
            server.terminate()


async def test_values_are_received_from_a_server_of_version_3(port: int) -> None:
    poll = Poll(source(f"mqtt://127.0.0.1:{port}", {**LEVEL, **USER}))
    with gateway(port, NAME, PASSWORD) as client:
        send(client, "tram/a/so-lieu", body(1), retain=True)
        assert await poll.collect(lambda got: len(got) > 0) == [("level-a", 1)], "a retained message has its own time"
        send(client, "tram/b/so-lieu", body(2))
        send(client, "tram/b/anh", body(3))
        send(client, "tram/a/so-lieu", body(4))
        assert await poll.collect(lambda got: len(got) > 1) == [("level-b", 2), ("level-a", 4)]


async def test_last_will_removes_the_value(port: int) -> None:
    will = {"topic": "tram/+/tinh-trang", "offline": ["off"], "series": ["level-{mqtt.levels[1]}"]}
    poll = Poll(source(f"mqtt://127.0.0.1:{port}", {**LEVEL, **USER, "will": will}))
    with gateway(port, NAME, PASSWORD, will=("tram/a/tinh-trang", "off")) as client:
        send(client, "tram/a/so-lieu", body(1), retain=True)
        assert await poll.collect(lambda got: len(got) > 0) == [("level-a", 1)]
        vanish(client)
        assert (await poll.collect(lambda got: len(got) > 0))[-1] == ("level-a", None)


async def test_wrong_password_is_a_refusal(port: int) -> None:
    error = await Poll(source(f"mqtt://127.0.0.1:{port}", {**LEVEL, "user": NAME, "password": "wrong"})).fails()
    assert error.is_refused and error.failure.code.startswith("mqtt.")

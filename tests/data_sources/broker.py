"""A real Mosquitto for the tests, and a client that publishes to it."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from data_sources.mqtt import listeners
from simulator.free_ports import free_port

SECONDS = 30.0


def program() -> str:
    """The path of Mosquitto; without it the test is skipped, in CI it fails."""
    path = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        message = "Mosquitto is not installed: apt-get install mosquitto gives the server to the tests of MQTT"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


@dataclass
class Broker:
    """A server on a loopback port that can be killed and started again with its persisted state."""

    folder: Path
    lines: tuple[str, ...] = ("allow_anonymous true",)
    scheme: str = "mqtt"
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self) -> "Broker":
        executable = program()
        self.port = self.port or free_port()
        text = "\n".join(
            (f"listener {self.port} 127.0.0.1", *self.lines, *_PERSISTENCE, f"persistence_location {self.folder}/")
        )
        (self.folder / "mosquitto.conf").write_text(text + "\n", "utf-8")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [executable, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log, cwd=self.folder
            )
        until(self._answers, "the server answers")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text("utf-8")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def end(self, signal_number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal_number)
            self.process.wait(SECONDS)
            self.process = None


# Persisted at once, so that a kill at any moment loses nothing that the server has acknowledged.
_PERSISTENCE: tuple[str, ...] = (
    "persistence true",
    "autosave_on_changes true",
    "autosave_interval 1",
    "log_type error",
    "log_type warning",
)
if os.geteuid() == 0:
    _PERSISTENCE += ("user root",)  # else it changes to a user that may not write to the test's folder


def until(condition: Callable[[], Any], description: str, seconds: float = SECONDS) -> None:
    """Wait for `condition()`; the test fails with `description` when it does not come true."""
    ends, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < ends, f"not within {seconds:g} s: {description}"
        pause.wait(0.02)


def stop_listeners() -> None:
    """End the connections of this process, as another process that begins anew would find it."""
    running = [entry.listener for entry in listeners._listeners.values()]
    listeners._listeners.clear()
    for listener in running:
        listener.stop()
    for listener in running:
        listener.join()


@contextmanager
def gateway(
    port: int, user: str = "", password: str = "", will: tuple[str, str] | None = None
) -> Iterator[paho.Client]:
    """A connected client that publishes; `vanish` breaks its connection."""
    client = paho.Client(CallbackAPIVersion.VERSION2, "gateway")
    if user:
        client.username_pw_set(user, password)
    if will:
        client.will_set(*will, qos=1, retain=True)
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(client.is_connected, "the gateway is connected")
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def send(client: paho.Client, topic: str, body: str | bytes, retain: bool = False) -> None:
    """Publish `body` and wait until the server has acknowledged it."""
    until(client.is_connected, "the gateway is connected")
    client.publish(topic, body, qos=1, retain=retain).wait_for_publish(SECONDS)


def vanish(client: paho.Client) -> None:
    """Break the connection as a power failure does: the server publishes the last will."""
    client._reconnect_on_failure = False
    connection = client.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)

"""Data producers behind two of the servers, which outlive them: stations that write files, a gateway that publishes."""

import threading
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.chaos.readings import SERIES, series_key, value_at
from benchmarks.chaos.servers import MqttServer, StationFileServer

_LOCAL = timedelta(hours=7)
_RESEND_SECONDS = 5  # seconds; messages of this time before a broken connection are sent again
_TIMEOUT = 2.0


class Gateways:
    """Runs both producers in threads until the end of the block."""

    def __init__(self, stations: StationFileServer, broker: MqttServer) -> None:
        self._stations, self._broker = stations, broker
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._write_files, self._publish_messages)
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write_files(self) -> None:
        step = self._stations.step
        second = -(-self._stations.begin // step) * step
        while not self._stop.wait(0.2):
            while second <= time.time():
                self._write_file(second)
                second += step

    def _write_file(self, second: int) -> None:
        stamp = f"{datetime.fromtimestamp(second, UTC) + _LOCAL:%Y%m%d%H%M%S}"
        rows = "".join(f"{number}\t{value_at(number, second)}\tm\t{stamp}\t00\r\n" for number in range(SERIES))
        partial = self._stations.folder / f".CHAOS_{stamp}.part"
        partial.write_text(rows, "utf-8")
        partial.rename(self._stations.folder / f"CHAOS_{stamp}.txt")

    def _publish_messages(self) -> None:
        second, client = self._broker.begin, self._client()
        while not self._stop.wait(0.1):
            if not client.is_connected():
                second = max(self._broker.begin, second - _RESEND_SECONDS)
                client.loop_stop()
                client = self._client()
            while second <= time.time() and client.is_connected() and self._publish_second(client, second):
                second += 1
        client.disconnect()
        client.loop_stop()

    def _client(self) -> paho.Client:
        """A new client for each connection, without messages of the one before; connected if the server answers."""
        client = paho.Client(CallbackAPIVersion.VERSION2, "chaos-gateway")
        try:
            client.connect("127.0.0.1", self._broker.port)
        except OSError:
            return client
        client.loop_start()
        until = time.monotonic() + _TIMEOUT
        while not client.is_connected() and time.monotonic() < until:
            self._stop.wait(0.05)
        return client

    def _publish_second(self, client: paho.Client, second: int) -> bool:
        """Whether the server acknowledged all messages of a second; if not, the next connection sends them again."""
        for number in range(SERIES):
            body = f'{{"t": {second}, "v": {value_at(number, second)}}}'
            message = client.publish(f"chaos/{series_key(self._broker.name, number)}", body, qos=1)
            until = time.monotonic() + _TIMEOUT
            while message.rc != paho.MQTT_ERR_SUCCESS or not message.is_published():
                if time.monotonic() > until or not client.is_connected() or self._stop.wait(0.01):
                    return False
        return True

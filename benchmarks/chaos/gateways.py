"""What lies behind two of the servers and outlives them: stations that write files, a gateway that publishes."""

import threading
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.chaos.servers import Broker, Stations
from benchmarks.chaos.truth import SERIES, key, value

_LOCAL = timedelta(hours=7)
_AGAIN = 5  # seconds before a broken connection of which a gateway sends everything once more
_PATIENCE = 2.0


class Gateways:
    """Both of them, in threads, until the end of the block."""

    def __init__(self, stations: Stations, broker: Broker) -> None:
        self._stations, self._broker = stations, broker
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._write, self._publish)]

    def __enter__(self) -> None:
        for one in self._threads:
            one.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()

    def _write(self) -> None:
        step = self._stations.step
        second = -(-self._stations.begin // step) * step
        while not self._stop.wait(0.2):
            while second <= time.time():
                self._file(second)
                second += step

    def _file(self, second: int) -> None:
        stamp = f"{datetime.fromtimestamp(second, UTC) + _LOCAL:%Y%m%d%H%M%S}"
        rows = "".join(f"{number}\t{value(number, second)}\tm\t{stamp}\t00\r\n" for number in range(SERIES))
        half = self._stations.folder / f".CHAOS_{stamp}.part"
        half.write_text(rows, "utf-8")
        half.rename(self._stations.folder / f"CHAOS_{stamp}.txt")

    def _publish(self) -> None:
        second, client = self._broker.begin, self._client()
        while not self._stop.wait(0.1):
            if not client.is_connected():
                second = max(self._broker.begin, second - _AGAIN)
                client.loop_stop()
                client = self._client()
            while second <= time.time() and client.is_connected() and self._sent(client, second):
                second += 1
        client.disconnect()
        client.loop_stop()

    def _client(self) -> paho.Client:
        """A new one for each connection: it holds nothing of the one before. Connected, if the server is there."""
        client = paho.Client(CallbackAPIVersion.VERSION2, "chaos-gateway")
        try:
            client.connect("127.0.0.1", self._broker.port)
        except OSError:
            return client
        client.loop_start()
        until = time.monotonic() + _PATIENCE
        while not client.is_connected() and time.monotonic() < until:
            self._stop.wait(0.05)
        return client

    def _sent(self, client: paho.Client, second: int) -> bool:
        """Acknowledged by the server; if not, it is sent again by the next connection."""
        for number in range(SERIES):
            body = f'{{"t": {second}, "v": {value(number, second)}}}'
            told = client.publish(f"chaos/{key(self._broker.name, number)}", body, qos=1)
            until = time.monotonic() + _PATIENCE
            while told.rc != paho.MQTT_ERR_SUCCESS or not told.is_published():
                if time.monotonic() > until or not client.is_connected() or self._stop.wait(0.01):
                    return False
        return True

"""Publishes counting values to a broker: `python -m benchmarks.mqtt_flood PORT RATE SECONDS SERIES PAD`.

MQTT 3.1.1 at QoS 1, without a library. It prints the number of acknowledged messages. PAD: bytes of padding in each
message.
"""

import select
import socket
import struct
import sys
import time

from ioc.cli.supervisor import die_with_parent

_MAX_UNACKNOWLEDGED = 50_000  # messages that may wait for their acknowledgement; there are 65,535 ids
_MAX_BURST = 2_000
_ACK_TIMEOUT = 60.0  # seconds without an acknowledgement after which it gives up


def flood(port: int, rate: float, seconds: float, series: int, pad: int) -> int:
    """Publishes `rate` messages a second for `seconds`, each with its own time. Returns the number acknowledged."""
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(_packet(0x10, _text("MQTT") + bytes([4, 2]) + struct.pack(">H", 0) + _text("bench-flood")))
        wire.recv(4)
        wire.setblocking(False)
        return _send_all(wire, rate, int(rate * seconds), series, b"-" * pad)


def _send_all(wire: socket.socket, rate: float, total: int, series: int, pad: bytes) -> int:
    sent = acknowledged = 0
    started, last_received, first = time.monotonic(), time.monotonic(), int(time.time() * 1000)
    unsent, received = b"", 0
    while acknowledged < total and time.monotonic() - last_received < _ACK_TIMEOUT:
        due = min(
            total, int((time.monotonic() - started) * rate), acknowledged + _MAX_UNACKNOWLEDGED, sent + _MAX_BURST
        )
        if len(unsent) < 1_000_000:
            unsent += b"".join(_message(n, first, series, pad) for n in range(sent, due))
            sent = max(sent, due)
        readable, writable, _ = select.select([wire], [wire] if unsent else [], [], 0.005)
        if writable:
            unsent = unsent[wire.send(unsent) :]
        if readable:
            piece = wire.recv(65_536)
            if not piece:
                break
            received, last_received = received + len(piece), time.monotonic()
            acknowledged = received // 4  # an acknowledgement has four bytes
    return acknowledged


def _message(n: int, first: int, series: int, pad: bytes) -> bytes:
    topic, body = _text(f"bench/{n % series}"), b'{"t": %d, "v": %d.5, "pad": "%s"}' % (first + n // 10, n % 99, pad)
    return _packet(0x32, topic + struct.pack(">H", n % 65_535 + 1) + body)


def _packet(kind: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (128 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()


if __name__ == "__main__":
    die_with_parent()
    port, rate, seconds, series, pad = sys.argv[1:]
    sys.stdout.write(f"{flood(int(port), float(rate), float(seconds), int(series), int(pad))}\n")

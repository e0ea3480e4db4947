"""Checks of a received packet before paho parses it: what would cost time or memory without end."""

from data_sources.mqtt.errors import MqttCode
from ioc.domain.ingest.protocol import SourceError

MAX_PROPERTIES = 16_384  # bytes; paho copies the rest of the packet for each property
_PUBLISH, _QOS, _QOS_1 = 0x30, 0x06, 0x02  # type and flags of the first byte (MQTT 5, 2.1)
_MAX_LENGTH_BYTES = 4  # of a variable byte integer (1.5.5)


def guard_packet(first_byte: int, packet: bytearray, endpoint: str, *, is_v5: bool) -> None:
    """Takes the properties out of a message in `packet`, the bytes after the fixed header: nothing here reads them.

    Raises SourceError for QoS 2, which is never asked for and would be kept until the server releases it, and for large
    properties; IndexError for a packet that is cut.
    """
    if first_byte & 0xF0 != _PUBLISH:
        if len(packet) > MAX_PROPERTIES:  # these packets are properties for the most part
            raise _error(MqttCode.PACKET_PROPERTIES, endpoint)
        return
    qos = first_byte & _QOS
    if qos > _QOS_1:
        raise _error(MqttCode.QOS_NOT_REQUESTED, endpoint)
    if not is_v5:
        return
    start = 2 + int.from_bytes(packet[:2]) + (2 if qos else 0)
    size, end = _variable_integer(packet, start)
    if size > MAX_PROPERTIES:
        raise _error(MqttCode.PACKET_PROPERTIES, endpoint)
    if end + size > len(packet):
        raise IndexError
    packet[start : end + size] = b"\0"


def _variable_integer(packet: bytearray, start: int) -> tuple[int, int]:
    """The variable byte integer at `start`, and where it ends. Raises IndexError."""
    value = 0
    for n in range(_MAX_LENGTH_BYTES):
        byte = packet[start + n]
        value |= (byte & 127) << (7 * n)
        if byte < 128:
            return value, start + n + 1
    raise IndexError


def _error(code: MqttCode, endpoint: str) -> SourceError:
    return SourceError(code, retry_after=0, host=endpoint)

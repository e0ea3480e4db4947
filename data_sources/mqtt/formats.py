"""Messages of each format as documents that the mapping reads."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson

from data_sources.mqtt import senml, sparkplug
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import SourceError

DocumentReader = Callable[[MqttMessage], list[Any]]
_MAX_VALUES = 200  # values of an uplink


def document_reader(message_format: str, retained: bool) -> DocumentReader:
    """A function that decodes the messages of one poll in their order; in its lists a record may be a Failure.

    `retained`: whether times of retained messages may be relative to their receipt.
    """
    if message_format == "sparkplug":
        names = sparkplug.MetricNames()
        return lambda message: [list(names.records(message))]
    if message_format == "senml":
        return lambda message: [list(senml.records(message, _reference_time(message, retained)))]
    if message_format == "chirpstack":
        return _UplinkReader().documents
    return lambda message: [decode_json(message, orjson.loads)]


def _reference_time(message: MqttMessage, retained: bool) -> datetime | None:
    return message.received_at if retained or not message.is_retained else None


class _UplinkReader:
    """ChirpStack uplinks, each once: several gateways may have received the same one."""

    def __init__(self) -> None:
        self._deduplication_ids: set[str] = set()

    def documents(self, message: MqttMessage) -> list[Any]:
        """The uplink with its single numbers as `measured`; [] for a repeated one and for events of other kinds."""
        document = decode_json(message, orjson.loads)
        if not isinstance(document, dict) or not isinstance(document.get("deviceInfo"), dict):
            raise SourceError(MqttCode.NOT_CHIRPSTACK)
        if "object" not in document and "fCnt" not in document:
            return []  # a join, an acknowledgement, a status
        deduplication_id = document.get("deduplicationId")
        if isinstance(deduplication_id, str):
            if deduplication_id in self._deduplication_ids:
                return []
            self._deduplication_ids.add(deduplication_id)
        return [{**document, "measured": list(_measurements(document))}]


def _measurements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    decoded = document.get("object")
    for name, value in list(decoded.items())[:_MAX_VALUES] if isinstance(decoded, dict) else ():
        if isinstance(value, (int, float)):
            yield {"name": name, "value": value, "time": document.get("time"), "deviceInfo": document["deviceInfo"]}

"""Messages of each format as documents that the mapping reads."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson

from data_sources.mqtt import senml, sparkplug
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import SourceError

DocumentReader = Callable[[MqttMessage], list[Any]]
_MAX_VALUES = 200  # values of an uplink


def document_reader(form: str, retained: bool) -> DocumentReader:
    """What makes documents of one poll's messages, in their order. `retained`: whether the old count as of now."""
    if form == "sparkplug":
        names = sparkplug.MetricNames()
        return lambda message: [list(names.records(message))]
    if form == "senml":
        return lambda message: [list(senml.records(message, _reference_time(message, retained)))]
    if form == "chirpstack":
        return _UplinkReader().documents
    return lambda message: [decode_json(message, orjson.loads)]


def _reference_time(message: MqttMessage, retained: bool) -> datetime | None:
    return message.received_at if retained or not message.is_retained else None


class _UplinkReader:
    """ChirpStack: of an uplink that came by several ways the first is taken; other events are none."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def documents(self, message: MqttMessage) -> list[Any]:
        """The uplink with its single numbers as `measured`; nothing for one that was seen, or for another event."""
        document = decode_json(message, orjson.loads)
        if not isinstance(document, dict) or not isinstance(document.get("deviceInfo"), dict):
            raise SourceError(untyped("the message is no event of ChirpStack"))
        if "object" not in document and "fCnt" not in document:
            return []  # a join, an acknowledgement, a status
        number = document.get("deduplicationId")
        if isinstance(number, str):
            if number in self._seen:
                return []
            self._seen.add(number)
        return [{**document, "measured": list(_measurements(document))}]


def _measurements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = document.get("object")
    for name, value in list(found.items())[:_MAX_VALUES] if isinstance(found, dict) else ():
        if isinstance(value, (int, float)):
            yield {"name": name, "value": value, "time": document.get("time"), "deviceInfo": document["deviceInfo"]}

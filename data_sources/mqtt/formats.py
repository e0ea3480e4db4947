"""Messages of each format as documents that the mapping reads."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import orjson

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.items import MAX_ITEMS
from data_sources._mapping.path_use import listed_fields
from data_sources.mqtt import senml, sparkplug
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.options import UPLINK_ITEMS, Options
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import DecodingCode, decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, is_missing_text, text_readings
from ioc.domain.ingest.protocol import ResponsePage, SourceError

DocumentReader = Callable[[MqttMessage], list[Any]]
_MAX_VALUES, _MAX_DEPTH = 200, 8  # of the object of an uplink
MAX_NAME = 60  # characters of a name
_VALUE = re.compile(r"\bvalue\b")  # in an expression
_PLAIN_TEXT = re.compile(r"[^\"\ufffd{}\[\]<>:]{1,60}")
_OBJECT = re.compile(r"\bobject\b")  # in an expression


def document_reader(options: Options, declared: Collection[str]) -> DocumentReader:
    """A function that decodes the messages of one poll in their order. `declared`: the series of the row.

    Instead of a document, or of a record in a document that is a list, it may give a Failure.
    """
    if options.format == "sparkplug":
        names = sparkplug.MetricNames()
        return lambda message: [_limited(names.records(message))]
    if options.format == "senml":
        return lambda message: [_limited(senml.records(message, _reference_time(message, options.retained)))]
    if options.format == "chirpstack":
        return UplinkReader(options, declared).documents
    if any(_VALUE.search(value.path) for _, value in options.value_mappings):
        return lambda message: [_json_or_text(message)]
    return lambda message: [decode_json(message, orjson.loads)]


def _limited(records: Iterator[Any]) -> list[Any]:
    """The first MAX_ITEMS; a Failure stands for the others."""
    first = list(islice(records, MAX_ITEMS))
    left_out = next(records, None) is not None
    return [*first, Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})] if left_out else first


def _json_or_text(message: MqttMessage) -> Any:
    """The JSON of a message, else its only word or number: ON, 23,5, unavailable. Raises SourceError."""
    try:
        return decode_json(message, orjson.loads)
    except SourceError as error:
        text = message.body.decode("utf-8", "replace").strip()
        if error.failure.code == DecodingCode.NOT_JSON and text.isprintable() and _PLAIN_TEXT.fullmatch(text):
            return text
        raise


def _reference_time(message: MqttMessage, retained: bool) -> datetime | None:
    return message.received_at if retained or not (message.is_retained or message.is_kept) else None


class UplinkReader:
    """ChirpStack uplinks, each once: several gateways may have received the same one."""

    def __init__(self, options: Options, declared: Collection[str]) -> None:
        self._options, self._declared = options, declared
        self._deduplication_ids: set[str] = set()
        self._notation = options.notation()
        self._lists_values = options.items == UPLINK_ITEMS
        paths = (options.items, *(value.path for _, value in options.value_mappings))
        self._needs_object = self._lists_values or any(map(_OBJECT.search, paths))

    def documents(self, message: ResponsePage) -> list[Any]:
        """The uplink with its single numbers as `measured`; [] for a repeated one and for events of other kinds.

        Raises SourceError for an uplink that the row needs decoded and is not.
        """
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
        decoded = document.get("object")
        if self._needs_object and not isinstance(decoded, dict):
            if decoded is None and not document.get("data"):
                return []  # only commands between the device and the network
            device = shorten(str(document["deviceInfo"].get("devEui")), MAX_NAME)
            raise SourceError(MqttCode.UPLINK_NOT_DECODED, device=device)
        measured, left_out = self._measurements(document)
        fields = {"fields": listed_fields([decoded])}
        no_values = [Failure(MappingCode.NO_VALUES, fields)] if self._lists_values and not measured else []
        return [{**document, UPLINK_ITEMS: measured}, *no_values, *left_out]

    def _measurements(self, document: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Failure]]:
        """A record for each number of the object and for what else stands in the place of a declared series.

        Also a failure when there are more than are read.
        """
        common = {"time": document.get("time"), "deviceInfo": document["deviceInfo"]}
        leaves = self._leaves(document.get("object"), ())
        records = ({"name": ".".join(path), "value": value, **common} for path, value in leaves)
        measured = filter(self._is_measured, records)
        first = list(islice(measured, _MAX_VALUES))
        left_out = [Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": _MAX_VALUES})] if next(measured, None) else []
        return first, left_out

    def _is_measured(self, record: dict[str, Any]) -> bool:
        """Whether a record is a number, is nested too deep to tell, or belongs to a series that the row declares."""
        if isinstance(record["value"], dict | list) or self._is_number(record["value"]):
            return True
        try:
            options = self._options
            return (
                self._lists_values and options.series_name(options.series, partial(find, record)).key in self._declared
            )
        except ParseError:
            return False

    def _leaves(self, value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """What stands in `value`, each with the names or indices that lead to it.

        What lies too deep comes as it is, so that it is rejected where it stands.
        """
        if not isinstance(value, dict | list) or len(path) >= _MAX_DEPTH:
            yield path, value
        else:
            for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
                yield from self._leaves(inner, (*path, str(name)[:MAX_NAME]))

    def _is_number(self, value: Any) -> bool:
        """Whether `value` is a number, a text of one, or a word that means a number or no value."""
        if not isinstance(value, str):
            return isinstance(value, int | float)
        is_word = self._notation.word_number(value) is not None or is_missing_text(value, self._notation.missing)
        return is_word or bool(text_readings(value))

"""Sparkplug B: a birth message names the metrics, later messages refer to them by alias."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import SourceError

MAX_NAME = 250  # characters of a metric's name and unit: 20,000 records may share one of a megabyte by its alias
_MAX_QUOTED = 80  # characters
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # bits of the data types Int8 to Int64
VALUE_MESSAGES = ("NBIRTH", "DBIRTH", "NDATA", "DDATA")
DEATHS = ("NDEATH", "DDEATH")
_SESSION_MESSAGES = ("NBIRTH", "NDEATH")
_CONTROL_METRICS = ("bdSeq", "Node Control/", "Device Control/")  # names of metrics that measure nothing


class SparkplugTopic(NamedTuple):
    """The parts of a topic. `message_type`: NBIRTH, DDATA, …; `device` "" for the node itself."""

    message_type: str
    node: str  # group/node
    device: str


@dataclass(frozen=True, slots=True)
class _MetricName:
    name: str
    datatype: int
    unit: Any
    device: str


def parse_topic(topic: str) -> SparkplugTopic | None:
    """`topic` in its parts, None when it is none of Sparkplug B."""
    levels = topic.split("/")
    if len(levels) not in (4, 5) or levels[0] != "spBv1.0":
        return None
    return SparkplugTopic(levels[2], f"{levels[1]}/{levels[3]}", levels[4] if len(levels) == 5 else "")


@cache
def _payload_class() -> Any:
    """The protobuf class of a payload: those fields of the specification (6.4) that are read."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    kinds = {
        "u32": field.TYPE_UINT32, "u64": field.TYPE_UINT64, "float": field.TYPE_FLOAT, "double": field.TYPE_DOUBLE,
        "bool": field.TYPE_BOOL, "text": field.TYPE_STRING,
    }  # fmt: skip
    file = descriptor_pb2.FileDescriptorProto(name="ioc/sparkplug_b.proto", package="ioc.sparkplug", syntax="proto2")
    for name, fields in _MESSAGE_FIELDS.items():
        message_type = file.message_type.add(name=name)
        for number, (label, kind) in fields.items():
            bare = kind.removesuffix("*")
            added = message_type.field.add(name=label, number=number)
            added.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            added.type = kinds.get(bare, field.TYPE_MESSAGE)
            if bare in _MESSAGE_FIELDS:
                added.type_name = f".ioc.sparkplug.{bare}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("ioc.sparkplug.Payload"))


_MESSAGE_FIELDS: dict[str, dict[int, tuple[str, str]]] = {
    "Payload": {1: ("timestamp", "u64"), 2: ("metrics", "Metric*"), 3: ("seq", "u64")},
    "Metric": {
        1: ("name", "text"), 2: ("alias", "u64"), 3: ("timestamp", "u64"), 4: ("datatype", "u32"),
        7: ("is_null", "bool"), 9: ("properties", "Properties"), 10: ("int_value", "u32"), 11: ("long_value", "u64"),
        12: ("float_value", "float"), 13: ("double_value", "double"), 14: ("boolean_value", "bool"),
        15: ("string_value", "text"),
    },
    "Properties": {1: ("keys", "text*"), 2: ("values", "Property*")},
    "Property": {
        1: ("type", "u32"), 2: ("is_null", "bool"), 3: ("int_value", "u32"), 4: ("long_value", "u64"),
        5: ("float_value", "float"), 6: ("double_value", "double"), 7: ("boolean_value", "bool"),
        8: ("string_value", "text"),
    },
}  # fmt: skip
_VALUE_FIELDS = ("int_value", "long_value", "float_value", "double_value", "boolean_value", "string_value")


def _decode(body: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return _payload_class().FromString(body)
    except (DecodeError, ValueError):
        raise SourceError(MqttCode.NOT_SPARKPLUG) from None


def session_number(body: bytes) -> int | None:
    """The session (bdSeq) that a birth or death message belongs to, None when it has none or cannot be read."""
    try:
        metrics = _decode(body).metrics
    except SourceError:
        return None
    number = next((_value(metric, 0) or 0 for metric in metrics if metric.name == "bdSeq"), None)
    return number if isinstance(number, int) else None


def session_numbers(messages: list[MqttMessage]) -> dict[int, int | None]:
    """The sessions of the births and deaths of nodes among `messages`, by their position."""
    topics = [parse_topic(message.address) for message in messages]
    return {
        n: session_number(messages[n].body)
        for n, at in enumerate(topics)
        if at and at.message_type in _SESSION_MESSAGES
    }


def rebirth_command(ms: int) -> bytes:
    """The payload of a command that asks a node for its birth message. `ms`: Unix milliseconds."""
    payload = _payload_class()(timestamp=ms)
    payload.metrics.add(name="Node Control/Rebirth", datatype=11, boolean_value=True, timestamp=ms)
    return bytes(payload.SerializeToString())


class MetricNames:
    """The names of metrics by alias, from the births among the messages that were read so far."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[int | str, _MetricName]] = {}
        self._dead: set[tuple[str, str]] = set()  # nodes and devices that no birth has followed

    def records(self, message: MqttMessage) -> Iterator[dict[str, Any] | Failure]:
        """Each metric of `message` as a record, a Failure for one whose name is not known. Raises SourceError.

        The names of a birth are remembered for the messages that follow.
        """
        at = parse_topic(message.address)
        if at is None:
            raise SourceError(MqttCode.NOT_SPARKPLUG_TOPIC)
        if at.message_type in DEATHS:
            return self._death_records(at, message)
        if at.message_type in VALUE_MESSAGES:
            return self._metric_records(at, _decode(message.body), message.role == "birth")
        return iter(())  # commands and the state of other hosts

    def _metric_records(
        self, at: SparkplugTopic, payload: Any, is_repeated: bool
    ) -> Iterator[dict[str, Any] | Failure]:
        if at.message_type == "NBIRTH":
            self._by_node[at.node] = {}
        names, is_birth = self._by_node.setdefault(at.node, {}), at.message_type.endswith("BIRTH")
        if is_birth:
            self._dead -= {(at.node, at.device)}
        for metric in payload.metrics:
            name = _readable_name(metric)
            if is_birth:
                names.pop(metric.alias if metric.HasField("alias") else "", None)
            if is_birth and name is not None:
                names[_metric_key(at, metric)] = _MetricName(name, metric.datatype, _unit(metric), at.device)
            if is_repeated or (name or "").startswith(_CONTROL_METRICS):
                continue
            yield _bad_name(metric.name) if name is None else self._record(at, metric, names, payload.timestamp)

    def _record(
        self, at: SparkplugTopic, metric: Any, names: dict[int | str, _MetricName], sent: int
    ) -> dict[str, Any] | Failure:
        known = names.get(_metric_key(at, metric))
        name = metric.name or (known.name if known else "")
        if not name:
            return Failure(MqttCode.ALIAS_WITHOUT_BIRTH, {"alias": str(metric.alias)})
        datatype = metric.datatype or (known.datatype if known else 0)
        own_unit = _unit(metric)
        unit = known.unit if own_unit == "" and known else own_unit
        return _record_base(at, name, unit) | {
            "value": _value(metric, datatype), "time": metric.timestamp or sent,
        }  # fmt: skip

    def _death_records(self, at: SparkplugTopic, message: MqttMessage) -> Iterator[dict[str, Any]]:
        """The metrics of the node or device without values, as of the receipt: a will is written long before.

        None for a death that follows another one without a birth: it says nothing new.
        """
        if (at.node, at.device) in self._dead:
            return
        self._dead.add((at.node, at.device))
        ms = int(message.received_at.timestamp() * 1000)
        for metric in self._by_node.get(at.node, {}).values():
            if at.device in ("", metric.device) and not metric.name.startswith(_CONTROL_METRICS):
                yield _record_base(at._replace(device=metric.device), metric.name, "") | {"value": None, "time": ms}


def _readable_name(metric: Any) -> str | None:
    """The name of `metric`, "" where it has none; None for one that is too long or, as bytes, no UTF-8."""
    name = metric.name
    return name if isinstance(name, str) and len(name) <= MAX_NAME else None


def _bad_name(name: str | bytes) -> Failure:
    text = name if isinstance(name, str) else name.decode("utf-8", "replace")
    return Failure(MqttCode.TEXT_TOO_LONG, {"record": shorten(text, _MAX_QUOTED), "field": "name", "limit": MAX_NAME})


def _metric_key(at: SparkplugTopic, metric: Any) -> int | str:
    return metric.alias if metric.HasField("alias") else f"{at.device}/{metric.name}"


def _record_base(at: SparkplugTopic, name: str, unit: Any) -> dict[str, Any]:
    group, node = at.node.split("/")
    path = "/".join(filter(None, (group, node, at.device, name)))
    return {"group": group, "node": node, "device": at.device, "name": name, "path": path, "unit": unit}


def _unit(metric: Any) -> Any:
    """The property engUnit as it is; "" for none. Different ones, or one that is no plain value, are a list."""
    pairs = zip(metric.properties.keys, metric.properties.values, strict=False)
    units = [_value(value, 0) for key, value in pairs if key == "engUnit" and not value.is_null]
    if None in units or any(isinstance(unit, str) and len(unit) > MAX_NAME for unit in units):
        return []
    return next(iter(units), "") if len(set(units)) < 2 else units


def _value(metric: Any, datatype: int) -> Any:
    if metric.is_null:
        return None
    for field in _VALUE_FIELDS:
        if metric.HasField(field):
            value = getattr(metric, field)
            bits = _SIGNED_BITS.get(datatype)
            if bits and field in ("int_value", "long_value"):
                low = value & ((1 << bits) - 1)  # signed numbers come as two's complement
                return low - (1 << bits) if low >> (bits - 1) else low
            return value
    return None

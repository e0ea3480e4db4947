"""Sparkplug B: metrics that are named once, at a birth, and come as numbers from then on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError

_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # data types that are whole numbers with a sign, and their bits
_CONTROL_METRICS = ("bdSeq", "Node Control/", "Device Control/")  # no measurements


class SparkplugTopic(NamedTuple):
    """Where a message comes from. `what`: NBIRTH, DDATA, …; `device` "" for the node itself."""

    message_type: str
    node: str  # group/node
    device: str


@dataclass(frozen=True, slots=True)
class _MetricName:
    name: str
    datatype: int
    unit: str
    device: str


def parse_topic(topic: str) -> SparkplugTopic | None:
    """The place that a topic tells, None for other topics."""
    levels = topic.split("/")
    if len(levels) not in (4, 5) or levels[0] != "spBv1.0":
        return None
    return SparkplugTopic(levels[2], f"{levels[1]}/{levels[3]}", levels[4] if len(levels) == 5 else "")


@cache
def _payload_class() -> Any:
    """The message class. Its fields are those of the specification, 6.4; what is not read is left out."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    kinds = {
        "u32": field.TYPE_UINT32, "u64": field.TYPE_UINT64, "float": field.TYPE_FLOAT, "double": field.TYPE_DOUBLE,
        "bool": field.TYPE_BOOL, "text": field.TYPE_STRING,
    }  # fmt: skip
    file = descriptor_pb2.FileDescriptorProto(name="ioc/sparkplug_b.proto", package="ioc.sparkplug", syntax="proto2")
    for name, fields in _MESSAGE_FIELDS.items():
        made = file.message_type.add(name=name)
        for number, (label, kind) in fields.items():
            bare = kind.removesuffix("*")
            one = made.field.add(name=label, number=number)
            one.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            one.type = kinds.get(bare, field.TYPE_MESSAGE)
            if bare in _MESSAGE_FIELDS:
                one.type_name = f".ioc.sparkplug.{bare}"
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
    "Property": {1: ("type", "u32"), 2: ("is_null", "bool"), 8: ("string_value", "text")},
}  # fmt: skip
_VALUE_FIELDS = ("int_value", "long_value", "float_value", "double_value", "boolean_value", "string_value")


def _decode(body: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return _payload_class().FromString(body)
    except (DecodeError, ValueError):
        raise SourceError(untyped("the message is no Sparkplug B payload")) from None


def session_number(body: bytes) -> int | None:
    """The number of the session that a birth or a death belongs to, None where it tells none."""
    try:
        metrics = _decode(body).metrics
    except SourceError:
        return None
    return next((int(_value(one, 0) or 0) for one in metrics if one.name == "bdSeq"), None)


def rebirth_command(ms: int) -> bytes:
    """A command that asks a node to tell its names again."""
    made = _payload_class()(timestamp=ms)
    made.metrics.add(name="Node Control/Rebirth", datatype=11, boolean_value=True, timestamp=ms)
    return bytes(made.SerializeToString())


class MetricNames:
    """What the births of a poll's messages said, in the order of the messages."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[int | str, _MetricName]] = {}

    def records(self, message: MqttMessage) -> Iterator[dict[str, Any]]:
        """What `message` tells of measurements; it may teach names for those that follow. SourceError."""
        at = parse_topic(message.address)
        if at is None:
            raise SourceError(untyped("the topic is none of Sparkplug B: right would be spBv1.0/group/NDATA/node"))
        if at.message_type in ("NDEATH", "DDEATH"):
            return self._death_records(at, message)
        if at.message_type in ("NBIRTH", "DBIRTH", "NDATA", "DDATA"):
            return self._metric_records(at, _decode(message.body), message.role == "birth")
        return iter(())  # commands and the state of other hosts

    def _metric_records(self, at: SparkplugTopic, payload: Any, known: bool) -> Iterator[dict[str, Any]]:
        if at.message_type == "NBIRTH":
            self._by_node[at.node] = {}
        names = self._by_node.setdefault(at.node, {})
        for metric in payload.metrics:
            if at.message_type.endswith("BIRTH"):
                one = _MetricName(metric.name, metric.datatype, _unit(metric), at.device)
                names[metric.alias if metric.HasField("alias") else f"{at.device}/{metric.name}"] = one
            if not known and not metric.name.startswith(_CONTROL_METRICS):
                yield self._record(at, metric, names, payload.timestamp)

    def _record(
        self, at: SparkplugTopic, metric: Any, names: dict[int | str, _MetricName], sent: int
    ) -> dict[str, Any]:
        key = metric.alias if metric.HasField("alias") else f"{at.device}/{metric.name}"
        one = names.get(key)
        name = metric.name or (one.name if one else "")
        if not name:
            return {"fault": f"no birth told what alias {metric.alias} means: restart the node, or set rebirth: true"}
        kind = metric.datatype or (one.datatype if one else 0)
        return _record_base(at, name, _unit(metric) or (one.unit if one else "")) | {
            "value": _value(metric, kind), "time": metric.timestamp or sent,
        }  # fmt: skip

    def _death_records(self, at: SparkplugTopic, message: MqttMessage) -> Iterator[dict[str, Any]]:
        """All that the node or device has named, without values; as of the receipt, for a will is written early."""
        ms = int(message.received_at.timestamp() * 1000)
        for one in self._by_node.get(at.node, {}).values():
            if at.device in ("", one.device) and not one.name.startswith(_CONTROL_METRICS):
                yield _record_base(at._replace(device=one.device), one.name, "") | {"value": None, "time": ms}


def _record_base(at: SparkplugTopic, name: str, unit: str) -> dict[str, Any]:
    group, node = at.node.split("/")
    path = "/".join(one for one in (group, node, at.device, name) if one)
    return {"group": group, "node": node, "device": at.device, "name": name, "path": path, "unit": unit}


def _unit(metric: Any) -> str:
    held = metric.properties
    pairs = zip(held.keys, held.values, strict=False)
    return next((str(one.string_value) for key, one in pairs if key == "engUnit" and not one.is_null), "")


def _value(metric: Any, kind: int) -> Any:
    if metric.is_null:
        return None
    for field in _VALUE_FIELDS:
        if metric.HasField(field):
            found = getattr(metric, field)
            bits = _SIGNED_BITS.get(kind)
            if bits and field in ("int_value", "long_value"):
                low = found & ((1 << bits) - 1)  # numbers with a sign come as two's complement
                return low - (1 << bits) if low >> (bits - 1) else low
            return found
    return None

"""Which gateways are online: last wills, births and deaths over the polls of one connection."""

from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.options import Options
from data_sources.mqtt.sparkplug import SparkplugTopic, parse_topic, session_number
from data_sources.mqtt.topics import matches

_MAX_BIRTH_BYTES = 16 * 1_048_576  # of all remembered births
_MAX_WILL_BYTES = 200  # of a last will that are compared
_REBIRTH_SECONDS = 60  # between two rebirth requests to one node


class GatewayLiveness:
    """The state of the gateways of a source. Every message is passed to `relevant_messages` in its order."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._is_offline: dict[str, bool] = {}  # topic of a will, or node
        self._births: dict[str, dict[str, MqttMessage]] = {}  # node -> device -> its birth
        self._rebirth_requests: dict[str, float] = {}

    def copy(self) -> "GatewayLiveness":
        """A copy that later messages do not change."""
        copy = GatewayLiveness(self._options)
        copy._is_offline, copy._rebirth_requests = dict(self._is_offline), self._rebirth_requests
        copy._births = {node: dict(devices) for node, devices in self._births.items()}
        return copy

    def offline_gateway(self) -> str:
        """The first of the known gateways when all of them are offline, else ""."""
        return sorted(self._is_offline)[0] if self._is_offline and all(self._is_offline.values()) else ""

    def relevant_messages(self, messages: list[MqttMessage]) -> list[MqttMessage]:
        """The messages that `parse` needs, before them the births of their nodes."""
        if self._options.format == "sparkplug":
            return self._with_births(messages)
        if not self._options.will:
            return messages
        return [relevant for message in messages if (relevant := self._track_will(message))]

    def _track_will(self, message: MqttMessage) -> MqttMessage | None:
        will = self._options.will
        if will is None or not matches(will.topic, message.address):
            return message
        was_offline = self._is_offline.get(message.address, False)
        is_offline = message.body[:_MAX_WILL_BYTES].decode("utf-8", "replace").strip() in will.offline
        self._is_offline[message.address] = is_offline
        return message.with_role("gone") if is_offline and not was_offline else None

    def nodes_without_birth(self, messages: list[MqttMessage], now: float) -> list[str]:
        """Nodes that send data but no birth was received of, unless one was requested lately. `now`: monotonic."""
        topics = [parse_topic(message.address) for message in messages]
        sending = {
            at.node for at in topics if at and at.message_type in ("NDATA", "DDATA") and at.node not in self._births
        }
        due = [node for node in sorted(sending) if now - self._rebirth_requests.get(node, -1e9) > _REBIRTH_SECONDS]
        self._rebirth_requests.update(dict.fromkeys(due, now))
        return due

    def _with_births(self, messages: list[MqttMessage]) -> list[MqttMessage]:
        topics = [(message, parse_topic(message.address)) for message in messages]
        needed = {
            at.node for _, at in topics if at and at.message_type in ("NDATA", "DDATA", "NDEATH", "DDEATH", "DBIRTH")
        }
        births = [birth.with_role("birth") for node in sorted(needed) for birth in self._births.get(node, {}).values()]
        relevant = [message for message, at in topics if at is None or self._track_node(message, at)]
        self._evict_births()
        return births + relevant if relevant else []

    def _track_node(self, message: MqttMessage, at: SparkplugTopic) -> bool:
        """Whether `message` is relevant: a death of an earlier session is not."""
        if at.message_type == "NBIRTH":
            self._births[at.node] = {"": message}
            self._is_offline[at.node] = False
        elif at.message_type == "DBIRTH":
            self._births.setdefault(at.node, {})[at.device] = message
        elif at.message_type == "NDEATH":
            birth = self._births.get(at.node, {}).get("")
            if birth is not None and session_number(birth.body) != session_number(message.body):
                return False
            self._is_offline[at.node] = True
        elif at.message_type in ("NDATA", "DDATA"):
            self._is_offline[at.node] = False
        return True

    def _evict_births(self) -> None:
        """Forget the births of the oldest nodes while all births together are too large."""
        size = sum(len(birth.body) for devices in self._births.values() for birth in devices.values())
        while size > _MAX_BIRTH_BYTES:
            size -= sum(len(birth.body) for birth in self._births.pop(next(iter(self._births))).values())

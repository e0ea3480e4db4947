"""Who is there and who has gone: last wills, births and deaths, over the polls of one connection."""

from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.mqtt.options import Options
from data_sources.mqtt.sparkplug import SparkplugTopic, parse_topic, session_number
from data_sources.mqtt.topics import matches

_MAX_BIRTH_BYTES = 16 * 1_048_576  # bytes of births that are remembered
_MAX_WILL_BYTES = 200  # bytes of a last will that are looked at
_REBIRTH_SECONDS = 60


class GatewayLiveness:
    """Told every message in its order; says which of them `parse` needs, and what it must know besides."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._is_offline: dict[str, bool] = {}  # topic of a will, or node
        self._births: dict[str, dict[str, MqttMessage]] = {}  # node -> device -> its birth
        self._rebirth_requests: dict[str, float] = {}

    def copy(self) -> "GatewayLiveness":
        """The same as it is now."""
        made = GatewayLiveness(self._options)
        made._is_offline, made._rebirth_requests = dict(self._is_offline), self._rebirth_requests
        made._births = {node: dict(devices) for node, devices in self._births.items()}
        return made

    def offline_gateway(self) -> str:
        """Who has gone when nobody of those that we heard of is left, else ""."""
        return sorted(self._is_offline)[0] if self._is_offline and all(self._is_offline.values()) else ""

    def relevant_messages(self, messages: list[MqttMessage]) -> list[MqttMessage]:
        """The messages to be read, before them the births that they need."""
        if self._options.format == "sparkplug":
            return self._with_births(messages)
        return [kept for one in messages if (kept := self._track_will(one))] if self._options.will else messages

    def _track_will(self, message: MqttMessage) -> MqttMessage | None:
        will = self._options.will
        if will is None or not matches(will.topic, message.address):
            return message
        before = self._is_offline.get(message.address, False)
        now = message.body[:_MAX_WILL_BYTES].decode("utf-8", "replace").strip() in will.offline
        self._is_offline[message.address] = now
        return message.with_role("gone") if now and not before else None

    def nodes_without_birth(self, messages: list[MqttMessage], now: float) -> list[str]:
        """Nodes that send data without our having heard their birth, and were not asked for it of late."""
        places = [parse_topic(one.address) for one in messages]
        sending = {
            at.node for at in places if at and at.message_type in ("NDATA", "DDATA") and at.node not in self._births
        }
        found = [node for node in sorted(sending) if now - self._rebirth_requests.get(node, -1e9) > _REBIRTH_SECONDS]
        self._rebirth_requests.update(dict.fromkeys(found, now))
        return found

    def _with_births(self, messages: list[MqttMessage]) -> list[MqttMessage]:
        places = [(one, parse_topic(one.address)) for one in messages]
        needed = {
            at.node for _, at in places if at and at.message_type in ("NDATA", "DDATA", "NDEATH", "DDEATH", "DBIRTH")
        }
        births = [birth.with_role("birth") for node in sorted(needed) for birth in self._births.get(node, {}).values()]
        kept = [one for one, at in places if at is None or self._track_node(one, at)]
        self._evict_births()
        return births + kept if kept else []

    def _track_node(self, message: MqttMessage, at: SparkplugTopic) -> bool:
        """Whether `message` counts; a death that belongs to an earlier session does not."""
        if at.message_type == "NBIRTH":
            self._births[at.node] = {"": message}
            self._is_offline[at.node] = False
        elif at.message_type == "DBIRTH":
            self._births.setdefault(at.node, {})[at.device] = message
        elif at.message_type == "NDEATH":
            born = self._births.get(at.node, {}).get("")
            if born is not None and session_number(born.body) != session_number(message.body):
                return False
            self._is_offline[at.node] = True
        elif at.message_type in ("NDATA", "DDATA"):
            self._is_offline[at.node] = False
        return True

    def _evict_births(self) -> None:
        """Forget the nodes that were born first when all births together take too much."""
        held = sum(len(one.body) for devices in self._births.values() for one in devices.values())
        while held > _MAX_BIRTH_BYTES:
            held -= sum(len(one.body) for one in self._births.pop(next(iter(self._births))).values())

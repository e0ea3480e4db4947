"""Which gateways are online: last wills, births and deaths over the polls of one connection.

Whoever may publish names the gateways: what is remembered of them is bounded in number and in bytes.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from data_sources.mqtt.change_log import ChangeLog
from data_sources.mqtt.message_buffer import MqttMessage, message_size
from data_sources.mqtt.options import Options
from data_sources.mqtt.sparkplug import SparkplugTopic, parse_topic
from data_sources.mqtt.topics import matches

_MAX_GATEWAYS = 5_000  # topics of wills, or nodes, of one source
_MAX_BIRTHS = 20_000  # remembered births, one for each node and device
_MAX_BIRTH_BYTES = 16 * 1_048_576  # of all remembered births with their topics
_MAX_WILL_BYTES = 200  # of a last will that are compared
_PART_SIZE = 1_000  # messages, or births, that are looked at in one go
_REBIRTH_SECONDS = 60  # between two rebirth requests to one node
# Messages that can be read only with the births of their node.
_TYPES_WITH_BIRTHS = frozenset({"NDATA", "DDATA", "NDEATH", "DDEATH", "DBIRTH"})


class _Birth(NamedTuple):
    message: MqttMessage
    session: int | None


class GatewayLiveness:
    """The state of the gateways of a source. Every message is passed to `relevant_parts` in its order."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._online: dict[str, None] = {}  # topics of wills, or nodes; the last one to send is the last
        self._offline: dict[str, None] = {}
        self._births: dict[str, dict[str, _Birth]] = {}  # node -> device -> its birth; the last node to send is last
        self._sizes: dict[str, int] = {"bytes": 0, "births": 0}
        self._rebirth_requests: dict[str, float] = {}
        self._silent: dict[str, None] = {}  # gateways that went, and no message has come since that is no will
        self._changes = ChangeLog()

    def keep_changes(self) -> None:
        """What was received so far cannot be undone any more."""
        self._changes.forget()

    def undo_changes(self) -> None:
        """As before the messages since the last `keep_changes`."""
        self._changes.undo()

    def offline_gateway(self) -> str:
        """The first of the known gateways when all of them are offline and nothing has come since, else ""."""
        return min(self._offline, default="") if self._silent and not self._online else ""

    def relevant_parts(
        self, messages: list[MqttMessage], sessions: Mapping[int, int | None]
    ) -> Iterator[list[MqttMessage]]:
        """The messages that `parse` needs, before them the births of their nodes. `sessions`: see session_numbers.

        In parts, of which some are empty: the event loop serves others between them. All of them must be taken, or the
        changes undone.
        """
        if self._options.format == "sparkplug":
            yield from self._with_births(messages, sessions)
        elif self._options.will:
            for part in _parts(messages):
                yield [relevant for message in part if (relevant := self._track_will(message))]
        else:
            yield messages

    def _track_will(self, message: MqttMessage) -> MqttMessage | None:
        will = self._options.will
        if will is None or not matches(will.topic, message.address):
            if not message.is_retained:
                for gateway in tuple(self._silent):
                    self._changes.remove(self._silent, gateway)
            return message
        is_offline = message.body[:_MAX_WILL_BYTES].decode("utf-8", "replace").strip() in will.offline
        # A gateway may come back without saying so: after messages its will is one more death, unless it is repeated.
        if is_offline and message.address in self._offline and (message.is_retained or message.address in self._silent):
            return None
        self._set_offline(message.address, is_offline)
        return message.with_role("gone") if is_offline else None

    def _set_offline(self, gateway: str, is_offline: bool) -> None:
        """Beyond the limit one that is offline is forgotten before one that is online: that some are online remains."""
        for gateways in (self._online, self._offline, self._silent):
            self._changes.remove(gateways, gateway)
        for gateways in (self._offline, self._silent) if is_offline else (self._online,):
            self._changes.set(gateways, gateway, None)
        if len(self._online) + len(self._offline) > _MAX_GATEWAYS:
            forgotten = next(iter(self._offline or self._online))
            for gateways in (self._online, self._offline, self._silent):
                self._changes.remove(gateways, forgotten)

    def nodes_without_birth(self, messages: list[MqttMessage], now: float) -> list[str]:
        """Nodes that send data but no birth was received of, unless one was requested lately. `now`: monotonic."""
        topics = [parse_topic(message.address) for message in messages]
        sending = {
            at.node for at in topics if at and at.message_type in ("NDATA", "DDATA") and at.node not in self._births
        }
        due = [node for node in sorted(sending) if now - self._rebirth_requests.get(node, -1e9) > _REBIRTH_SECONDS]
        for node in due:
            self._rebirth_requests.pop(node, None)
            self._rebirth_requests[node] = now
        while len(self._rebirth_requests) > _MAX_GATEWAYS:
            del self._rebirth_requests[next(iter(self._rebirth_requests))]
        return due

    def _with_births(
        self, messages: list[MqttMessage], sessions: Mapping[int, int | None]
    ) -> Iterator[list[MqttMessage]]:
        needed = set[str]()
        for part in _parts(messages):
            topics = (parse_topic(message.address) for message in part)
            needed |= {at.node for at in topics if at and at.message_type in _TYPES_WITH_BIRTHS}
            yield []
        births = [birth.message for node in sorted(needed) for birth in self._births.get(node, {}).values()]
        has_births = False
        for start in range(0, len(messages), _PART_SIZE):
            relevant = [
                message
                for n, message in enumerate(messages[start : start + _PART_SIZE], start)
                if (at := parse_topic(message.address)) is None or self._track_node(message, at, sessions.get(n))
            ]
            if relevant and not has_births:
                has_births = True
                for part in _parts(births):
                    yield [birth.with_role("birth") for birth in part]
            yield relevant

    def _track_node(self, message: MqttMessage, at: SparkplugTopic, session: int | None) -> bool:
        """Whether `message` is relevant: a death of an earlier session is not."""
        if at.message_type == "NBIRTH":
            self._forget_births(at.node)
            self._remember(at, _Birth(message, session))
            self._set_offline(at.node, False)
        elif at.message_type == "DBIRTH":
            self._remember(at, _Birth(message, session))
        elif at.message_type == "NDEATH":
            birth = self._births.get(at.node, {}).get("")
            if birth is not None and birth.session != session:
                return False
            self._set_offline(at.node, True)
        elif at.message_type in ("NDATA", "DDATA"):
            if at.node in self._births:  # births of nodes that send are forgotten last
                self._births[at.node] = self._births.pop(at.node)
            self._set_offline(at.node, False)
        return True

    def _remember(self, at: SparkplugTopic, birth: _Birth) -> None:
        devices = self._births.get(at.node, {})
        if earlier := self._changes.remove(devices, at.device):
            self._count(-1, -message_size(earlier.message))
        self._changes.set(devices, at.device, birth)
        self._changes.set(self._births, at.node, devices)
        self._count(1, message_size(birth.message))
        while self._sizes["bytes"] > _MAX_BIRTH_BYTES or self._sizes["births"] > _MAX_BIRTHS:
            self._forget_births(next(iter(self._births)))

    def _forget_births(self, node: str) -> None:
        devices = self._changes.remove(self._births, node) or {}
        self._count(-len(devices), -sum(message_size(birth.message) for birth in devices.values()))

    def _count(self, births: int, size: int) -> None:
        self._changes.set(self._sizes, "births", self._sizes["births"] + births)
        self._changes.set(self._sizes, "bytes", self._sizes["bytes"] + size)


def _parts(messages: list[MqttMessage]) -> Iterator[list[MqttMessage]]:
    return (messages[start : start + _PART_SIZE] for start in range(0, len(messages), _PART_SIZE))

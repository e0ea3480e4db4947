"""Who is there and who has gone: last wills, births and deaths, over the polls of one connection."""

from data_sources.mqtt.inbox import Message
from data_sources.mqtt.options import Options
from data_sources.mqtt.sparkplug import Place, place, session
from data_sources.mqtt.topics import fits

_MOST = 16 * 1_048_576  # bytes of births that are remembered
_TEXT = 200  # bytes of a last will that are looked at
_REBIRTH_SECONDS = 60


class Lives:
    """Told every message in its order; says which of them `parse` needs, and what it must know besides."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._gone: dict[str, bool] = {}  # topic of a will, or node
        self._births: dict[str, dict[str, Message]] = {}  # node -> device -> its birth
        self._asked: dict[str, float] = {}

    def copy(self) -> "Lives":
        """The same as it is now."""
        made = Lives(self._options)
        made._gone, made._asked = dict(self._gone), self._asked
        made._births = {node: dict(devices) for node, devices in self._births.items()}
        return made

    def gone(self) -> str:
        """Who has gone when nobody of those that we heard of is left, else ""."""
        return sorted(self._gone)[0] if self._gone and all(self._gone.values()) else ""

    def pages(self, messages: list[Message]) -> list[Message]:
        """The messages to be read, before them the births that they need."""
        if self._options.format == "sparkplug":
            return self._with_births(messages)
        return [kept for one in messages if (kept := self._heard(one))] if self._options.will else messages

    def _heard(self, message: Message) -> Message | None:
        will = self._options.will
        if will is None or not fits(will.topic, message.address):
            return message
        before = self._gone.get(message.address, False)
        now = message.body[:_TEXT].decode("utf-8", "replace").strip() in will.offline
        self._gone[message.address] = now
        return message.of("gone") if now and not before else None

    def unknown(self, messages: list[Message], now: float) -> list[str]:
        """Nodes that send data without our having heard their birth, and were not asked for it of late."""
        places = [place(one.address) for one in messages]
        sending = {at.node for at in places if at and at.what in ("NDATA", "DDATA") and at.node not in self._births}
        found = [node for node in sorted(sending) if now - self._asked.get(node, -1e9) > _REBIRTH_SECONDS]
        self._asked.update(dict.fromkeys(found, now))
        return found

    def _with_births(self, messages: list[Message]) -> list[Message]:
        places = [(one, place(one.address)) for one in messages]
        needed = {at.node for _, at in places if at and at.what in ("NDATA", "DDATA", "NDEATH", "DDEATH", "DBIRTH")}
        births = [birth.of("birth") for node in sorted(needed) for birth in self._births.get(node, {}).values()]
        kept = [one for one, at in places if at is None or self._lives(one, at)]
        self._bound()
        return births + kept if kept else []

    def _lives(self, message: Message, at: Place) -> bool:
        """Whether `message` counts; a death that belongs to an earlier session does not."""
        if at.what == "NBIRTH":
            self._births[at.node] = {"": message}
            self._gone[at.node] = False
        elif at.what == "DBIRTH":
            self._births.setdefault(at.node, {})[at.device] = message
        elif at.what == "NDEATH":
            born = self._births.get(at.node, {}).get("")
            if born is not None and session(born.body) != session(message.body):
                return False
            self._gone[at.node] = True
        elif at.what in ("NDATA", "DDATA"):
            self._gone[at.node] = False
        return True

    def _bound(self) -> None:
        """Forget the nodes that were born first when all births together take too much."""
        held = sum(len(one.body) for devices in self._births.values() for one in devices.values())
        while held > _MOST:
            held -= sum(len(one.body) for one in self._births.pop(next(iter(self._births))).values())

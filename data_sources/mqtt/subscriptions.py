"""The listeners of this process, by source: made at the first poll, made anew when the row changes."""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from data_sources.mqtt.connection import Plan
from data_sources.mqtt.last_will import Lives
from data_sources.mqtt.listener import Listener
from data_sources.mqtt.options import Options
from ioc.domain.ingest.protocol import SourceError, World
from ioc.domain.ingest.source import Source

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_BACK_OFF = 120.0  # seconds that a source may be left alone, and a little more


@dataclass(slots=True)
class Held:
    """What lives from poll to poll."""

    fingerprint: str
    options: Options
    listener: Listener
    lives: Lives
    before: Lives  # as it was before the last messages


_held: dict[str, Held] = {}


def of(source: Source, options: Options, world: World) -> Held:
    """The running listener of `source` as its row is now. SourceError for an address that is none."""
    plan = _plan(source, options, world)  # each time, so that the secrets of this poll are known as such
    held = _held.get(source.key)
    if held is not None and held.fingerprint == source.fingerprint and held.listener.alive:
        return held
    if held is not None:
        held.listener.stop()
    patience = 3 * (source.every + source.deadline).total_seconds() + _BACK_OFF
    made = Held(
        source.fingerprint, options, Listener(plan, world.now, patience).start(), Lives(options), Lives(options)
    )
    _held[source.key] = made
    return made


def end() -> None:
    """Stop all of them and wait until they have ended."""
    listeners = [one.listener for one in _held.values()]
    _held.clear()
    for one in listeners:
        one.stop()
    for one in listeners:
        one.join()


def _plan(source: Source, options: Options, world: World) -> Plan:
    host, port, secure = _target(world.reveal(source.address))
    return Plan(
        host, port, world.trust() if secure else None, world.reveal(options.user), world.reveal(options.password),
        options.client or _name(source, options), options.topics, options.will.topic if options.will else "",
        options.qos, options.version, options.session, options.held, source.deadline.total_seconds() * 0.8,
        world.reach(source),
    )  # fmt: skip


def _target(address: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, LookupError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.username is not None:
        raise SourceError(
            "the address is none of MQTT: right would be mqtts://host:8883; user and password are options"
        )
    return parts.hostname, port, parts.scheme == "mqtts"


def _name(source: Source, options: Options) -> str:
    """A name of our own for the session. Other topics, another session: the server would go on sending the old ones."""
    asked = sha256(repr((options.topics, options.will and options.will.topic, options.qos)).encode()).hexdigest()[:8]
    return f"ioc-{source.key}-{asked}"

"""The listeners of this process, by source: made at the first poll, made anew when the row changes."""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from data_sources.mqtt.connection import ConnectionSettings
from data_sources.mqtt.listener import TopicListener
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.options import Options
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import FetchContext, SourceError
from ioc.domain.ingest.source import Source

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_BACK_OFF = 120.0  # seconds that a source may be left alone, and a little more


@dataclass(slots=True)
class SourceListener:
    """What lives from poll to poll."""

    fingerprint: str
    options: Options
    listener: TopicListener
    liveness: GatewayLiveness
    previous_liveness: GatewayLiveness  # as it was before the last messages


_listeners: dict[str, SourceListener] = {}


def listener_for(source: Source, options: Options, world: FetchContext) -> SourceListener:
    """The running listener of `source` as its row is now. SourceError for an address that is none."""
    plan = _connection_settings(source, options, world)  # each time, so that the secrets of this poll are known as such
    held = _listeners.get(source.key)
    if held is not None and held.fingerprint == source.fingerprint and held.listener.is_alive:
        return held
    if held is not None:
        held.listener.stop()
    patience = 3 * (source.poll_interval + source.deadline).total_seconds() + _BACK_OFF
    made = SourceListener(
        source.fingerprint,
        options,
        TopicListener(plan, world.now, patience).start(),
        GatewayLiveness(options),
        GatewayLiveness(options),
    )
    _listeners[source.key] = made
    return made


def stop_all() -> None:
    """Stop all of them and wait until they have ended."""
    listeners = [one.listener for one in _listeners.values()]
    _listeners.clear()
    for one in listeners:
        one.stop()
    for one in listeners:
        one.join()


def _connection_settings(source: Source, options: Options, world: FetchContext) -> ConnectionSettings:
    host, port, secure = _parse_address(world.expand_secrets(source.address))
    return ConnectionSettings(
        host,
        port,
        world.tls_context() if secure else None,
        world.expand_secrets(options.user),
        world.expand_secrets(options.password),
        options.client or _client_id(source, options),
        options.topics,
        options.will.topic if options.will else "",
        options.qos,
        options.version,
        options.session,
        options.held,
        source.deadline.total_seconds() * 0.8,
        world.address_resolver(source),
    )


def _parse_address(address: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, LookupError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.username is not None:
        raise SourceError(
            untyped("the address is none of MQTT: right would be mqtts://host:8883; user and password are options")
        )
    return parts.hostname, port, parts.scheme == "mqtts"


def _client_id(source: Source, options: Options) -> str:
    """A name of our own for the session. Other topics, another session: the server would go on sending the old ones."""
    asked = sha256(repr((options.topics, options.will and options.will.topic, options.qos)).encode()).hexdigest()[:8]
    return f"ioc-{source.key}-{asked}"

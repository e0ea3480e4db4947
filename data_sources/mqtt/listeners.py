"""The running listeners of this process by source: started at the first poll, and again when the row changes."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from urllib.parse import urlsplit

from data_sources.mqtt.absence import Absence
from data_sources.mqtt.connection import ConnectionSettings
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.listener import ListeningProcess, TopicListener
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.options import Options
from ioc.domain.base.clock_set_back import FollowingClock
from ioc.domain.ingest.protocol import LAST_SUCCESS_KEY, LONGEST_READ_SECONDS, FetchContext, SourceError
from ioc.domain.ingest.source import Source

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_MAX_POLL_PAUSE = 120.0  # seconds for which the poller may leave a failing source alone, with a margin


@dataclass(slots=True)
class SourceListener:
    """What is kept of a source from poll to poll."""

    fingerprint: str
    options: Options
    listener: TopicListener
    liveness: GatewayLiveness


_listeners: dict[str, SourceListener] = {}


def listener_for(source: Source, options: Options, context: FetchContext) -> SourceListener:
    """The running listener of `source`, a new one when its row has changed. Raises SourceError for a bad address."""
    settings = _connection_settings(source, options, context)  # each time: expanding notes the secrets to mask
    entry = _listeners.get(source.key)
    if entry is not None and entry.fingerprint == source.fingerprint and entry.listener.is_alive:
        return entry
    if entry is not None:
        entry.listener.stop()
    idle_timeout = 3 * (source.poll_interval + source.deadline).total_seconds() + _MAX_POLL_PAUSE + LONGEST_READ_SECONDS
    deadline = source.deadline.total_seconds()
    last_success = context.memory.get(LAST_SUCCESS_KEY)
    receipts = FollowingClock(context.now, last_success)
    process = ListeningProcess(context.now, receipts, context.may_connect, partial(context.poll_soon, source))
    absence = Absence(source.age_limit, last_success)
    listener = TopicListener(settings, process, absence, idle_timeout, deadline).start()
    context.at_end(source, listener.end)
    _listeners[source.key] = SourceListener(source.fingerprint, options, listener, GatewayLiveness(options))
    return _listeners[source.key]


def _connection_settings(source: Source, options: Options, context: FetchContext) -> ConnectionSettings:
    host, port, is_tls = _parse_address(context.expand_secrets(source.address))
    return ConnectionSettings(
        host=host,
        port=port,
        tls_context=context.tls_context() if is_tls else None,
        user=context.expand_secrets(options.user),
        password=context.expand_secrets(options.password),
        client_id=options.client or _client_id(source, options),
        topics=options.topics,
        will_topic=options.will.topic if options.will else "",
        qos=options.qos,
        version=options.version,
        is_persistent=options.session,
        receive_maximum=options.receive_maximum,
        timeout=source.deadline.total_seconds() * 0.8,
        resolve=context.address_resolver(source),
    )


def _parse_address(address: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, LookupError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.username is not None:
        raise SourceError(MqttCode.ADDRESS_FORM)
    return parts.hostname, port, parts.scheme == "mqtts"


def _client_id(source: Source, options: Options) -> str:
    """The id of the session. It depends on the topics: an old session would go on sending the old ones."""
    digest = sha256(repr((options.topics, options.will and options.will.topic, options.qos)).encode()).hexdigest()[:8]
    return f"ioc-{source.key}-{digest}"

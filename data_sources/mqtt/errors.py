"""Codes of failures of an MQTT source, and the errors for reason codes of a server and for broken connections."""

import socket
import ssl

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError
from ioc.net.ssrf import PrivateAddressError


class MqttCode(ErrorCode):
    """Why a connection or a message brought nothing. Texts: components/messages/errors/mqtt.toml."""

    # The connection.
    ADDRESS_FORM = "mqtt.address_form"
    NO_ANSWER_YET = "mqtt.no_answer_yet"
    NO_ANSWER = "mqtt.no_answer"  # host
    NAME_NOT_FOUND = "mqtt.name_not_found"  # host
    CERTIFICATE_UNTRUSTED = "mqtt.certificate_untrusted"  # host; external: the TLS library's message
    TLS_FAILED = "mqtt.tls_failed"  # host
    CONNECT_FAILED = "mqtt.connect_failed"  # host, cause: of the system
    CONNECTION_LOST = "mqtt.connection_lost"  # host
    QOS_NOT_REQUESTED = "mqtt.qos_not_requested"  # host
    PACKET_PROPERTIES = "mqtt.packet_properties"  # host
    MALFORMED_PACKET = "mqtt.malformed_packet"  # host
    ACCESS_REFUSED = "mqtt.access_refused"  # host, cause: of the reasons below
    DISCONNECTED = "mqtt.disconnected"  # host, cause: of the reasons below
    TOPIC_REFUSED = "mqtt.topic_refused"  # host, topic, cause: of the reasons below
    GATEWAY_OFFLINE = "mqtt.gateway_offline"  # gateway: topic of its last will, or Sparkplug node
    # Reasons of a server.
    BAD_CREDENTIALS = "mqtt.bad_credentials"
    NOT_AUTHORIZED = "mqtt.not_authorized"
    BANNED = "mqtt.banned"
    AUTHENTICATION_METHOD = "mqtt.authentication_method"
    UNSUPPORTED_VERSION = "mqtt.unsupported_version"
    CLIENT_ID_REFUSED = "mqtt.client_id_refused"
    UNAVAILABLE = "mqtt.unavailable"
    BUSY = "mqtt.busy"
    SHUTTING_DOWN = "mqtt.shutting_down"
    SESSION_TAKEN_OVER = "mqtt.session_taken_over"
    PACKET_TOO_LARGE = "mqtt.packet_too_large"
    QUOTA_EXCEEDED = "mqtt.quota_exceeded"
    CLOSED_BY_ADMINISTRATOR = "mqtt.closed_by_administrator"
    SERVER_MOVED = "mqtt.server_moved"
    TOO_MANY_CONNECTIONS = "mqtt.too_many_connections"
    OTHER_REASON = "mqtt.other_reason"  # reason: the code of the specification, in hexadecimal
    # Messages.
    RETAINED_WITHOUT_TIME = "mqtt.retained_without_time"
    KEPT_WITHOUT_TIME = "mqtt.kept_without_time"
    NO_VALUE_OF_ROW = "mqtt.no_value_of_row"  # paths: of the row; fields: of the message
    NOT_CHIRPSTACK = "mqtt.not_chirpstack"
    UPLINK_NOT_DECODED = "mqtt.uplink_not_decoded"  # device: its EUI
    NOT_SENML = "mqtt.not_senml"
    NOT_CBOR = "mqtt.not_cbor"
    SENML_VERSION = "mqtt.senml_version"  # version
    SENML_UNKNOWN_FIELD = "mqtt.senml_unknown_field"  # record: its name; field
    TEXT_TOO_LONG = "mqtt.text_too_long"  # record, field, limit: characters
    SENML_WITHOUT_VALUE = "mqtt.senml_without_value"  # record
    SENML_TWO_VALUES = "mqtt.senml_two_values"  # record
    SENML_NOT_A_NUMBER = "mqtt.senml_not_a_number"  # record, field, text: what stands there as JSON
    NOT_SPARKPLUG_TOPIC = "mqtt.not_sparkplug_topic"
    NOT_SPARKPLUG = "mqtt.not_sparkplug"
    ALIAS_WITHOUT_BIRTH = "mqtt.alias_without_birth"  # alias


# Reason codes of MQTT 5, section 2.4.
UNSUPPORTED_VERSION, SESSION_TAKEN_OVER = 0x84, 0x8E
_ACCESS_REASONS = {
    0x86: MqttCode.BAD_CREDENTIALS,
    0x87: MqttCode.NOT_AUTHORIZED,
    0x8A: MqttCode.BANNED,
    0x8C: MqttCode.AUTHENTICATION_METHOD,
}
_REASONS = {
    **_ACCESS_REASONS,
    UNSUPPORTED_VERSION: MqttCode.UNSUPPORTED_VERSION,
    0x85: MqttCode.CLIENT_ID_REFUSED,
    0x88: MqttCode.UNAVAILABLE,
    0x89: MqttCode.BUSY,
    0x8B: MqttCode.SHUTTING_DOWN,
    SESSION_TAKEN_OVER: MqttCode.SESSION_TAKEN_OVER,
    0x95: MqttCode.PACKET_TOO_LARGE,
    0x97: MqttCode.QUOTA_EXCEEDED,
    0x98: MqttCode.CLOSED_BY_ADMINISTRATOR,
    0x9C: MqttCode.SERVER_MOVED,
    0x9D: MqttCode.SERVER_MOVED,
    0x9F: MqttCode.TOO_MANY_CONNECTIONS,
}
_UNSPECIFIED_FAILURE = 0x80  # of a subscription: MQTT 3.1.1 has no other code for a topic that is not allowed
_MAX_QUOTED_TOPIC = 80


def reason_code_error(host: str, reason: int) -> SourceError:
    """The error for a reason code of the server at `host`. The server's own reason string is not quoted."""
    cause = _reason_failure(reason)
    if reason in _ACCESS_REASONS:
        return SourceError(MqttCode.ACCESS_REFUSED, is_refused=True, host=host, cause=cause)
    return SourceError(MqttCode.DISCONNECTED, retry_after=0, host=host, cause=cause)


def subscription_error(host: str, topic: str, reason: int) -> SourceError:
    """The error for a topic that the server does not let us subscribe to."""
    cause = Failure(MqttCode.NOT_AUTHORIZED) if reason == _UNSPECIFIED_FAILURE else _reason_failure(reason)
    return SourceError(
        MqttCode.TOPIC_REFUSED, is_refused=True, host=host, topic=shorten(topic, _MAX_QUOTED_TOPIC), cause=cause
    )


def connection_error(error: Exception, host: str) -> SourceError:
    """The error for a connection that could not be made, or broke."""
    return SourceError(_connection_failure(error, host), retry_after=0)


def _reason_failure(reason: int) -> Failure:
    code = _REASONS.get(reason)
    return Failure(code) if code else Failure(MqttCode.OTHER_REASON, {"reason": f"{reason:#04x}"})


def _connection_failure(error: Exception, host: str) -> Failure:
    match error:
        case PrivateAddressError():
            return Failure(IngestCode.PRIVATE_ADDRESS, {"host": host})
        case socket.gaierror():
            return Failure(MqttCode.NAME_NOT_FOUND, {"host": host})
        case ssl.SSLCertVerificationError():
            return Failure(MqttCode.CERTIFICATE_UNTRUSTED, {"host": host}, error.verify_message)
        case ssl.SSLError():
            return Failure(MqttCode.TLS_FAILED, {"host": host})
        case TimeoutError():
            return Failure(MqttCode.NO_ANSWER, {"host": host})
        case OSError() if error.strerror:
            return Failure(MqttCode.CONNECT_FAILED, {"host": host, "cause": system_failure(error)})
        case _:
            return Failure(MqttCode.CONNECTION_LOST, {"host": host})

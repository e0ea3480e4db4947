"""What a server's refusal and a broken connection mean, as one sentence without secrets."""

import socket
import ssl

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError
from ioc.net.ssrf import PRIVATE_ADDRESS_REASON, PrivateAddressError

UNSUPPORTED_VERSION, SESSION_TAKEN_OVER = 0x84, 0x8E
_AUTH_REASONS = {
    0x86: "user or password is wrong",
    0x87: "we are not authorised",
    0x8A: "we are banned",
    0x8C: "another way of authentication is wanted",
}
_REASONS = {
    UNSUPPORTED_VERSION: "it does not speak this version of MQTT",
    0x85: "the client's name is not accepted: give another as `client`",
    0x88: "it is not available",
    0x89: "it is busy",
    0x8B: "it is shutting down",
    SESSION_TAKEN_OVER: "another client took our name: give this source a `client` of its own",
    0x95: "a packet was too large",
    0x97: "a quota is exceeded",
    0x98: "its administrator ended the connection",
    0x9C: "it sends us to another server, which is not followed: change the address",
    0x9D: "it has moved: change the address",
    0x9F: "too many connections",
}


def reason_code_error(where: str, code: int) -> SourceError:
    """The error for a reason code of the server at `where`. The server's own words are not repeated."""
    if code in _AUTH_REASONS:
        return SourceError(untyped(f"{where} refuses us: {_AUTH_REASONS[code]}"), is_refused=True)
    return SourceError(
        untyped(f"{where} ended the connection: {_REASONS.get(code, f'reason {code:#04x}')}"), retry_after=0
    )


def subscription_error(where: str, topic: str, code: int) -> SourceError:
    """The error for a topic that may not be listened to."""
    why = "not authorised" if code in (0x80, 0x87) else f"reason {code:#04x}"
    return SourceError(untyped(f"{where} refuses the topic {topic[:80]!r}: {why}"), is_refused=True)


def connection_error(error: Exception, where: str) -> SourceError:
    """The error for a connection that did not come about or broke."""
    return SourceError(untyped(_describe(error, where)), retry_after=0)


def _describe(error: Exception, where: str) -> str:
    if isinstance(error, PrivateAddressError):
        return PRIVATE_ADDRESS_REASON.format(where=where)
    if isinstance(error, socket.gaierror):
        return f"the name of {where} cannot be found"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {where} is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection to {where} comes about"
    if isinstance(error, TimeoutError):
        return f"{where} gives no answer"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot connect to {where}: {error.strerror[:80]}"
    return f"the connection to {where} broke off"

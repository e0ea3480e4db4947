"""What a server may send: an answer to a request, after few interim ones. Anything else ends the connection.

aiohttp parses and keeps all that an idle connection receives, and all interim responses, outside of any limit or
deadline. The guard stands between the transport and aiohttp's protocol.
"""

import asyncio
import re

from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

_INTERIM = re.compile(rb"(?:\A|\n)HTTP/\d\.\d\s+1\d\d", re.IGNORECASE)  # at the start of a line, so in no log
_MAX_INTERIM = 20  # responses before an answer


class AnswerGuard(asyncio.Protocol):
    """Passes on what a connection receives while a request waits for its answer."""

    def __init__(self, protocol: ResponseHandler, transport: asyncio.Transport) -> None:
        self._protocol, self._transport = protocol, transport
        self._is_asked, self._is_begun, self._interim_count = False, False, 0

    def ask(self, connection: Connection) -> None:
        """A request was sent on `connection`, which is released after its answer."""
        self._is_asked, self._is_begun, self._interim_count = True, False, 0
        connection.add_callback(self._release)

    def begin(self) -> None:
        """The head of the answer was read."""
        self._is_begun = True

    def _release(self) -> None:
        self._is_asked = False

    def data_received(self, data: bytes) -> None:
        """Raises nothing; ends the connection where nothing was asked, or no answer comes."""
        if not self._is_begun:
            self._interim_count += len(_INTERIM.findall(data))
        if not self._is_asked or self._interim_count > _MAX_INTERIM:
            self._transport.abort()
            return
        self._protocol.data_received(data)
        if not self._is_asked and self._protocol.should_close:  # more than the answer: the next request would read it
            self._transport.abort()

    def eof_received(self) -> None:
        """As the protocol does."""
        self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """As the protocol does."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """As the protocol does."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """As the protocol does."""
        self._protocol.resume_writing()


def guard_answer(connection: Connection) -> AnswerGuard | None:
    """The guard of `connection`, on which a request was just sent; None where it is lost already."""
    transport, protocol = connection.transport, connection.protocol
    if transport is None or protocol is None:
        return None
    guard = transport.get_protocol()
    if not isinstance(guard, AnswerGuard):
        guard = AnswerGuard(protocol, transport)
        transport.set_protocol(guard)
    guard.ask(connection)
    return guard

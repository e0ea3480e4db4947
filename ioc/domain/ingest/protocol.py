"""The interface between the poller and a protocol: fetch context, payload, errors.

A protocol is one module of data_sources/ with
    Options                                  pydantic model of the row's `options`, with `has_own_time`: whether the
                                             answers say how new they are (RowOptions: yes), and `may_lack_time`:
                                             whether one may not (RowOptions: no)
    async fetch(source, context) -> Payload  does all input and output, raises SourceError
    parse(source, payload, now) -> Batch     pure, raises SourceError when nothing of the answer can be read
    ADDRESSES                                optional: examples of its addresses where they are not http(s), for `check`

A protocol that listens (MQTT) keeps its connection between polls: each fetch takes what has come since the last one,
and raises SourceError while the connection is down. Webhook messages wait in `pending_messages`.
"""

from collections.abc import Callable, Mapping, MutableMapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ssl import SSLContext
from typing import Any, Protocol

from ioc.domain.base.failure import ErrorCode, Failure, FailureError, Parameter
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

# Of the messages of a webhook source, unless its row says otherwise: a megabyte of readings takes the poller 1.0 to
# 1.8 s of processor time, so this is a fifth of a core at most.
WEBHOOK_BYTES_PER_SECOND = 100_000
# In `FetchContext.memory`: that the last answer was read, and for how many seconds. The poller notes it.
PARSE_SECONDS_KEY = "parse_seconds"
# How often a message is read alone that is not read in time, and within how many seconds, at least, at the second and
# third try: one of 1 MiB takes 3 s of a processor. Before these it waits for earlier reads of its source, and where it
# is large for its turn.
MESSAGE_TRIES, MESSAGE_SECONDS = 3, (30.0, 300.0)
MAX_LATE_SECONDS, MAX_TURN_SECONDS = 300.0, 60.0
LONGEST_READ_SECONDS = MAX_LATE_SECONDS + MAX_TURN_SECONDS + MESSAGE_SECONDS[-1]  # to read it once
# In `FetchContext.memory`: that the last answer was not read within the deadline. The poller notes it.
IS_LATE_KEY = "is_late"
# In `FetchContext.memory`: that the last answer could not be read, or none came. The poller notes it.
HAS_FAILED_KEY = "has_failed"
# In `FetchContext.memory`: that nobody tried to read the last answer, which got no turn. The poller notes it.
HAD_NO_TURN_KEY = "had_no_turn"
# In `FetchContext.memory`: when the source was last polled with success, also by another process; None: never. The
# poller notes it before each fetch. No file has such a name: the memory has the states of files by their names.
LAST_SUCCESS_KEY = "/last_success"
# In `FetchContext.memory`: how new the data are that the source has brought, noted with LAST_SUCCESS_KEY.
NEWEST_DATA_KEY = "/newest_data"


def forget_answers(memory: MutableMapping[str, Any]) -> None:
    """Has a source fetched in full, by its FetchContext.memory; a server that asked to wait is asked again.

    What the poller noted of the last answer stays: a listener has not heard of it yet.
    """
    notes = (PARSE_SECONDS_KEY, IS_LATE_KEY, HAS_FAILED_KEY, HAD_NO_TURN_KEY)
    noted = {key: memory[key] for key in notes if key in memory}
    memory.clear()
    memory.update(noted)


class SourceError(FailureError):
    """A poll that brought nothing. `failure` says why, without secrets.

    `is_refused`: 401 or 403, the source is not polled again until its row changes. `retry_after`: seconds that the
    server asked to wait.
    """

    def __init__(
        self, code: ErrorCode | Failure, /, *, is_refused: bool = False, retry_after: float | None = None,
        external: str = "", **params: Parameter,
    ) -> None:  # fmt: skip
        super().__init__(code, external=external, **params)
        self.is_refused = is_refused
        self.retry_after = retry_after


class MachineFaultError(SourceError):
    """A fault of this machine, such as want of memory, not of the answer: all of that comes again."""


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """One answer: its bytes, the media type and charset that the server or the file name claims, its address.

    `total_items`: count over all pages, if a header says so. `received_at`: of a webhook message; None: now. `clock`:
    what our clock showed then, by which times in the message are judged: it may have been set back since. `age`: how
    old the body was when it was sent, by the server's own clock; None: the server does not say. `has_next_page`: a
    header links to a further page. `has_open_line`: of a text file whose last line no line break ends, so that its
    program may have written a part of that line only.
    """

    body: bytes
    media_type: str = ""
    charset: str = ""
    address: str = ""
    total_items: int | None = None
    received_at: datetime | None = None
    clock: datetime | None = None
    age: timedelta | None = None
    has_next_page: bool = False
    has_open_line: bool = False


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One message that was pushed to us."""

    id: int
    page: ResponsePage


@dataclass(frozen=True, slots=True)
class Payload:
    """All pages of one poll.

    `is_unchanged`: the source said that nothing changed (304), which is a good answer without readings. `has_data`
    False: nothing came since the last poll, and a listener cannot tell a silent sender from a dead one.
    `dropped`: messages that a listener discarded since the last poll. `message_ids`: ids of the webhook messages that
    the pages are; they are deleted once their readings are committed. `is_file_batch`: the pages are files; what could
    not be read of them in time is not read again until they change. `is_partial`: the pages hold only what is new, or
    only some of the stations. `is_paged`: the pages of a list were asked for one after the other, so that it may have
    changed between them. `has_more`: more waits, the source is polled again at once. `on_committed`: called, on
    any thread, once the readings are committed; not called when the answer could not be read.
    """

    pages: tuple[ResponsePage, ...] = ()
    is_unchanged: bool = False
    has_data: bool = True
    dropped: int = 0
    message_ids: tuple[int, ...] = ()
    is_file_batch: bool = False
    is_partial: bool = False
    is_paged: bool = False
    has_more: bool = False
    on_committed: Callable[[], None] | None = None

    @property
    def holds_messages(self) -> bool:
        """Whether it is what was sent to us since the last poll, and no answer to a question."""
        return self.on_committed is not None or bool(self.message_ids)

    @property
    def received_at(self) -> datetime | None:
        """When the newest of its messages was received; None for an answer to a question."""
        return max((page.received_at for page in self.pages if page.received_at), default=None)

    @property
    def heard_at(self) -> datetime | None:
        """When a listener received the newest; None without one: messages of the queue were timed when they came."""
        return None if self.message_ids else self.received_at

    def without_messages(self, ids: Set[int]) -> "Payload":
        """This payload without the webhook messages `ids`; unchanged and without data when none is left."""
        if ids.isdisjoint(self.message_ids):
            return self
        kept = [(page, n) for page, n in zip(self.pages, self.message_ids, strict=True) if n not in ids]
        pages, left = tuple(page for page, _ in kept), tuple(n for _, n in kept)
        has_data = self.has_data and bool(kept)
        return replace(self, pages=pages, message_ids=left, is_unchanged=not kept, has_data=has_data)


class FetchContext(Protocol):
    """The only access to the outside that a protocol has.

    `memory`: per source, lost on restart: ETags, file states, what the poller notes. The poller replaces it in a fetch
    that does not end: a fetch asks for it anew after each `await`.
    """

    memory: MutableMapping[str, Any]

    def now(self) -> datetime:
        """The current time, aware."""

    async def get(
        self,
        source: Source,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ResponsePage | None:
        """GET within the source's deadline, size limit and hosts; None when unchanged (304). Raises SourceError."""

    def expand_secrets(self, text: str) -> str:
        """`text` of the row with each ${NAME} replaced from the environment. Raises SourceError when one is not set."""

    def tls_context(self) -> SSLContext:
        """The TLS context with the trusted certificates: the system's, and those of the city's own CA."""

    def address_resolver(self, source: Source) -> Callable[[str, int], list[str]]:
        """A function (host, port) -> IP addresses that `source` may connect to. It blocks: call it on a thread.

        Connect to one of these addresses, not to the name, which may resolve to another address a moment later. It
        raises PrivateAddressError when all are private and the row does not allow that, gaierror when there are none.
        """

    def may_connect(self) -> bool:
        """Whether no other process may poll in the place of this one: a new connection would end that of the other."""

    def poll_soon(self, source: Source) -> None:
        """Have `source` polled at once, from any thread; nothing when that is not the time, as while it backs off."""

    def at_end(self, source: Source, close: Callable[[], None]) -> None:
        """Has `close`, the newest one of `source`, called on a thread when this process polls no more."""

    async def pending_messages(self, source: Source) -> list[WebhookMessage]:
        """The webhook messages of this source that no committed poll has taken yet, the oldest first."""

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        """`text` with every secret used in this poll replaced by its name: a source may echo them.

        `is_shown`: a text of an event; secrets that may be ordinary words of it, as names of users, stay.
        """


class Connector(Protocol):
    """A protocol's module, as the poller sees it."""

    Options: type[Any]

    async def fetch(self, source: Source, context: FetchContext) -> Payload: ...

    def parse(self, source: Source, payload: Payload, now: datetime) -> Batch: ...

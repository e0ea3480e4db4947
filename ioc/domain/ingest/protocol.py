"""What a protocol and the poll agree on: what is fetched, what may go wrong, what the world offers.

A protocol is one file of data_sources/ with
    Options                          pydantic model of the row's `options`
    async fetch(source, world)  -> Payload   touches the world, raises SourceError
    parse(source, payload, now) -> Batch     pure, raises SourceError when nothing can be made of the answer
    ADDRESSES                        where its addresses are of kinds of their own, an example of each, for `check`

A protocol that listens (MQTT) keeps its connection beside the polls: each fetch takes what has come since the last one,
and raises SourceError while the connection is down. What others push to our own address waits in the world's mail.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from ssl import SSLContext
from typing import Any, Protocol

from ioc.domain.base.failure import ErrorCode, Failure, FailureError, Parameter
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source


class SourceError(FailureError):
    """A fetch or an answer that brought nothing. `failure` says why, without secrets.

    `refused`: 401 or 403, ask no more until the row changes. `retry_after`: seconds the server asked for.
    """

    def __init__(
        self, code: ErrorCode | Failure, /, *, is_refused: bool = False, retry_after: float | None = None,
        external: str = "", **params: Parameter,
    ) -> None:  # fmt: skip
        super().__init__(code, external=external, **params)
        self.is_refused = is_refused
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """One answer: its bytes, the type and charset that the server or the file name claimed, where it came from.

    `total`: how many items there are on all pages, where a header says so. `received`: when a letter came; None: now.
    """

    body: bytes
    media_type: str = ""
    charset: str = ""
    address: str = ""
    total_items: int | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One thing that was pushed to us."""

    id: int
    page: ResponsePage


@dataclass(frozen=True, slots=True)
class Payload:
    """All pages of one poll. `unchanged`: the source said that nothing moved (304): a good answer without readings.

    `heard` False: nothing came since the last poll, and a listener cannot tell silence from death. `lost`: how many
    messages a listening protocol had to give up since the last poll. `mail`: ids of the letters that the pages are;
    they are forgotten once what they brought is committed. `at_rest`: files, which stay as they are: what could not be
    read of them in time is not brought again until they change. `parts`: the pages hold what is new, or are of
    some stations only, of others at the next poll.
    """

    pages: tuple[ResponsePage, ...] = ()
    is_unchanged: bool = False
    has_data: bool = True
    dropped: int = 0
    message_ids: tuple[int, ...] = ()
    is_file_batch: bool = False
    is_partial: bool = False


class FetchContext(Protocol):
    """The only door to the outside that a protocol is given."""

    memory: MutableMapping[str, Any]  # per source, lost on restart: ETags, file marks

    def now(self) -> datetime:
        """The aware time."""

    async def get(
        self,
        source: Source,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ResponsePage | None:
        """GET within the source's deadline, size limit and hosts; None when unchanged (304). SourceError."""

    def expand_secrets(self, text: str) -> str:
        """`text` of the row with its ${NAME}s filled in from the environment. SourceError when one is not set."""

    def tls_context(self) -> SSLContext:
        """Whose certificates are believed: the system's and those of the house's own CA. There is no other way."""

    def address_resolver(self, source: Source) -> Callable[[str, int], list[str]]:
        """(host, port) -> the addresses that `source` may connect to; for a thread, at each connection anew.

        Who connects takes one of these and not the name, which may lead elsewhere a moment later. OSError: `Barred`
        when there are none but private ones and the row is not `private`, gaierror when there are none at all.
        """

    async def pending_messages(self, source: Source) -> list[WebhookMessage]:
        """What was pushed to us for this source and no committed poll has taken yet, the oldest first."""

    def mask_secrets(self, text: str) -> str:
        """`text` with every secret that was filled in for this poll replaced by its name: a source may echo them."""


class Connector(Protocol):
    """A protocol's module, as the poll sees it."""

    Options: type[Any]

    async def fetch(self, source: Source, world: FetchContext) -> Payload: ...

    def parse(self, source: Source, payload: Payload, now: datetime) -> Batch: ...

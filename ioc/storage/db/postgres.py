"""Connections to PostgreSQL that give up waiting: neither a lost host nor a server that hangs holds up a process.

The server itself ends statements, waits for locks and abandoned transactions. When it hangs it ends nothing, and its
kernel still acknowledges every packet: therefore each wait for an answer has a limit here as well.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, ClassVar, Self, TypeVar

import psycopg
from psycopg import generators
from sqlalchemy import URL, Connection, Engine, create_engine, event

from ioc.domain.base.failure import ErrorCode
from ioc.storage.db.circuit_breaker import QUICK_SECONDS, CircuitBreaker
from ioc.storage.db.errors import StoreCode

T = TypeVar("T")
_STATEMENT_SECONDS, _LOCK_SECONDS = 30, 15
# The transaction of a process that was paused or cut off ends by it, and so do its locks: before others give up.
_IDLE_SECONDS = 10
_PARAMETERS: dict[str, Any] = {
    "connect_timeout": 2,  # the least of the driver
    # Of several hosts: a pooled connection to a hot standby would refuse to write for ever.
    "target_session_attrs": "primary",
    "client_encoding": "utf8",  # whatever the role or the environment says
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # Without JIT: it compiles for 40 ms and more what runs for 10. The server estimates costs of lists far too high.
    # The keys of a subquery are hashed within work_mem, else each row reads all of them: the default ends at 100,000.
    # With each commit on disk before it is acknowledged, as SQLite's; also where the server or the role waives that.
    "options": "-c jit=off -c work_mem=32MB -c synchronous_commit=on"
    f" -c statement_timeout={_STATEMENT_SECONDS}s -c lock_timeout={_LOCK_SECONDS}s"
    f" -c idle_in_transaction_session_timeout={_IDLE_SECONDS}s"
    # Where a database or role has others, times are not read, figures are read inexactly, and writes end each other.
    " -c datestyle=ISO -c extra_float_digits=1 -c default_transaction_isolation=read\\ committed"
    # The server, too, notices a client that was cut off: by itself after two hours, with its locks.
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=10000",
}
_ENCODING = "UTF8"
_ANSWER_SECONDS = _STATEMENT_SECONDS + 2.0  # the server's own limit of a statement comes first


class PostgresCode(ErrorCode):
    """Why a PostgreSQL database is not used. Texts: components/messages/errors/postgres.toml."""

    NOT_UTF8 = "postgres.not_utf8"  # external: the encoding of the database


class ServerSilentError(psycopg.OperationalError):
    """The server did not answer within the limit; the connection is closed."""

    store_code = StoreCode.NOT_ANSWERING


class EncodingError(psycopg.NotSupportedError):
    """The database has another encoding than UTF8: it stores no Vietnamese, or does not say what its bytes mean."""

    store_code = PostgresCode.NOT_UTF8


_FATAL = "FATAL"  # in what a server answers that refuses a connection: it is not silent
# Whether a host of the connection that this thread asks for did not answer.
_was_silent = ContextVar("was_silent", default=False)


class _BoundedConnection(psycopg.Connection[Any]):
    """Its waits for the server end after `answer_seconds`, or when the breaker opens meanwhile."""

    breaker: ClassVar[CircuitBreaker]
    answer_seconds: float = QUICK_SECONDS

    @classmethod
    def connect(cls, *args: Any, **options: Any) -> Self:
        """To the first host of the address that answers within QUICK_SECONDS; ServerSilentError for none."""
        if cls.breaker.has_just_opened():  # the pool connects anew after a connection that did not answer
            raise ServerSilentError("the server does not answer")
        _was_silent.set(False)
        with _noting_silence(cls.breaker):
            try:
                return super().connect(*args, **options)
            except psycopg.OperationalError as error:  # of the last host
                if _was_silent.get() and _FATAL not in str(error) and not isinstance(error, ServerSilentError):
                    raise ServerSilentError(str(error)) from error
                raise

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Self]:
        try:
            return cls((yield from _bounded(generators.connect(conninfo), cls.breaker, QUICK_SECONDS)))
        except ServerSilentError:
            _was_silent.set(True)
            raise

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        try:
            with _noting_silence(self.breaker):
                return super().wait(_bounded(gen, self.breaker, self.answer_seconds), *args, **options)
        except ServerSilentError:
            self.close()
            raise


@contextmanager
def _noting_silence(breaker: CircuitBreaker) -> Iterator[None]:
    """Opens the breaker when the server was silent, unless somebody else has found that meanwhile."""
    opening_count = breaker.opening_count
    try:
        yield
    except ServerSilentError:
        if breaker.opening_count == opening_count:
            breaker.open()
        raise


def _bounded(gen: Generator[Any, Any, T], breaker: CircuitBreaker, seconds: float) -> Generator[Any, Any, T]:
    """`gen`, as the driver's wait functions take it: they resume it ten times a second without an answer."""
    ends, opening_count = monotonic() + seconds, breaker.opening_count
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                ends = monotonic() + seconds
            elif breaker.opening_count != opening_count:
                raise ServerSilentError("the server does not answer")
            elif monotonic() > ends:
                raise ServerSilentError(f"the server did not answer within {seconds:g} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


def open_postgres(address: URL, breaker: CircuitBreaker) -> Engine:
    """An engine for `address`, whose own parameters take precedence over those set here.

    It connects to no database of another encoding than UTF8: EncodingError, a StoreError in the store.
    """
    parameters = {name: value for name, value in _PARAMETERS.items() if name not in address.query}
    # Of a setting that stands twice the last one counts.
    parameters["options"] = " ".join((_PARAMETERS["options"], *address.normalized_query.get("options", ())))
    engine = create_engine(
        address, pool_pre_ping=True, pool_size=4, max_overflow=60, pool_timeout=QUICK_SECONDS, connect_args=parameters
    )
    kind: Any = type("BoundedConnection", (_BoundedConnection,), {"breaker": breaker})

    def connect(_dialect: object, _record: object, args: Any, options: Any) -> Any:
        connection = kind.connect(*args, **options)
        encoding = connection.info.parameter_status("server_encoding")
        if encoding not in (None, _ENCODING):  # None: a pooler that does not tell
            connection.close()
            raise EncodingError(encoding)
        return connection

    event.listen(engine, "do_connect", connect)
    return engine


@contextmanager
def answer_limit(conn: Connection, seconds: float | None) -> Iterator[None]:
    """Within it each statement must be answered in `seconds`; None: in those of every statement."""
    driver_connection: Any = conn.connection.driver_connection
    driver_connection.answer_seconds = _ANSWER_SECONDS if seconds is None else seconds
    try:
        yield
    finally:
        driver_connection.answer_seconds = QUICK_SECONDS

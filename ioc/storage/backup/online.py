"""A consistent copy of the store while others write; and whether a copy is sound."""

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from ioc.domain.base.sqlite_url import sqlite_url
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.times import from_ms
from ioc.storage.backup import postgres_dump, row_values
from ioc.storage.backup.archive import DUMP, STORE
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db.errors import StoreCode, StoreError, driver_failure
from ioc.storage.db.store import Store


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """What was copied. `data_time`: of its newest change. `config_fingerprint`: of the configuration in force.

    `audit_head`: id and hash of its newest audit entry.
    """

    member_name: str
    data_time: datetime
    schema_revision: str
    config_fingerprint: str
    audit_head: tuple[int, str]


_LOCK = "backup.lock"  # in the folder of a copy, while its backup runs
_REVISION = re.compile("[0-9]{4}")  # "head", "head-1" and the beginning of a name mean a revision to Alembic too
_SCHEMA_REVISION = "SELECT version_num FROM alembic_version"
_LAST_CHANGE = "SELECT known_ms FROM change_counter WHERE topic = ''"
_AUDIT_HEAD = "SELECT id, hash FROM audit_entry ORDER BY id DESC LIMIT 1"
_CONFIG_FINGERPRINT = "SELECT substr(config_hash, 1, 16) FROM config_log ORDER BY known_ms DESC, id DESC LIMIT 1"


@contextmanager
def private_folder(path: Path) -> Iterator[Path]:
    """The folder `.FILE.store` of this user alone, locked, and removed at the end. ArchiveError.

    What a killed backup left there goes first; and beside it what one of another name left, `.FILE.part` too.
    """
    with ExitStack() as at_end:
        try:
            _remove_abandoned(path)
            _remove(path)
            path.mkdir(0o700)
            lock = at_end.enter_context(open(path / _LOCK, "wb"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ArchiveError(BackupCode.WRITE_FAILED, path=str(path), cause=system_failure(error)) from None
        try:
            yield path
        finally:
            with suppress(OSError):
                _remove(path)


def _remove_abandoned(own: Path) -> None:
    """Removes what killed backups left beside the folder `own`: those that nobody locks, and of this user."""
    for folder in own.parent.glob(".*.store"):
        with suppress(OSError):
            if folder == own or folder.lstat().st_uid != os.geteuid():  # the file beside `own` is being written
                continue
            with open(folder / _LOCK, "rb+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder.with_suffix(".part").unlink(missing_ok=True)
                shutil.rmtree(folder)  # follows no link, also one that is put in its place meanwhile


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for each in path.iterdir():
            each.unlink()
        path.rmdir()
    path.unlink(missing_ok=True)


def copy_store(store: Store, url: str, destination: Path) -> StoreCopy:
    """Writes a copy to `destination`, with all that was committed when this was called. StoreError, ArchiveError.

    A file of this user alone, which is not there yet.
    """
    address = make_url(url)
    with open(os.open(destination, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b") as file:
        if address.get_backend_name() == "sqlite":
            copy = _vacuum_into(Path(address.database or ""), destination)
        else:
            copy = _dump(store, address, file)
        os.fsync(file.fileno())
        if not os.path.samestat(os.fstat(file.fileno()), os.lstat(destination)):  # exchanged by who may rename here
            raise ArchiveError(BackupCode.IN_PROGRESS, path=str(destination))
    return copy


def _dump(store: Store, address: URL, file: BinaryIO) -> StoreCopy:
    with store.read(idle_seconds=0) as conn:  # pg_dump takes as long as it takes
        postgres_dump.dump(address, conn, file)
        head = conn.execute(text(_AUDIT_HEAD)).first()
        known, revision, fingerprint = (
            conn.execute(text(query)).scalar() for query in (_LAST_CHANGE, _SCHEMA_REVISION, _CONFIG_FINGERPRINT)
        )
        return StoreCopy(
            DUMP, from_ms(known or 0), revision or "", fingerprint or "", (head.id, head.hash) if head else (0, "")
        )


def _vacuum_into(path: Path, target: Path) -> StoreCopy:
    if not path.is_file():
        raise ArchiveError(BackupCode.STORE_MISSING, path=str(path))
    try:
        # Not SQLite's page-wise backup: it starts again after each commit of another process, and would never end.
        with closing(_open_to_read(path)) as store:
            store.execute("PRAGMA auto_vacuum = NONE")  # of the copy: whatever a tool has set for the store in use
            store.execute("VACUUM INTO ?", (str(target),))
        with closing(_open_to_read(target)) as copy:
            known, revision = (copy.execute(query).fetchone()[0] for query in (_LAST_CHANGE, _SCHEMA_REVISION))
            (fingerprint,) = copy.execute(_CONFIG_FINGERPRINT).fetchone() or ("",)
            return StoreCopy(
                STORE, from_ms(known), revision, fingerprint, copy.execute(_AUDIT_HEAD).fetchone() or (0, "")
            )
    except sqlite3.Error as error:
        if (failure := driver_failure(error)).code == StoreCode.DAMAGED:
            raise StoreError(failure) from None
        raise ArchiveError(BackupCode.COPY_FAILED, external=str(error)) from None


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Whatever the name: `as_uri` escapes "#", "?" and "%", which have a meaning in an address."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


# Tables with rows that the migrations make and every writer counts on, and their keys.
_FIXED = {"writer": "id", "change_counter": "topic"}
_FixedRow = tuple[str, Any]  # table and key
_STEPS = 100_000  # of SQLite's machine between two looks at the clock: about a millisecond
# SQLite's own objects: what ANALYZE keeps, counters of keys, and the indexes of constraints, which have no text.
_SCHEMA = """SELECT type, name, sql FROM sqlite_master
WHERE NOT (type = 'table' AND name IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4'))
AND NOT (type = 'index' AND name LIKE 'sqlite\\_autoindex\\_%' ESCAPE '\\' AND sql IS NULL)"""


def check_integrity(path: Path, max_seconds: float = inf) -> None:
    """ArchiveError unless SQLite finds the file at `path` sound, with just the objects that its revision has.

    A trigger or another index would act at our next write, a view show something else than its table. A value of
    another type than its column, or one that this program cannot hold, would end what reads it.
    StoreError (UNKNOWN_REVISION) for the store of a newer program. CHECK_UNFINISHED after `max_seconds`.
    """
    until = monotonic() + max_seconds
    try:
        _check_sound(path, until)
    except ArchiveError:
        if monotonic() < until:
            raise
        raise ArchiveError(BackupCode.CHECK_UNFINISHED, minutes=round(max_seconds / 60)) from None


def _open_until(path: Path, until: float) -> sqlite3.Connection:
    """A reader whose statements are interrupted at `until`, by the monotonic clock."""
    store = _open_to_read(path)
    store.set_progress_handler(lambda: monotonic() >= until, _STEPS)
    return store


def _check_sound(path: Path, until: float) -> None:
    try:
        with closing(_open_until(path, until)) as store:
            (result,) = store.execute("PRAGMA integrity_check(1)").fetchone()
            ((revision,),) = store.execute(_SCHEMA_REVISION).fetchmany(2)
            (shrinks,) = store.execute("PRAGMA auto_vacuum").fetchone()
            objects = _schema(store)
    except (sqlite3.Error, ValueError) as error:
        raise ArchiveError(BackupCode.STORE_DAMAGED, external=str(error)) from None
    if result != "ok":
        raise ArchiveError(BackupCode.STORE_DAMAGED, external=result[:200])
    if shrinks:  # then the store in use would be taken for one that was cut
        raise ArchiveError(BackupCode.STORE_DAMAGED, external="auto_vacuum")
    if not _REVISION.fullmatch(str(revision)):
        raise ArchiveError(BackupCode.STORE_DAMAGED, external=f"revision {str(revision)[:80]!r}")
    expected = _expected(str(revision))
    if different := objects ^ expected.objects:
        kind, name, _ = min(different)
        raise ArchiveError(BackupCode.FOREIGN_OBJECT, name=f"{kind} {name}"[:80])
    _check_rows(path, until, expected.rows)


def _check_rows(path: Path, until: float, expected: Collection[_FixedRow]) -> None:
    try:
        with closing(_open_until(path, until)) as store:
            missing = [row for row in expected if _lacks(store, row)]
            wrong, unreadable = row_values.wrong_type(store), None
            if not wrong:
                unreadable = row_values.unreadable_value(store)
    except sqlite3.Error as error:
        raise ArchiveError(BackupCode.STORE_DAMAGED, external=str(error)) from None
    if missing:
        raise ArchiveError(BackupCode.STORE_DAMAGED, external="no row {1!r} of {0}".format(*min(missing)))
    for found, code in ((wrong, BackupCode.WRONG_TYPE), (unreadable, BackupCode.UNREADABLE_VALUE)):
        if found:
            raise ArchiveError(code, table=found[0], column=found[1])


def _schema(store: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Type, name and text of each object, whatever its white space."""
    return {(str(kind), str(name), " ".join(str(sql).split())) for kind, name, sql in store.execute(_SCHEMA)}


def _fixed_rows(store: sqlite3.Connection) -> set[_FixedRow]:
    """Table and key of each row that a new store has in these tables, where it has them."""
    tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
    return {
        (table, value)
        for table, key in _FIXED.items()
        if table in tables
        for (value,) in store.execute(f"SELECT {key} FROM {table}")  # names of ours # nosec B608
    }


def _lacks(store: sqlite3.Connection, row: _FixedRow) -> bool:
    table, value = row
    query = f"SELECT 1 FROM {table} WHERE {_FIXED[table]} = ?"  # names of ours # nosec B608
    return store.execute(query, (value,)).fetchone() is None


class _Expected(NamedTuple):
    """What a new store has: objects as of `_schema`, rows as of `_fixed_rows`."""

    objects: set[tuple[str, str, str]]
    rows: set[_FixedRow]


def _expected(revision: str) -> _Expected:
    with TemporaryDirectory() as folder:
        path = Path(folder) / STORE
        with closing(Store(sqlite_url(path))) as store:
            store.migrate(revision)
        with closing(sqlite3.connect(path)) as fresh:
            return _Expected(_schema(fresh), _fixed_rows(fresh))


def expected_tables(revision: str) -> frozenset[str]:
    """Names of the tables of a store of `revision`. ArchiveError for none; StoreError (UNKNOWN_REVISION)."""
    if not _REVISION.fullmatch(revision):
        raise ArchiveError(BackupCode.STORE_DAMAGED, external=f"revision {revision[:80]!r}")
    return frozenset(name for kind, name, _ in _expected(revision).objects if kind == "table")

"""The files of an SQLite store: made for their owner alone, refused where they show a loss, watched while in use."""

import os
import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from ioc.storage.db.errors import StoreCode, StoreError

# SQLite shortens a write-ahead log to this size when it begins anew; below, only somebody else does.
MAX_IDLE_LOG_BYTES = 67_108_864


_COMMITS = "SELECT value FROM change_counter WHERE topic = '' AND typeof(value) = 'integer'"
_NEWEST_ENTRY = "SELECT id, CAST(hash AS BLOB) FROM audit_chain_end WHERE position = 'last'"
_HAS_ENTRY = """SELECT EXISTS (SELECT 1 FROM audit_entry WHERE id = ?1 AND CAST(hash AS BLOB) = ?2)
OR EXISTS (SELECT 1 FROM audit_chain_end WHERE id = ?1 AND CAST(hash AS BLOB) = ?2 OR position = 'first' AND id > ?1)
"""  # the last is a swept one


class SqliteFile:
    """The file of a store that this process has open, with its write-ahead log and the index of that."""

    def __init__(self, path: Path) -> None:
        """Creates it where it is missing. StoreError: see `refuse_orphaned_log`; no file; it cannot be created."""
        refuse_orphaned_log(path)
        _refuse_other_than_files(path)
        try:
            _restrict_to_owner(path)
            self._opened = {path: path.stat()}
            self._log, self._index = Path(f"{path}-wal"), Path(f"{path}-shm")
            self._least_sizes = {path: self._opened[path].st_size, self._log: 0}
        except OSError as error:
            raise StoreError(StoreCode.DATABASE_ERROR, external=str(error)) from None

    def note_log(self, _conn: object) -> None:
        """Remembers log and index of the first connection, which stays open: until then SQLite keeps these files."""
        for file in (self._log, self._index):
            if file not in self._opened:
                with suppress(OSError):
                    self._opened[file] = file.stat()

    def check(self) -> None:
        """StoreError (FILE_REPLACED) when one of the files was removed or exchanged, or the store or its log cut.

        What is written then is lost; without the index the next process would write beside this one.
        """
        least = self._least_sizes  # before the files are looked at: meanwhile others may see longer ones
        with suppress(OSError):
            found = {file: file.stat() for file in self._opened.copy()}
            sizes = {file: found[file].st_size if file in found else 0 for file in least}
            is_same = all(os.path.samestat(found[file], self._opened[file]) for file in found)
            if is_same and all(sizes[file] >= least[file] for file in least):
                sizes[self._log] = min(sizes[self._log], MAX_IDLE_LOG_BYTES)
                self._least_sizes = sizes
                return
        raise StoreError(StoreCode.FILE_REPLACED)


def path_of(url: str | URL) -> Path | None:
    """The file of an SQLite store, where SQLite makes others beside it; None for a store without one."""
    address = make_url(url)
    is_file = address.get_backend_name() == "sqlite" and address.database
    return Path(os.path.realpath(address.database or "")) if is_file else None


def refuse_orphaned_log(path: Path) -> None:
    """StoreError (EMPTIED) where the store is missing or empty, but not its log: SQLite would delete that.

    The log may hold everything. It is complete again once the file is back in its place.
    """
    log = Path(f"{path}-wal")
    if not _size(path) and _size(log):
        raise StoreError(StoreCode.EMPTIED, folder=str(path.parent), trace=str(log))


def refuse_unsound_log(path: Path) -> None:
    """StoreError (LOG_CUT, LOG_FOREIGN) where the log is shorter than its index says, or is not that of the store.

    (DATABASE_ERROR) where something else than a file is in place of one of them.

    SQLite would drop the rest, or write the pages of the other log over the store, without a word. To be asked before
    the store is opened: to close the index drops the locks that SQLite has on it in this process.
    """
    _refuse_other_than_files(path)
    if path.exists():
        _refuse_cut_log(path)
        if log_is_foreign(path):
            raise StoreError(StoreCode.LOG_FOREIGN, path=f"{path}-wal")


def _refuse_other_than_files(path: Path) -> None:
    """To open a FIFO in place of the store, its log or its index would wait for ever."""
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        if file.exists() and not file.is_file():
            raise StoreError(StoreCode.DATABASE_ERROR, external=f"{file} is not a file")


def log_is_foreign(path: Path) -> bool:
    """Whether with its log the store is another one than without, or an earlier one, by its commits and its audit log.

    What it asks of the file alone stands in rows that stay on their pages: a checkpoint that was killed leaves them
    whole. Not noticed: an older file beside the log of later changes; a log of another store that has counted further
    and whose audit log was swept, or is not in it; and where one of the two cannot be read for now.
    """
    if not _size(Path(f"{path}-wal")):
        return False
    try:
        with _open_to_read(path, "&immutable=1") as alone:
            commits, newest = alone.execute(_COMMITS).fetchone(), alone.execute(_NEWEST_ENTRY).fetchone()
    except sqlite3.Error:  # no tables yet, or in the middle of a checkpoint
        return False
    try:
        with _open_to_read(path) as whole:
            known = whole.execute(_COMMITS).fetchone()
            is_earlier = commits is not None and known is not None and known < commits
            return is_earlier or (newest is not None and whole.execute(_HAS_ENTRY, newest).fetchone() == (0,))
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)  # none where a text cannot be decoded
        return code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _open_to_read(path: Path, mode: str = "") -> closing[sqlite3.Connection]:
    """`mode`: "&immutable=1" without the log."""
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{mode}", uri=True))


def _refuse_cut_log(path: Path) -> None:
    """The formats are those of sqlite.org/walformat.html."""
    try:
        with Path(f"{path}-shm").open("rb") as index_file, Path(f"{path}-wal").open("rb") as log_file:
            # The size before the header: a log that is begun anew and cut meanwhile is seen as another one.
            index, size, header = index_file.read(96), os.fstat(log_file.fileno()).st_size, log_file.read(32)
    except OSError:
        return
    if len(index) < 96 or index[:48] != index[48:]:  # two equal headers, unless one is being written
        return
    page_size, frames = struct.unpack_from("=HI", index, 14)
    is_same_log = not header or header[16:24] == index[32:40]
    if frames and is_same_log and size < 32 + frames * (24 + page_size):
        raise StoreError(StoreCode.LOG_CUT, path=f"{path}-wal")


def log_is_lost(url: str) -> bool:
    """Whether somebody removed the write-ahead log of an SQLite store after its processes were killed.

    SQLite removes `-shm` and `-wal` together, at the end of the last process. To be asked before the store is opened.
    """
    path = path_of(url)
    return path is not None and Path(f"{path}-shm").exists() and not Path(f"{path}-wal").exists()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _restrict_to_owner(path: Path) -> None:
    """Creates the file; no other user of this machine may read it: it holds hashes, sessions and personal data.

    SQLite gives the files beside it the same rights when it creates them. Another file than a store is left as it is.
    """
    if _is_other_file(path):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(0o600)
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # of another owner, who has to see to it, or deleted meanwhile
            if not file.is_symlink() and file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _is_other_file(path: Path) -> bool:
    """Whether a file that has something in it is no SQLite store: opening it says so.

    SQLite reads it: a file that this process itself opens and closes takes the locks of its other stores away, and the
    next process to end removes their write-ahead log. "immutable": nothing is created beside it.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as conn:
            conn.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        return error.sqlite_errorcode == sqlite3.SQLITE_NOTADB
    return False

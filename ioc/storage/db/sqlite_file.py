"""The files of an SQLite store: made for their owner alone, refused where they show a loss, watched while in use."""

import os
import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from ioc.storage.db.errors import StoreCode, StoreError


class SqliteFile:
    """The file of a store that this process has open."""

    def __init__(self, path: Path) -> None:
        """Creates it where it is missing. StoreError: see `refuse_orphaned_log`; it is a FIFO; it cannot be created."""
        refuse_orphaned_log(path)
        if path.exists() and not path.is_file():  # to open a FIFO would wait for ever
            raise StoreError(StoreCode.DATABASE_ERROR, external=f"{path} is not a file")
        try:
            _restrict_to_owner(path)
            self._path, self._opened = path, path.stat()
            self._log = Path(f"{path}-wal")
            self._opened_log: os.stat_result | None = None
        except OSError as error:
            raise StoreError(StoreCode.DATABASE_ERROR, external=str(error)) from None

    def note_log(self, _conn: object) -> None:
        """Remembers the write-ahead log of the first connection, which stays open: until then SQLite keeps the file."""
        if self._opened_log is None:
            with suppress(OSError):
                self._opened_log = self._log.stat()

    def check(self) -> None:
        """StoreError (FILE_REPLACED) when the file or its log was removed or exchanged: what is written is lost."""
        with suppress(OSError):
            is_same_log = self._opened_log is None or os.path.samestat(self._log.stat(), self._opened_log)
            if is_same_log and os.path.samestat(self._path.stat(), self._opened):
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


def refuse_cut_log(path: Path) -> None:
    """StoreError (LOG_CUT) where the log is shorter than its index says: SQLite would drop the rest without a word.

    To be asked before the store is opened: to close the index drops the locks that SQLite has on it in this process.
    The formats are those of sqlite.org/walformat.html.
    """
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

"""What shows that there was a store before, where there is none now."""

import os
import zipfile
from itertools import chain
from pathlib import Path

from sqlalchemy.engine import make_url

from ioc.storage.backup.archive import read_manifest
from ioc.storage.backup.errors import ArchiveError
from ioc.storage.db.leader_lease import LOCK_SUFFIX


def trace_of_store(data: Path, database_url: str, profile: str) -> Path | None:
    """What shows that there was a store of `profile` before; None when nothing does.

    Beside an SQLite store the lock of a polling process; in the folder `data` or beside it a backup; beside it the
    folder that a restore replaced.
    """
    lock = Path(f"{make_url(database_url).database}{LOCK_SUFFIX}")
    replaced = data.parent.glob(f"{data.name}.before-*")
    folders = (folder for folder in (data, data.parent) if os.access(folder, os.R_OK | os.X_OK))
    files = (path for folder in folders for path in sorted(folder.iterdir()) if path.is_file())
    # To close a file of the store would drop every lock that SQLite holds on it in this process: another process would
    # take the store for unused and cut off its index, which ends this process by SIGBUS.
    own = _store_files(database_url)
    backups = (path for path in files if path.resolve() not in own and _is_backup_of(path, profile))
    return next(filter(Path.exists, chain((lock,), replaced, backups)), None)


def _store_files(database_url: str) -> set[Path]:
    address = make_url(database_url)
    suffixes = ("", "-wal", "-shm", "-journal") if address.get_backend_name() == "sqlite" else ()
    return {Path(f"{address.database}{suffix}").resolve() for suffix in suffixes}


def _is_backup_of(path: Path, profile: str) -> bool:
    try:
        return zipfile.is_zipfile(path) and read_manifest(path).profile == profile
    except (ArchiveError, OSError):
        return False

"""A copy of the store as it was at one moment, taken while others write; and whether a copy can be trusted."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from ioc.domain.base.times import from_ms
from ioc.storage.backup.archive import DUMP, STORE, ArchiveError
from ioc.storage.db.store import Conn, Store


@dataclass(frozen=True, slots=True)
class Copied:
    """`name`: of its member. `at`: of the newest thing in it. `configuration`: fingerprint of the one in force.

    `trail`: number and hash of the trail's newest row.
    """

    name: str
    at: datetime
    revision: str
    configuration: str
    trail: tuple[int, str]


_REVISION = "SELECT version_num FROM alembic_version"
_KNOWN = "SELECT known_ms FROM version WHERE topic = ''"
_TRAIL = "SELECT id, hash FROM trail ORDER BY id DESC LIMIT 1"
_CONFIGURATION = "SELECT substr(hash, 1, 16) FROM config_log ORDER BY known_ms DESC, id DESC LIMIT 1"


def copy(store: Store, url: str, target: Path) -> Copied:
    """Writes it to `target`. All that was committed when this began is in it. ArchiveError."""
    where = make_url(url)
    target.unlink(missing_ok=True)
    if where.get_backend_name() == "sqlite":
        return _vacuumed(Path(where.database or ""), target)
    with store.read() as conn:
        _dumped(where, conn, target)
        trail = conn.execute(text(_TRAIL)).first()
        known, revision, made = (conn.execute(text(one)).scalar() for one in (_KNOWN, _REVISION, _CONFIGURATION))
        return Copied(
            DUMP, from_ms(known or 0), revision or "", made or "", (trail.id, trail.hash) if trail else (0, "")
        )


def _vacuumed(path: Path, target: Path) -> Copied:
    if not path.is_file():
        raise ArchiveError(f"there is no store at {path}")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        # Not the pages one by one: that begins anew with each commit of another process, and would never end.
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as store:
            store.execute("VACUUM INTO ?", (str(target),))
        with target.open("rb") as file:
            os.fsync(file.fileno())
        with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as made:
            known, revision = (made.execute(one).fetchone()[0] for one in (_KNOWN, _REVISION))
            (force,) = made.execute(_CONFIGURATION).fetchone() or ("",)
            return Copied(STORE, from_ms(known), revision, force, made.execute(_TRAIL).fetchone() or (0, ""))
    except sqlite3.Error as error:
        raise ArchiveError(f"the store cannot be copied: {error}") from None


def _dumped(where: URL, conn: Conn, target: Path) -> None:
    """By pg_dump, of what `conn` sees. The password travels in the environment, never in what `ps` shows."""
    if shutil.which("pg_dump") is None:
        raise ArchiveError("pg_dump is not installed: without it a PostgreSQL store cannot be backed up from here")
    snapshot = conn.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    given = {
        "PGHOST": where.host or str(where.query.get("host", "")),
        "PGPORT": str(where.port or where.query.get("port", 5432)),
        "PGUSER": where.username or "", "PGPASSWORD": where.password or "", "PGDATABASE": where.database or "",
    }  # fmt: skip
    done = subprocess.run(
        ["pg_dump", "-Fc", "--no-owner", f"--snapshot={snapshot}", f"--file={target}"],
        env=os.environ | {name: one for name, one in given.items() if one},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason"]
        raise ArchiveError(f"pg_dump failed: {lines[-1][:200]}")
    target.chmod(0o600)


def sound(path: Path) -> None:
    """ArchiveError unless every page of the SQLite file is in order."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            (found,) = store.execute("PRAGMA integrity_check(1)").fetchone()
            store.execute(_REVISION).fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise ArchiveError(f"the store in the backup is damaged: {error}") from None
    if found != "ok":
        raise ArchiveError(f"the store in the backup is damaged: {found[:200]}")

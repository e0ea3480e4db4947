"""The dump of a PostgreSQL store by its own programs: pg_dump writes it, pg_restore puts it into an empty database."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL

from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db.store import Conn, Store

# Of the parameters of DATABASE_URL those that decide whom the programs trust. The others are limits of our statements.
_SAFETY_PARAMETERS = ("ssl", "channel_binding", "require_auth", "gssencmode")
_OTHER_OBJECTS = """
SELECT 'view ' || viewname FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
UNION SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT 'rule ' || rulename FROM pg_rules WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
UNION SELECT 'function ' || proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname NOT IN ('pg_catalog', 'information_schema')"""


def dump(url: URL, conn: Conn, target: Path) -> None:
    """Dumps what `conn` sees. ArchiveError."""
    snapshot = conn.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    _run(url, ["pg_dump", "-Fc", "--no-owner", f"--snapshot={snapshot}", f"--file={target}"])
    target.chmod(0o600)


@contextmanager
def loaded(store: Store, url: URL, file: Path, tables: frozenset[str]) -> Iterator[None]:
    """The dump `file` is in the database of `store` within this context, and stays there unless the context fails.

    In one transaction: all of it or nothing. `tables`: those that it must have, and no others. ArchiveError: the
    database is not empty; the dump cannot be restored, or brings what acts by itself. StoreError.
    """
    with store.read() as conn:
        if _tables(conn):
            raise ArchiveError(BackupCode.DATABASE_NOT_EMPTY, name=url.database or "")
        before = _other_objects(conn)
    _run(url, [
        "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error",
        f"--dbname={url.database or ''}", str(file),
    ])  # fmt: skip
    try:
        with store.read() as conn:
            foreign = {f"table {name}" for name in _tables(conn) ^ tables} | (_other_objects(conn) - before)
        if foreign:
            raise ArchiveError(BackupCode.FOREIGN_OBJECT, name=min(foreign)[:80])
        yield
    except BaseException:
        _remove_tables(store)
        raise


def _tables(conn: Conn) -> set[str]:
    return set(inspect(conn).get_table_names())


def _other_objects(conn: Conn) -> set[str]:
    """What acts by itself, or shows something else than a table."""
    return {str(name) for name in conn.execute(text(_OTHER_OBJECTS)).scalars()}


def _remove_tables(store: Store) -> None:
    """The database was empty before: what was restored into it must not be taken for a store."""
    with store.write() as conn:
        names = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in sorted(_tables(conn)))
        if names:
            conn.execute(text(f"DROP TABLE {names.replace(':', chr(92) + ':')} CASCADE"))


def _run(url: URL, command: Sequence[str]) -> None:
    """The password travels in the environment, where `ps` does not show it."""
    program = command[0]
    if shutil.which(program) is None:
        raise ArchiveError(BackupCode.PROGRAM_MISSING, program=program)
    process = subprocess.run(
        command, env=os.environ | connection_environment(url), capture_output=True, text=True, errors="replace",
        check=False,
    )  # fmt: skip
    if process.returncode:
        lines = process.stderr.strip().splitlines() or [""]
        said = next((line for line in lines if line.startswith(f"{program}: error:")), lines[-1])
        raise ArchiveError(BackupCode.PROGRAM_FAILED, program=program, external=said[:200])


def connection_environment(url: URL) -> dict[str, str]:
    """Where `url` leads to, as the variables of libpq."""
    settings = {
        "PGHOST": url.host or str(url.query.get("host", "")),
        "PGPORT": str(url.port or url.query.get("port", 5432)),
        "PGUSER": url.username or "", "PGPASSWORD": url.password or "", "PGDATABASE": url.database or "",
    }  # fmt: skip
    settings |= {
        f"PG{name.replace('_', '').upper()}": str(value)
        for name, value in url.query.items()
        if name.startswith(_SAFETY_PARAMETERS)
    }
    return {name: value for name, value in settings.items() if value}

"""The dump of a PostgreSQL store by its own programs: pg_dump writes it, pg_restore puts it into an empty database."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL

from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db.store import RESTORE_MARK, Conn, Store

# Of the parameters of DATABASE_URL those that decide whom the programs trust. The others are limits of our statements.
_SAFETY_PARAMETERS = ("ssl", "channel_binding", "require_auth", "gssencmode")
_CATALOGS = (
    "pg_namespace", "pg_class", "pg_type", "pg_proc", "pg_policy", "pg_trigger", "pg_rewrite", "pg_event_trigger",
    "pg_extension", "pg_collation", "pg_conversion", "pg_operator", "pg_opclass", "pg_opfamily", "pg_cast",
    "pg_language", "pg_am", "pg_ts_config", "pg_ts_dict", "pg_ts_parser", "pg_ts_template", "pg_foreign_data_wrapper",
    "pg_foreign_server", "pg_publication", "pg_statistic_ext", "pg_default_acl",
)  # fmt: skip
_FIRST_OID = 16384  # below it are the objects of every new database (FirstNormalObjectId of PostgreSQL)
_EVERY = " UNION ALL ".join(
    f"SELECT tableoid AS classid, oid FROM {name} WHERE oid >= {_FIRST_OID}" for name in _CATALOGS
)
# `is_part`: it comes and goes with another object. `is_of_server`: a restore may find it in an empty database. Not the
# schemas of temporary tables, which the server makes.
_OBJECTS = f"""
SELECT type, identity, EXISTS (
    SELECT FROM pg_depend WHERE pg_depend.classid = found.classid AND pg_depend.objid = found.oid
    AND pg_depend.objsubid = 0 AND deptype IN ('a', 'i', 'e')
) AS is_part, type IN ('extension', 'default acl')
OR (type = 'schema' AND identity = quote_ident(current_schema())) OR EXISTS (
    SELECT FROM pg_depend WHERE pg_depend.classid = found.classid AND pg_depend.objid = found.oid AND deptype = 'e'
) AS is_of_server
FROM ({_EVERY} UNION ALL SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata) AS found,
LATERAL pg_identify_object(classid, oid, 0)
WHERE identity !~ '^pg_(toast_)?temp_'
AND NOT EXISTS (SELECT FROM pg_trigger WHERE tableoid = classid AND pg_trigger.oid = found.oid AND tgisinternal)"""
# None of our tables has it; others may be there before, in schemas of their own.
_ROW_SECURITY = """
SELECT relname FROM pg_class
WHERE (relrowsecurity OR relforcerowsecurity) AND relnamespace = current_schema()::regnamespace"""
# What undoes the default privileges that the database has, by their name in _OBJECTS; all but those of their own role.
_REVOCATIONS = """
SELECT identity, format(
    'ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM %s', pg_get_userbyid(defaclrole),
    CASE WHEN defaclnamespace > 0 THEN format(' IN SCHEMA %s', defaclnamespace::regnamespace) ELSE '' END,
    CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
    ELSE 'SCHEMAS' END, CASE WHEN grantee > 0 THEN quote_ident(pg_get_userbyid(grantee)) ELSE 'PUBLIC' END
)
FROM pg_default_acl AS found, aclexplode(defaclacl), pg_identify_object(found.tableoid, found.oid, 0)
WHERE grantee != defaclrole OR defaclnamespace > 0 GROUP BY 1, 2"""
# Tables that others than their owner may read or change.
_GRANTED = """
SELECT DISTINCT relname FROM pg_class, aclexplode(relacl)
WHERE grantee != relowner AND relnamespace = current_schema()::regnamespace"""
_RESTORE_LOCK = 0x10C_C8  # the advisory lock under which a database is restored
_DEFAULT_PRIVILEGES = "default acl"
_TABLE_PARTS = {"index", "sequence", "toast table", "type"}


def dump(url: URL, conn: Conn, target: BinaryIO) -> None:
    """Dumps what `conn` sees into the open file. ArchiveError."""
    snapshot = conn.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    command = ["pg_dump", "-Fc", "--no-owner", f"--snapshot={snapshot}"]
    _run(command, connection_environment(url, conn), target)


@contextmanager
def loaded(store: Store, url: URL, file: Path, tables: frozenset[str]) -> Iterator[None]:
    """The dump `file` is in the database of `store` within this context, and stays there unless the context fails.

    In one transaction: all of it or nothing. `tables`: those that it must have, and no others. ArchiveError: another
    restore runs; the database is not empty; the dump cannot be restored, or brings what acts by itself. StoreError.
    Until the context has ended the database has the table RESTORE_MARK. What a restore left that was killed meanwhile
    is removed first.
    """
    with _alone(store, url) as environment:
        with store.read() as conn:
            found = _tables(conn)
        if RESTORE_MARK in found:
            _remove_since(store, _marked(store))
        elif found:
            raise ArchiveError(BackupCode.DATABASE_NOT_EMPTY, name=url.database or "")
        else:
            _mark(store)
        before = _marked(store)
        try:
            command = ["pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
            _run([*command, f"--dbname={url.database or ''}", str(file)], environment)
            check_objects(store, tables, before)
            yield
        except BaseException:
            _remove_since(store, before)
            _unmark(store)
            raise
        _unmark(store)


@contextmanager
def _alone(store: Store, url: URL) -> Iterator[Mapping[str, str]]:
    """No other restore into the database, from whichever host, runs within this context. ArchiveError: one does.

    Gives the environment in which programs connect to the same server.
    """
    with store.read(idle_seconds=0) as conn:
        if not conn.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _RESTORE_LOCK}):
            raise ArchiveError(BackupCode.RESTORE_IN_PROGRESS, name=url.database or "")
        try:
            yield connection_environment(url, conn)
        finally:
            conn.invalidate()  # as ending the transaction, but no error where the connection was lost


def _mark(store: Store) -> None:
    """Makes the table RESTORE_MARK, which lists the objects that are in the database, itself among them."""
    with store.write() as conn:
        conn.exec_driver_sql(f"CREATE TABLE {RESTORE_MARK} (type text, identity text, is_part bool, is_of_server bool)")
        rows = [each._asdict() for each in _objects(conn)]
        conn.execute(text(f"INSERT INTO {RESTORE_MARK} VALUES (:type, :identity, :is_part, :is_of_server)"), rows)


def _marked(store: Store) -> set["_Object"]:
    with store.read() as conn:
        return {_Object(*row) for row in conn.exec_driver_sql(f"TABLE {RESTORE_MARK}")}


def _unmark(store: Store) -> None:
    with store.write() as conn:
        conn.exec_driver_sql(f"DROP TABLE {RESTORE_MARK}")


def check_objects(store: Store, tables: frozenset[str], before: Set["_Object"] | None = None) -> None:
    """ArchiveError unless the database has just `tables`, beside the objects `before`. StoreError.

    `before`: of the target of a restore; None where it is not known: extensions and the schema may be there.
    """
    with store.read() as conn:
        schema = inspect(conn).default_schema_name
        ours = {_Object("table", f"{schema}.{name}", False) for name in tables}
        found = _objects(conn)
        new = found - before if before is not None else {each for each in found if not each.is_of_server}
        secured = conn.exec_driver_sql(_ROW_SECURITY).scalars().all()
        is_restored = before is not None and not any(each.type == _DEFAULT_PRIVILEGES for each in before)
        granted = conn.exec_driver_sql(_GRANTED).scalars().all() if is_restored else ()
    foreign = {f"{each.type} {each.identity}" for each in (new | ours) - (new & ours) if not each.is_table_part}
    foreign |= {f"row security {name}" for name in secured} | {f"privileges on {name}" for name in granted}
    if foreign:
        raise ArchiveError(BackupCode.FOREIGN_OBJECT, name=min(foreign)[:80])


class _Object(NamedTuple):
    """What a database holds: its kind and name, as DROP takes them.

    `is_part`: it comes and goes with another one. `is_of_server`: an extension, of one, or the schema of the tables.
    """

    type: str
    identity: str
    is_part: bool
    is_of_server: bool = False

    @property
    def is_table_part(self) -> bool:
        """Whether a table has it as one of its own parts."""
        return self.is_part and self.type in _TABLE_PARTS


def _tables(conn: Conn) -> set[str]:
    return set(inspect(conn).get_table_names())


def _objects(conn: Conn) -> set[_Object]:
    return {_Object(*row) for row in conn.exec_driver_sql(_OBJECTS)}


def _remove_since(store: Store, before: set[_Object]) -> None:
    """The database was empty before: what was restored into it must not be taken for a store, nor act later.

    What could forbid it goes first, then the tables, each in a transaction of its own: nothing else may keep them.
    """
    for kinds in ({"event trigger"}, {"table"}, None):
        with store.write() as conn:
            new = _objects(conn) - before
            removals = [_removal(each) for each in new if not each.is_part and (kinds is None or each.type in kinds)]
            if kinds is None:
                names = {each.identity for each in new if each.type == _DEFAULT_PRIVILEGES}
                removals += [sql for name, sql in conn.execute(text(_REVOCATIONS)) if name in names]
            for sql in removals:
                conn.exec_driver_sql(sql.replace("%", "%%"))  # the driver's sign of a parameter


def _removal(found: _Object) -> str:
    if found.type == "large object":
        return f"SELECT lo_unlink({found.identity})"
    kind = "statistics" if found.type == "statistics object" else found.type.replace("-", " ")
    identity = found.identity.replace("()", "(*)") if kind == "aggregate" else found.identity
    return f"DROP {kind} IF EXISTS {identity} CASCADE"


def _run(command: Sequence[str], environment: Mapping[str, str], output: BinaryIO | None = None) -> None:
    """The password travels in the environment, where `ps` does not show it."""
    program = command[0]
    if shutil.which(program) is None:
        raise ArchiveError(BackupCode.PROGRAM_MISSING, program=program)
    process = subprocess.run(
        command, env={**os.environ, **environment}, stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace", check=False,
    )  # fmt: skip
    if process.returncode:
        lines = process.stderr.strip().splitlines() or [""]
        said = next((line for line in lines if line.startswith(f"{program}: error:")), lines[-1])
        raise ArchiveError(BackupCode.PROGRAM_FAILED, program=program, external=said[:200])


def connection_environment(url: URL, conn: Conn) -> dict[str, str]:
    """Where `conn`, one to `url`, leads to, as the variables of libpq: of several hosts to the same."""
    driver_connection: Any = conn.connection.driver_connection
    info = driver_connection.info
    settings = {
        "PGHOST": info.host, "PGHOSTADDR": info.hostaddr, "PGPORT": str(info.port),
        "PGUSER": url.username or "", "PGPASSWORD": url.password or "", "PGDATABASE": url.database or "",
    }  # fmt: skip
    settings |= {
        f"PG{name.replace('_', '').upper()}": str(value)
        for name, value in url.query.items()
        if name.startswith(_SAFETY_PARAMETERS)
    }
    return {name: value for name, value in settings.items() if value}

"""`restore` of a PostgreSQL store: whole into an empty database or not at all, and what was closed stays closed."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from components.ui.i18n import catalogue
from ioc.auth.user_admin import NewUser
from ioc.cli.backup import backup
from ioc.cli.context import Context
from ioc.cli.restore import REPLACED_DATABASE, restore
from ioc.domain.access.principal import Role
from ioc.storage.access import accounts, sessions
from ioc.storage.backup import archive, postgres_dump
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.postgres import PostgresCode
from ioc.storage.db.store import Store, StoreError
from tests.cli.test_backup import NOW, context_in, fill_data
from tests.cli.test_damaged_backup import restore_and_stop
from tests.cli.test_restore_revocations import BY, auth_over
from tests.storage import server

pytestmark = pytest.mark.postgres


@pytest.fixture
def empty_database(postgres: str) -> Iterator[str]:
    """The address of a database without tables."""
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        pytest.skip("pg_dump and pg_restore are not on the PATH")
    with server.database(postgres, "restored", "template1") as address:
        yield address


@dataclass
class BackedUp:
    """A store with an account and a session, and the backup of it. `url`: of its database."""

    context: Context
    url: str
    file: Path


@pytest.fixture
def filled(postgres_url: str, empty_database: str, tmp_path: Path) -> Context:
    """A store with an account and a session."""
    context = context_in(tmp_path, DATABASE_URL=postgres_url)
    fill_data(context)
    with closing(context.store()) as store:
        auth_over(store).users.add(NewUser("an", [Role.VIEWER]), BY)
        with store.write() as conn:
            sessions.create(conn, 1, "d" * 64, "::1", "", True, NOW)
    return context


@pytest.fixture
def backed_up(filled: Context, postgres_url: str, tmp_path: Path) -> BackedUp:
    assert backup(filled, str(tmp_path / "b.ioc")) == 0
    return BackedUp(filled, postgres_url, tmp_path / "b.ioc")


def tables(url: str) -> list[str]:
    """Names of the tables of a database."""
    with closing(Store(url)) as store, store.read() as conn:
        return inspect(conn).get_table_names()


def with_member(file: Path, name: str, body: bytes) -> Path:
    """A copy of the backup in which the member has another content, with the manifest of the first one."""
    changed = file.with_name("changed.ioc")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(changed, "w") as target:
        for member in source.namelist():
            target.writestr(member, body if member == name else source.read(member))
    return changed


def test_store_is_restored_into_an_empty_database_and_closes_what_was_closed(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(backed_up.url)) as store:
        auth_over(store).users.disable("an", BY)
    other = context_in(tmp_path, "other", DATABASE_URL=empty_database, **{REPLACED_DATABASE: backed_up.url})
    capsys.readouterr()
    assert restore(other, str(backed_up.file)) == 0, capsys.readouterr().err
    assert "so again: an\n" in capsys.readouterr().out
    with closing(Store(empty_database)) as store, store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM reading")) == 100
        assert sessions.list_all(conn) == []
        account = accounts.get_by_name(conn, "an")
        assert account is not None and account.disabled_at is not None
    data = other.settings.data
    assert (data / "pdf/job-1.pdf").read_bytes() == b"%PDF-1" and not (data / archive.DUMP).exists()


def test_database_that_is_not_compared_is_told(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = context_in(tmp_path, "other", DATABASE_URL=empty_database)
    assert restore(other, str(backed_up.file)) == 0
    assert REPLACED_DATABASE in capsys.readouterr().out


def test_database_with_tables_is_refused_and_left_alone(
    backed_up: BackedUp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = context_in(tmp_path, "other", DATABASE_URL=backed_up.url)
    assert restore(other, str(backed_up.file)) == 1
    name = make_url(backed_up.url).database
    assert name and name in capsys.readouterr().err
    with closing(Store(backed_up.url)) as store, store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM reading")) == 100


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_database_of_another_encoding_is_refused_and_left_empty(
    backed_up: BackedUp, postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    with server.database(postgres, "legacy", "template0", encoding=encoding) as address:
        other = context_in(tmp_path, "other", DATABASE_URL=address)
        assert restore(other, str(backed_up.file)) == 1
        assert catalogue()[f"errors.{PostgresCode.NOT_UTF8}"][other.lang] in capsys.readouterr().err
        with psycopg.connect(address.replace("+psycopg", "")) as conn:
            assert conn.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone() is None


def test_second_restore_finds_the_first_one_and_doubles_nothing(
    backed_up: BackedUp, empty_database: str, tmp_path: Path
) -> None:
    for name, code in (("one", 0), ("two", 1)):
        other = context_in(tmp_path, name, DATABASE_URL=empty_database)
        assert restore(other, str(backed_up.file)) == code
    with closing(Store(empty_database)) as store, store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM reading")) == 100


def test_damaged_dump_is_refused_before_the_database_is_touched(
    backed_up: BackedUp, empty_database: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(backed_up.file) as source:
        body = bytearray(source.read(archive.DUMP))
    body[len(body) // 2] ^= 0x55
    changed = with_member(backed_up.file, archive.DUMP, bytes(body))
    assert restore(context_in(tmp_path, "other", DATABASE_URL=empty_database), str(changed)) == 1
    assert tables(empty_database) == []


def test_dump_that_breaks_off_leaves_no_table(backed_up: BackedUp, empty_database: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(backed_up.file) as source:
        body = source.read(archive.DUMP)
    (tmp_path / "half").write_bytes(body[: len(body) * 3 // 4])
    with closing(Store(empty_database)) as store:
        loaded = postgres_dump.loaded(store, make_url(empty_database), tmp_path / "half", frozenset())
        with pytest.raises(ArchiveError) as caught, loaded:
            pass
    assert caught.value.failure.code == BackupCode.PROGRAM_FAILED and tables(empty_database) == []


@pytest.mark.parametrize("is_loaded", [False, True])
def test_restore_that_was_killed_leaves_a_store_that_only_another_restore_takes(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, is_loaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise StoreError(StoreCode.BUSY)

    other = context_in(tmp_path, "other", DATABASE_URL=empty_database)
    with closing(Store(empty_database)) as store, store.write() as conn:
        conn.exec_driver_sql("CREATE SCHEMA mine CREATE VIEW own AS SELECT 1")  # it stays
    before = objects(empty_database)
    with closing(Store(backed_up.url)) as store, store.write() as conn:
        conn.exec_driver_sql(FOREIGN["function"])
    assert backup(backed_up.context, str(tmp_path / "foreign.ioc")) == 1
    with monkeypatch.context() as patch:  # a process that is killed undoes nothing
        for name in ("_remove_since", "_unmark", "check_objects", *(() if is_loaded else ("_run",))):
            patch.setattr(postgres_dump, name, killed)
        assert restore(other, str(tmp_path / "foreign.ioc")) == 1
    assert ("account" in tables(empty_database)) is is_loaded
    with pytest.raises(StoreError) as caught:
        other.migrated_store()
    assert caught.value.failure.code == StoreCode.RESTORE_UNFINISHED
    assert restore(other, str(tmp_path / "foreign.ioc")) == 1 and objects(empty_database) == before
    assert restore(other, str(backed_up.file)) == 0
    other.migrated_store().close()


def test_restore_is_refused_while_another_one_runs(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (context_in(tmp_path, name, DATABASE_URL=empty_database) for name in ("one", "two"))
    codes, check = list[int](), postgres_dump.check_objects
    with monkeypatch.context() as patched:

        def restore_beside(*arguments: Any) -> None:
            patched.undo()
            codes.append(restore(two, str(backed_up.file)))
            check(*arguments)

        patched.setattr(postgres_dump, "check_objects", restore_beside)
        codes.append(restore(one, str(backed_up.file)))
    assert codes == [1, 0]
    one.migrated_store().close()
    assert not (two.settings.data / "pdf").exists()


def test_restore_outlives_the_connection_that_keeps_others_away(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = postgres_dump.check_objects

    def lose_the_lock(store: Store, *arguments: Any) -> None:
        with store.read() as conn:
            lock = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            assert conn.exec_driver_sql(lock).scalars().all() == [True]
        check(store, *arguments)

    monkeypatch.setattr(postgres_dump, "check_objects", lose_the_lock)
    other = context_in(tmp_path, "other", DATABASE_URL=empty_database)
    assert restore(other, str(backed_up.file)) == 0
    other.migrated_store().close()


def test_sigterm_during_the_exchange_leaves_the_restored_database(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = context_in(tmp_path, "other", DATABASE_URL=empty_database)
    fill_data(context_in(tmp_path, "other"))
    restore_and_stop(other, backed_up.file, monkeypatch)
    assert (other.settings.data / "pdf/job-1.pdf").is_file()
    with closing(other.migrated_store()) as store, store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM reading")) == 100


FOREIGN = {
    "table": "CREATE TABLE seen (name text)",
    "view": "CREATE VIEW seen AS SELECT name FROM account",
    "materialized view": "CREATE MATERIALIZED VIEW seen AS SELECT name FROM account",
    "function": "CREATE FUNCTION seen(a text) RETURNS text LANGUAGE sql AS 'SELECT a'",
    "procedure": "CREATE PROCEDURE seen() LANGUAGE sql AS 'SELECT 1'",
    "schema": "CREATE SCHEMA seen CREATE TABLE seen.more (name text)",
    "policy": "CREATE POLICY seen ON account USING (false)",
    "rule": "CREATE RULE seen AS ON INSERT TO account DO INSTEAD NOTHING",
    "type": "CREATE TYPE seen AS ENUM ('a')",
    "domain": "CREATE DOMAIN seen AS text",
    "sequence": "CREATE SEQUENCE seen",
    "statistics object": "CREATE STATISTICS seen ON name, id FROM account",
    "collation": 'CREATE COLLATION "đã thấy: %%s seen" FROM "C"',
    "event trigger": "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''seen''; END';"
    "CREATE EVENT TRIGGER seen ON sql_drop EXECUTE FUNCTION seen()",
    "large object": "SELECT lo_create(4711)",
    "foreign-data wrapper": "CREATE FOREIGN DATA WRAPPER seen; CREATE SERVER seen FOREIGN DATA WRAPPER seen;"
    "CREATE FOREIGN TABLE seen (a int) SERVER seen",
    "aggregate": "CREATE AGGREGATE seen(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0')",
    "partitioned table": "CREATE TABLE seen (a int) PARTITION BY RANGE (a);"
    "CREATE TABLE seen1 PARTITION OF seen FOR VALUES FROM (0) TO (9)",
    "row security": "ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY",
    "default privileges": """
        CREATE FUNCTION more() RETURNS void LANGUAGE plpgsql AS
        'BEGIN ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC; END';
        CREATE FUNCTION seen(a text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
        'BEGIN PERFORM public.more(); RETURN a; END';
        CREATE INDEX seen_index ON account (public.seen(name))""",
}


def objects(url: str) -> set[tuple[str, str]]:
    """Kinds and names of everything in a database that a new one has not."""
    with closing(Store(url)) as store, store.read() as conn:
        return {each[:2] for each in postgres_dump._objects(conn)}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_not_ours_is_refused_and_nothing_stays(
    filled: Context, postgres_url: str, empty_database: str, tmp_path: Path, kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with closing(Store(empty_database)) as store, store.write() as conn:
        conn.exec_driver_sql("CREATE SCHEMA mine CREATE VIEW own AS SELECT 1")  # it stays
    before = objects(empty_database)
    with closing(Store(postgres_url)) as store, store.write() as conn:
        conn.exec_driver_sql(FOREIGN[kind])
    file = tmp_path / "foreign.ioc"
    assert backup(filled, str(file)) == 1 and file.is_file()
    told = capsys.readouterr().err
    assert restore(context_in(tmp_path, "other", DATABASE_URL=empty_database), str(file)) == 1
    named = {"large object": "4711", "row security": "row security audit_entry", "default privileges": ""}
    why = capsys.readouterr().err
    assert named.get(kind, "seen") in why and named.get(kind, "seen") in told
    assert ("default acl" in why) is (kind == "default privileges")
    assert objects(empty_database) == before and before


def test_broken_audit_log_is_told_by_backup_and_refused_by_restore(
    filled: Context, postgres_url: str, empty_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(postgres_url)) as store, store.write() as conn:
        conn.exec_driver_sql("UPDATE audit_entry SET actor = 'khac' WHERE id = (SELECT min(id) FROM audit_entry)")
    file = tmp_path / "broken.ioc"
    assert backup(filled, str(file)) == 1 and file.is_file()
    told = capsys.readouterr().err
    assert restore(context_in(tmp_path, "other", DATABASE_URL=empty_database), str(file)) == 1
    assert catalogue()["errors.backup.audit_log_broken"][filled.lang].partition("{")[0] in told


@pytest.mark.parametrize("statement", [
    "CREATE EXTENSION plpython3u", "CREATE EXTENSION pg_trgm", "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
])  # fmt: skip
def test_what_every_database_of_a_server_may_have_is_not_refused_by_backup(
    empty_database: str, tmp_path: Path, statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(empty_database)) as store:
        try:
            with store.write() as conn:
                conn.exec_driver_sql(statement)
        except StoreError:
            pytest.skip("the server has not this extension")
        store.migrate()
    (tmp_path / "own").mkdir()
    assert backup(context_in(tmp_path, "own", DATABASE_URL=empty_database), str(tmp_path / "own.ioc")) == 0
    assert capsys.readouterr().err.count("seen") == 0


def test_backup_of_the_other_kind_of_store_is_told(
    backed_up: BackedUp, empty_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert restore(context_in(tmp_path, "sqlite"), str(backed_up.file)) == 1
    sqlite = context_in(tmp_path, "filled")
    fill_data(sqlite)
    assert backup(sqlite, str(tmp_path / "s.ioc")) == 0
    assert restore(context_in(tmp_path, "other", DATABASE_URL=empty_database), str(tmp_path / "s.ioc")) == 1
    assert "DATABASE_URL" in capsys.readouterr().err and tables(empty_database) == []


def test_parameters_of_trust_reach_the_programs_and_limits_do_not() -> None:
    url = make_url("postgresql+psycopg://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.pem&options=-cx&connect_timeout=1")
    info = SimpleNamespace(host="h", hostaddr="192.0.2.1", port=5433)  # of the host that was chosen
    conn: Any = SimpleNamespace(connection=SimpleNamespace(driver_connection=SimpleNamespace(info=info)))
    environment = postgres_dump.connection_environment(url, conn)
    assert environment == {
        "PGHOST": "h", "PGHOSTADDR": "192.0.2.1", "PGPORT": "5433", "PGUSER": "u", "PGPASSWORD": "p", "PGDATABASE": "d",
        "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca.pem",
    }  # fmt: skip


def test_store_of_an_older_program_is_migrated(postgres: str, empty_database: str, tmp_path: Path) -> None:
    file = tmp_path / "old.ioc"
    with server.database(postgres, "older", "template1") as address:
        with closing(Store(address)) as store:
            store.migrate("0009")
        context = context_in(tmp_path, DATABASE_URL=address)
        context.settings.data.mkdir()
        assert backup(context, str(file)) == 0
    assert restore(context_in(tmp_path, "other", DATABASE_URL=empty_database), str(file)) == 0
    with closing(Store(empty_database)) as store:
        revision = archive.read_manifest(file).schema_revision
        with store.read() as conn:
            assert conn.scalar(text("SELECT version_num FROM alembic_version")) > revision == "0009"

"""`backup` and `restore`: complete or not at all, byte for byte, and never over existing files."""

import errno
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ioc.cli import main as app
from ioc.cli.backup import backup
from ioc.cli.context import Context
from ioc.cli.restore import restore
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.durable_files import write_durably
from ioc.domain.ingest.reading import Reading
from ioc.storage import config_log
from ioc.storage.access import audit_log as rows
from ioc.storage.access import sessions
from ioc.storage.backup import archive, online
from ioc.storage.backup.archive import BackupManifest
from ioc.storage.db import change_counter
from ioc.storage.db.data_dir_lock import acquire_shared, exclusive
from ioc.storage.timeseries import host_health, readings
from tests.city import source
from tests.system.disk import small_disk

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
KEY, LAYER = "water-level-can-tho", "map/one/water\u00a02026.geojson"
SECRET_BODY = b"Kq7vX2mR9tWb4LzN" * 4  # of this test only


def context_in(folder: Path, name: str = "data", lang: str = "en", **more: str) -> Context:
    """A context over `folder`/`name` whose clock stands at NOW."""
    environment = {"IOC_DATA": str(folder / name), **more}
    return Context(
        EnvironmentSettings.from_environment(environment, app.ROOT), environment, app.ROOT, lambda: NOW, lang
    )


def fill_data(context: Context, reading_count: int = 100) -> None:
    """Fills the data folder: a store with readings, a PDF, a map layer, a secret, and files that no backup takes."""
    data = context.settings.data
    with closing(context.store()) as store:
        store.migrate()
        with store.write() as conn:
            readings.declare_series(conn, [source()])
            moments = [NOW - timedelta(minutes=n) for n in range(reading_count)]
            readings.append(conn, "sim-tide", [Reading(KEY, at, 1.0) for at in moments], NOW)
            config_log.record(conn, "{}", change_counter.bump(conn, {"readings", "config"}, NOW))
    for name, body in (("pdf/job-1.pdf", b"%PDF-1"), (LAYER, b"{}"), ("secret", SECRET_BODY)):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(body)
    (data / "pdf" / ".half").write_bytes(b"x")
    (data / "recorded").mkdir()


def fill_and_back_up(folder: Path) -> tuple[Context, Path]:
    """A filled context, and its backup."""
    context, file = context_in(folder), folder / "b.ioc"
    fill_data(context)
    assert backup(context, str(file)) == 0
    return context, file


def stored_readings(data: Path) -> int:
    """The number of readings in the store of a data folder."""
    with closing(sqlite3.connect(data / "ioc.db")) as store:
        return int(store.execute("SELECT count(*) FROM reading").fetchone()[0])


@pytest.fixture
def backed_up(tmp_path: Path) -> tuple[Context, Path]:
    """A context with data, and the backup of it."""
    return fill_and_back_up(tmp_path)


def test_backup_is_restored_to_another_folder(backed_up: tuple[Context, Path], tmp_path: Path) -> None:
    _, file = backed_up
    other = context_in(tmp_path, "other")
    assert restore(other, str(file)) == 0
    data = other.settings.data
    assert stored_readings(data) == 100 and (data / "pdf/job-1.pdf").read_bytes() == b"%PDF-1"
    assert (data / LAYER).read_bytes() == b"{}"
    assert not (data / "secret").exists() and not (data / "pdf/.half").exists() and not (data / "recorded").exists()
    assert oct(file.stat().st_mode & 0o777) == "0o600" and oct((data / "ioc.db").stat().st_mode & 0o777) == "0o600"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.ioc", "data", "other"]


def test_manifest_has_profile_revision_time_and_members(backed_up: tuple[Context, Path]) -> None:
    manifest = archive.read_manifest(backed_up[1])
    assert (
        manifest.config_fingerprint == sha256(b"{}").hexdigest()[:16]
        and manifest.profile == "demo"
        and manifest.schema_revision == "0026"
    )
    assert manifest.data_time == NOW.isoformat() and sorted(manifest.members) == [
        LAYER, "pdf/job-1.pdf", "store.db",
    ]  # fmt: skip


def test_backup_and_restore_are_audited_and_restore_ends_all_sessions(
    backed_up: tuple[Context, Path], tmp_path: Path
) -> None:
    context, _file = backed_up
    with closing(context.store()) as store, store.read() as conn:
        assert host_health.newest_backup(conn) == NOW
        assert [entry.action for entry in rows.newest(conn, rows.AuditFilter(), 5)] == ["backup-created"]
    with closing(context.store()) as store, store.write() as conn:
        sessions.create(conn, 1, "d" * 64, "::1", "", True, NOW)
    assert backup(context, str(tmp_path / "c.ioc")) == 0
    other = context_in(tmp_path, "other")
    assert restore(other, str(tmp_path / "c.ioc")) == 0
    with closing(other.store()) as store, store.read() as conn:
        newest = rows.newest(conn, rows.AuditFilter(), 5)[0]
        assert (newest.action, newest.target) == ("backup-restored", "c.ioc") and archive.file_sha256(
            tmp_path / "c.ioc"
        ) in newest.after
        assert not rows.verify(conn).fault and not sessions.list_all(conn)


def test_restore_audits_the_file_that_it_unpacked_though_another_one_took_its_name(
    backed_up: tuple[Context, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _context, file = backed_up
    digest, check = archive.file_sha256(file), online.check_integrity

    def exchange(path: Path) -> None:
        (tmp_path / "another").write_bytes(b"another file")
        (tmp_path / "another").replace(file)
        check(path)

    monkeypatch.setattr(online, "check_integrity", exchange)
    other = context_in(tmp_path, "other")
    assert restore(other, str(file)) == 0
    with closing(other.store()) as store, store.read() as conn:
        assert rows.newest(conn, rows.AuditFilter(), 1)[0].after == f"sha256 {digest}"


def test_secret_is_in_the_backup_only_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = context_in(tmp_path)
    fill_data(context)
    assert backup(context, str(tmp_path / "b.ioc"), with_secret=True) == 0
    assert "secret is not in it" not in capsys.readouterr().out
    other = context_in(tmp_path, "other")
    assert restore(other, str(tmp_path / "b.ioc")) == 0 and (other.settings.data / "secret").read_bytes() == SECRET_BODY


def test_restore_overwrites_only_on_request_and_moves_the_old_folder_aside(
    backed_up: tuple[Context, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = backed_up
    data, written = context.settings.data, list[str]()

    def write(path: Path, body: bytes) -> None:
        write_durably(path, body)
        written.append(path.name)

    monkeypatch.setattr("ioc.cli.restore.write_durably", write)
    (data / "pdf/job-1.pdf").write_bytes(b"newer")
    assert restore(context, str(file)) == 1 and (data / "pdf/job-1.pdf").read_bytes() == b"newer"
    assert restore(context, str(file), overwrite=True) == 0 and (data / "pdf/job-1.pdf").read_bytes() == b"%PDF-1"
    (aside,) = tmp_path.glob("data.before-*")
    assert (aside / "pdf/job-1.pdf").read_bytes() == b"newer"
    assert (data / "secret").read_bytes() == SECRET_BODY, "the secret of this machine stays with it"
    assert written == ["secret"], "it is on the disk before the folder has its name"


def test_restore_is_refused_while_the_program_runs_and_backup_overwrites_no_file(
    backed_up: tuple[Context, Path], tmp_path: Path
) -> None:
    context, file = backed_up
    with exclusive(context.settings.data):
        assert restore(context, str(file), overwrite=True) == 1
        assert not acquire_shared(context.settings.data)
    before = file.read_bytes()
    assert backup(context, str(file)) == 1 and file.read_bytes() == before


def changed_backup(file: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """A copy of the backup `file`, with its members and manifest changed by `change`."""
    with zipfile.ZipFile(file) as archive_file:
        members = {name: archive_file.read(name) for name in archive_file.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    out = file.with_name("changed.ioc")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive_file:
        for name, body in members.items():
            archive_file.writestr(name, body)
        archive_file.writestr("manifest.json", json.dumps(manifest))
    return out


def manifest_entry(body: bytes) -> dict[str, Any]:
    return {"size": len(body), "sha256": sha256(body).hexdigest()}


def add_member(name: str, body: bytes = b"x") -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members[name] = body
        manifest["members"][name] = manifest_entry(body)

    return change


def change_store(change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda members, manifest: add_member("store.db", change(members["store.db"]))(members, manifest)


def with_newer_schema(body: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as store:
        store.deserialize(body)
        store.execute("UPDATE alembic_version SET version_num = '9999'")
        store.commit()
        return store.serialize()


def with_changed_audit_entry(body: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as store:
        store.deserialize(body)
        store.execute("UPDATE audit_entry SET target = 'another' WHERE id = 1")
        store.commit()
        return store.serialize()


def with_foreign_object(*statements: str) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        with closing(sqlite3.connect(":memory:")) as store:
            store.deserialize(body)
            for statement in statements:
                store.execute(statement)
            store.commit()
            return store.serialize()

    return change


def at_time(text: str) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda _, manifest: manifest.update(data_time=text)


def _drop(members: dict[str, Any], name: str) -> None:
    del members[name]


def _without_store(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    _drop(members, "store.db")
    _drop(manifest["members"], "store.db")


BAD: dict[str, Callable[[dict[str, bytes], dict[str, Any]], None]] = {
    "parent folder": add_member("../evil"), "absolute path": add_member("/etc/evil"),
    "parent folder inside": add_member("pdf/../../evil"),
    "backslash": add_member("pdf/..\\evil"), "unknown member": add_member("ioc.db-wal"), "folder": add_member("pdf/"),
    "changed byte": lambda members, _: members.update({"pdf/job-1.pdf": b"%PDF-2"}),
    "other size": lambda members, _: members.update({"pdf/job-1.pdf": b"%PDF-11"}),
    "missing member": lambda members, _: _drop(members, "pdf/job-1.pdf"),
    "undeclared member": lambda members, _: members.update({"pdf/job-2.pdf": b"x"}),
    "invalid time": lambda _, manifest: manifest.update(data_time="now"),
    "other format": lambda _, manifest: manifest.update(format=2),
    "no manifest": lambda _, manifest: manifest.clear(),
    "no store": lambda members, manifest: _without_store(members, manifest),
    "huge size": lambda _, manifest: manifest["members"]["store.db"].update(size=10**18),
    "no database": change_store(lambda body: b"no database" * 1000),
    "half a database": change_store(lambda body: body[: len(body) // 2]),
    "newer schema": change_store(with_newer_schema),
    "time of year 1": at_time("0001-01-01T00:00:00+00:00"), "time of year 9999": at_time("9999-12-31T23:59:59+00:00"),
    "time without zone": at_time("2026-01-01T00:00:00"),
    **{f"revision {name!r}": change_store(with_foreign_object(f"UPDATE alembic_version SET version_num = '{name}'"))
       for name in ("", "head", "heads", "head-1", "base", "00", "a:b")},
    "two revisions": change_store(with_foreign_object("INSERT INTO alembic_version VALUES ('0001')")),
    "no revision": change_store(with_foreign_object("DELETE FROM alembic_version")),
    "trigger": change_store(
        with_foreign_object("CREATE TRIGGER t AFTER INSERT ON audit_entry BEGIN DELETE FROM account; END")
    ),
    "view": change_store(with_foreign_object("CREATE VIEW v AS SELECT * FROM account")),
    "virtual table": change_store(with_foreign_object("CREATE  VIRTUAL TABLE f USING fts5(x)")),
    "unique index": change_store(with_foreign_object("CREATE UNIQUE INDEX u ON session (account_id)")),
    "missing index": change_store(with_foreign_object("DROP INDEX webhook_message_source")),
    "trigger of another type": change_store(
        with_foreign_object(
            "CREATE TRIGGER t AFTER INSERT ON session BEGIN DELETE FROM session; END",
            "PRAGMA writable_schema = ON", "UPDATE sqlite_master SET type = 'Trigger' WHERE name = 't'",
        )
    ),
    "text in a time": change_store(with_foreign_object("UPDATE audit_entry SET at_ms = 'x'")),
    "bytes in a text": change_store(with_foreign_object("UPDATE config_log SET config_hash = x'ff'")),
    "text in a figure": change_store(with_foreign_object("UPDATE reading SET value = 'x'")),
    "profile that is a number": lambda _, manifest: manifest.update(profile=7),
    "head of the log that is a text": lambda _, manifest: manifest.update(audit_head=["1", "a"]),
    "changed audit entry": lambda members, manifest: change_store(with_changed_audit_entry)(members, manifest),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_invalid_backup_changes_nothing(
    name: str, backed_up: tuple[Context, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, _file = backed_up
    assert backup(context, str(tmp_path / "second.ioc")) == 0  # its audit log has an entry
    bad = changed_backup(tmp_path / "second.ioc", BAD[name])
    for lang in ("en", "vi"):
        capsys.readouterr()
        assert restore(replace(context, lang=lang), str(bad), overwrite=True) == 1
        message = capsys.readouterr().err
        assert message.strip() and (lang == "en" or any(ord(character) > 0x7F for character in message)), message
    assert stored_readings(context.settings.data) == 100 and not list(tmp_path.glob("data.before-*"))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")] and not (tmp_path / "evil").exists()


def test_zip_bomb_is_read_only_to_its_declared_size(backed_up: tuple[Context, Path], tmp_path: Path) -> None:
    context, file = backed_up
    bad = changed_backup(file, add_member("pdf/bomb", b"\0" * 50_000_000))
    body = bytearray(bad.read_bytes())
    # The headers declare one byte.
    local, central = b"PK\x03\x04", b"PK\x01\x02"
    name_at = {
        local: body.index(b"pdf/bomb"),
        central: body.index(b"pdf/bomb", body.rindex(central, 0, len(body) - 200)),
    }
    for signature, header_length, size_offset in ((local, 30, 22), (central, 46, 24)):
        size_at = name_at[signature] - header_length + size_offset
        body[size_at : size_at + 4] = b"\1\0\0\0"
    bad.write_bytes(body)
    assert restore(context, str(bad), overwrite=True) == 1 and stored_readings(context.settings.data) == 100


@pytest.mark.parametrize("at", ["copy", "pack", "link"])
def test_backup_on_a_full_disk_leaves_no_file(
    at: str, backed_up: tuple[Context, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*{"copy": (os, "fsync"), "pack": (archive, "_copy_bytes"), "link": (os, "link")}[at], full)
    assert backup(backed_up[0], str(tmp_path / "c.ioc")) == 1
    assert not [path.name for path in tmp_path.iterdir() if "c.ioc" in path.name]


@pytest.mark.parametrize(("megabytes", "told"), [(1, "database or disk is full"), (3, "the disk is full")])
def test_backup_folder_that_is_full_is_told_and_nothing_stays(
    megabytes: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store of 2.4 MB does not fit, or its copy does and the archive beside it does not."""
    context, place = context_in(tmp_path), tmp_path / "disk"
    fill_data(context, 20_000)
    place.mkdir()
    with small_disk(place, megabytes):
        assert backup(context, str(place / "b.ioc")) == 1 and [*place.iterdir()] == []
    assert told in capsys.readouterr().err
    with closing(context.store()) as store, store.read() as conn:
        assert host_health.newest_backup(conn) is None  # health goes on to say that a backup is missing


def test_partial_files_of_a_killed_backup_are_replaced(backed_up: tuple[Context, Path], tmp_path: Path) -> None:
    (tmp_path / ".c.ioc.store").mkdir()
    for name in (".c.ioc.part", ".c.ioc.store/store", ".c.ioc.store/store-wal"):
        (tmp_path / name).write_bytes(b"half" * 1_000_000)
    assert backup(backed_up[0], str(tmp_path / "c.ioc")) == 0
    assert isinstance(archive.read_manifest(tmp_path / "c.ioc"), BackupManifest) and not list(tmp_path.glob(".c.ioc*"))


def test_a_second_backup_into_the_same_file_leaves_the_first_alone(
    backed_up: tuple[Context, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, second = archive.ArchiveWriter.add, list[int]()

    def meanwhile(writer: archive.ArchiveWriter, name: str, path: Path) -> None:
        if not second:
            second.append(-1)
            second[0] = backup(backed_up[0], str(tmp_path / "c.ioc"))
        finish(writer, name, path)

    monkeypatch.setattr(archive.ArchiveWriter, "add", meanwhile)
    assert backup(backed_up[0], str(tmp_path / "c.ioc")) == 0 and second == [1]
    assert archive.STORE in archive.read_manifest(tmp_path / "c.ioc").members and not list(tmp_path.glob(".c.ioc*"))


def test_backup_is_recorded_though_nobody_reads_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_in(tmp_path)
    fill_data(context)

    def fail(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Context, "print_message", fail)
    with pytest.raises(BrokenPipeError):
        backup(context, str(tmp_path / "b.ioc"))
    with closing(context.store()) as store, store.read() as conn:
        assert host_health.newest_backup(conn) == NOW

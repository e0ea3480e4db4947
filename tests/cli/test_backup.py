"""`backup` and `restore` by themselves: whole or not at all, to the byte, and never over what is there."""

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
from ioc.cli.backup import backup, restore
from ioc.cli.context import Context
from ioc.config.settings import EnvironmentSettings
from ioc.domain.ingest.reading import Reading
from ioc.storage import config_log
from ioc.storage.access import audit_log as rows
from ioc.storage.access import sessions
from ioc.storage.backup import archive
from ioc.storage.backup.archive import BackupManifest
from ioc.storage.db import change_counter
from ioc.storage.db.data_dir_lock import acquire_shared, exclusive
from ioc.storage.timeseries import host_health, readings
from tests.city import source

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
KEY = "water-level-can-tho"


def centre(folder: Path, name: str = "data", lang: str = "en", **more: str) -> Context:
    """A centre over `folder`/`name`, at a standing clock."""
    environment = {"IOC_DATA": str(folder / name), **more}
    return Context(
        EnvironmentSettings.from_environment(environment, app.ROOT), environment, app.ROOT, lambda: NOW, lang
    )


def filled(context: Context, readings_kept: int = 100) -> None:
    """A store with readings, a sheet of paper, a map and a secret."""
    data = context.settings.data
    with closing(context.store()) as store:
        store.migrate()
        with store.write() as conn:
            readings.declare_series(conn, [source()])
            moments = [NOW - timedelta(minutes=n) for n in range(readings_kept)]
            readings.append(conn, "sim-tide", [Reading(KEY, at, 1.0) for at in moments], NOW)
            config_log.record(conn, "{}", change_counter.bump(conn, {"readings", "config"}, NOW))
    for name, body in (("pdf/job-1.pdf", b"%PDF-1"), ("map/one/water.geojson", b"{}"), ("secret", b"s" * 64)):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(body)
    (data / "pdf" / ".half").write_bytes(b"x")
    (data / "recorded").mkdir()


def kept(data: Path) -> int:
    with closing(sqlite3.connect(data / "ioc.db")) as store:
        return int(store.execute("SELECT count(*) FROM reading").fetchone()[0])


@pytest.fixture
def made(tmp_path: Path) -> tuple[Context, Path]:
    """A centre and the backup of it."""
    context = centre(tmp_path)
    filled(context)
    assert backup(context, str(tmp_path / "b.ioc")) == 0
    return context, tmp_path / "b.ioc"


def test_what_was_kept_comes_back(made: tuple[Context, Path], tmp_path: Path) -> None:
    _, file = made
    there = centre(tmp_path, "other")
    assert restore(there, str(file)) == 0
    data = there.settings.data
    assert kept(data) == 100 and (data / "pdf/job-1.pdf").read_bytes() == b"%PDF-1"
    assert (data / "map/one/water.geojson").read_bytes() == b"{}"
    assert not (data / "secret").exists() and not (data / "pdf/.half").exists() and not (data / "recorded").exists()
    assert oct(file.stat().st_mode & 0o777) == "0o600" and oct((data / "ioc.db").stat().st_mode & 0o777) == "0o600"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b.ioc", "data", "other"]


def test_the_manifest_tells_what_it_is_of(made: tuple[Context, Path]) -> None:
    found = archive.read_manifest(made[1])
    assert (
        found.config_fingerprint == sha256(b"{}").hexdigest()[:16]
        and found.profile == "demo"
        and found.schema_revision == "0001"
    )
    assert found.data_time == NOW.isoformat() and sorted(found.members) == [
        "map/one/water.geojson", "pdf/job-1.pdf", "store.db",
    ]  # fmt: skip


def test_it_is_noted_in_store_and_trail_and_who_was_signed_in_is_out(
    made: tuple[Context, Path], tmp_path: Path
) -> None:
    context, _file = made
    with closing(context.store()) as store, store.read() as conn:
        assert host_health.newest_backup(conn) == NOW
        assert [one.action for one in rows.newest(conn, rows.AuditFilter(), 5)] == ["backup-created"]
    with closing(context.store()) as store, store.write() as conn:
        sessions.create(conn, 1, "d" * 64, "::1", "", True, NOW)
    assert backup(context, str(tmp_path / "c.ioc")) == 0
    there = centre(tmp_path, "other")
    assert restore(there, str(tmp_path / "c.ioc")) == 0
    with closing(there.store()) as store, store.read() as conn:
        newest = rows.newest(conn, rows.AuditFilter(), 5)[0]
        assert (newest.action, newest.target) == ("backup-restored", "c.ioc") and archive.file_sha256(
            tmp_path / "c.ioc"
        ) in newest.after
        assert not rows.verify(conn).fault and not sessions.list_all(conn)


def test_the_secret_only_when_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = centre(tmp_path)
    filled(context)
    assert backup(context, str(tmp_path / "b.ioc"), with_secret=True) == 0
    assert "secret is not in it" not in capsys.readouterr().out
    there = centre(tmp_path, "other")
    assert restore(there, str(tmp_path / "b.ioc")) == 0 and (there.settings.data / "secret").read_bytes() == b"s" * 64


def test_what_is_there_is_never_lost(made: tuple[Context, Path], tmp_path: Path) -> None:
    context, file = made
    data = context.settings.data
    (data / "pdf/job-1.pdf").write_bytes(b"newer")
    assert restore(context, str(file)) == 1 and (data / "pdf/job-1.pdf").read_bytes() == b"newer"
    assert restore(context, str(file), overwrite=True) == 0 and (data / "pdf/job-1.pdf").read_bytes() == b"%PDF-1"
    (aside,) = tmp_path.glob("data.before-*")
    assert (aside / "pdf/job-1.pdf").read_bytes() == b"newer"
    assert (data / "secret").read_bytes() == b"s" * 64, "the secret of this machine stays with it"


def test_not_while_the_program_runs_and_not_over_a_backup(made: tuple[Context, Path], tmp_path: Path) -> None:
    context, file = made
    with exclusive(context.settings.data):
        assert restore(context, str(file), overwrite=True) == 1
        assert not acquire_shared(context.settings.data)
    before = file.read_bytes()
    assert backup(context, str(file)) == 1 and file.read_bytes() == before


def rewritten(file: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """`file` with members and manifest as `change` leaves them."""
    with zipfile.ZipFile(file) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    out = file.with_name("changed.ioc")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in members.items():
            packed.writestr(name, body)
        packed.writestr("manifest.json", json.dumps(manifest))
    return out


def told(body: bytes) -> dict[str, Any]:
    return {"size": len(body), "sha256": sha256(body).hexdigest()}


def adds(name: str, body: bytes = b"x") -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members[name] = body
        manifest["members"][name] = told(body)

    return change


def store_of(change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda members, manifest: adds("store.db", change(members["store.db"]))(members, manifest)


def newer(body: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as store:
        store.deserialize(body)
        store.execute("UPDATE alembic_version SET version_num = '9999'")
        store.commit()
        return store.serialize()


def torn(body: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as store:
        store.deserialize(body)
        store.execute("UPDATE audit_entry SET target = 'another' WHERE id = 1")
        store.commit()
        return store.serialize()


def _drop(members: dict[str, Any], name: str) -> None:
    del members[name]


def _without_store(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    _drop(members, "store.db")
    _drop(manifest["members"], "store.db")


BAD: dict[str, Callable[[dict[str, bytes], dict[str, Any]], None]] = {
    "a way out": adds("../evil"), "an absolute one": adds("/etc/evil"), "one inside": adds("pdf/../../evil"),
    "a drive": adds("pdf/..\\evil"), "a stranger": adds("ioc.db-wal"), "a folder": adds("pdf/"),
    "a changed byte": lambda members, _: members.update({"pdf/job-1.pdf": b"%PDF-2"}),
    "another size": lambda members, _: members.update({"pdf/job-1.pdf": b"%PDF-11"}),
    "one missing": lambda members, _: _drop(members, "pdf/job-1.pdf"),
    "one more": lambda members, _: members.update({"pdf/job-2.pdf": b"x"}),
    "a moment that is none": lambda _, manifest: manifest.update(data_time="now"),
    "another format": lambda _, manifest: manifest.update(format=2),
    "no manifest": lambda _, manifest: manifest.clear(),
    "no store": lambda members, manifest: _without_store(members, manifest),
    "a huge one": lambda _, manifest: manifest["members"]["store.db"].update(size=10**18),
    "no database": store_of(lambda body: b"no database" * 1000),
    "half a database": store_of(lambda body: body[: len(body) // 2]),
    "a newer store": store_of(newer),
    "a torn trail": lambda members, manifest: store_of(torn)(members, manifest),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_trusted_changes_nothing(
    name: str, made: tuple[Context, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, _file = made
    assert backup(context, str(tmp_path / "second.ioc")) == 0  # its trail holds a row
    bad = rewritten(tmp_path / "second.ioc", BAD[name])
    for lang in ("en", "vi"):
        capsys.readouterr()
        assert restore(replace(context, lang=lang), str(bad), overwrite=True) == 1
        said = capsys.readouterr().err
        assert said.strip() and (lang == "en" or any(ord(one) > 0x7F for one in said)), said
    assert kept(context.settings.data) == 100 and not list(tmp_path.glob("data.before-*"))
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")] and not (tmp_path / "evil").exists()


def test_a_bomb_stops_at_what_it_declares(made: tuple[Context, Path], tmp_path: Path) -> None:
    context, file = made
    bad = rewritten(file, adds("pdf/bomb", b"\0" * 50_000_000))
    body = bytearray(bad.read_bytes())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # its heads tell one byte, as does the manifest
        place = body.index(b"pdf/bomb", 0 if mark == b"PK\x03\x04" else body.rindex(b"PK\x01\x02", 0, len(body) - 200))
        body[
            place - (30 if mark == b"PK\x03\x04" else 46) + at : place - (30 if mark == b"PK\x03\x04" else 46) + at + 4
        ] = b"\1\0\0\0"
    bad.write_bytes(body)
    assert restore(context, str(bad), overwrite=True) == 1 and kept(context.settings.data) == 100


@pytest.mark.parametrize("at", ["copy", "pack", "link"])
def test_a_full_disk_leaves_nothing_behind(
    at: str, made: tuple[Context, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*{"copy": (os, "fsync"), "pack": (archive, "_copy_bytes"), "link": (os, "link")}[at], full)
    assert backup(made[0], str(tmp_path / "c.ioc")) == 1
    assert not [one.name for one in tmp_path.iterdir() if "c.ioc" in one.name]


def test_leftovers_of_an_end_by_force_give_way(made: tuple[Context, Path], tmp_path: Path) -> None:
    for name in (".c.ioc.part", ".c.ioc.store"):
        (tmp_path / name).write_bytes(b"half" * 1_000_000)
    assert backup(made[0], str(tmp_path / "c.ioc")) == 0
    assert isinstance(archive.read_manifest(tmp_path / "c.ioc"), BackupManifest) and not list(tmp_path.glob(".c.ioc*"))

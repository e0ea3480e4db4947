"""A copy of the store at one moment, from either database, while somebody writes."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ioc.domain.base.failure import Failure
from ioc.storage import config_log
from ioc.storage.backup import online
from ioc.storage.backup.archive import DUMP, STORE
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from tests.storage.expected_store import START

ROOT = Path(__file__).parents[3]


def test_copy_is_consistent_and_waits_for_no_writer(store: Store, url: str, tmp_path: Path) -> None:
    if url.startswith("postgresql") and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not on the path")
    with store.write() as conn:
        config_log.record(conn, "{}", change_counter.bump(conn, {"config"}, START))
    with store.write() as conn:  # not committed yet: it is not in the copy
        change_counter.bump(conn, {"config"}, START.replace(year=2027))
        copy = online.copy_store(store, url, tmp_path / "copy")
    assert (
        (copy.data_time, copy.audit_head) == (START, (0, ""))
        and copy.schema_revision == "0026"
        and len(copy.config_fingerprint) == 16
    )
    assert oct((tmp_path / "copy").stat().st_mode & 0o777) == "0o600"
    if copy.member_name == STORE:
        online.check_integrity(tmp_path / "copy")
    else:
        assert copy.member_name == DUMP
        listed = subprocess.run(
            ["pg_restore", "--list", str(tmp_path / "copy")], capture_output=True, text=True, check=True
        )
        assert "TABLE DATA public reading" in listed.stdout


def test_copy_that_was_exchanged_meanwhile_is_refused(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may rename in the folder of the backup can put another file in its place."""
    finished = os.fsync

    def exchange(handle: int) -> None:
        (tmp_path / "copy").rename(tmp_path / "taken")
        (tmp_path / "copy").write_bytes(b"forged")
        finished(handle)

    monkeypatch.setattr(os, "fsync", exchange)
    if url.startswith("postgresql") and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not on the path")
    with pytest.raises(ArchiveError) as caught:
        online.copy_store(store, url, tmp_path / "copy")
    assert caught.value.failure.code == BackupCode.IN_PROGRESS


@pytest.mark.postgres
def test_dump_is_never_readable_by_others_nor_follows_a_link(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (program := shutil.which("pg_dump")) is None:
        pytest.skip("pg_dump is not on the path")
    looking = tmp_path / "bin" / "pg_dump"
    looking.parent.mkdir()
    looking.write_text(
        f'#!/bin/sh\nmode=$(stat -L -c %a /proc/$$/fd/1)\necho "$mode" > {tmp_path}/mode\n{program} "$@"\n'
    )
    looking.chmod(0o700)
    monkeypatch.setenv("PATH", str(looking.parent), prepend=":")
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    with closing(Store(postgres_url)) as store:
        online.copy_store(store, postgres_url, tmp_path / "copy")
        with pytest.raises(FileExistsError):
            online.copy_store(store, postgres_url, tmp_path / "link")
    assert ((tmp_path / "precious").read_text(), (tmp_path / "mode").read_text()) == ("precious", "600\n")


@pytest.mark.postgres
def test_missing_pg_dump_is_an_error_with_code(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with closing(Store(postgres)) as store, pytest.raises(ArchiveError) as caught:
        online.copy_store(store, postgres, tmp_path / "copy")
    assert caught.value.failure == Failure(BackupCode.PROGRAM_MISSING, {"program": "pg_dump"})


@pytest.mark.postgres
def test_dump_may_take_longer_than_a_transaction_may_be_idle(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (program := shutil.which("pg_dump")) is None:
        pytest.skip("pg_dump is not on the path")
    slow = tmp_path / "bin" / "pg_dump"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\n{program} "$@" && sleep 2\n')
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")
    url = f"{postgres_url}?options=-c%20idle_in_transaction_session_timeout%3D500ms"
    with closing(Store(url)) as store:
        assert online.copy_store(store, url, tmp_path / "copy").member_name == DUMP


def test_integrity_check_refuses_other_files(tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"none")
    with pytest.raises(ArchiveError) as caught:
        online.check_integrity(tmp_path / "none")
    assert caught.value.failure == Failure(BackupCode.STORE_DAMAGED, external="file is not a database")


def test_copies_of_killed_backups_are_removed_by_one_of_another_name(tmp_path: Path) -> None:
    killed = (
        "import os, sys; from pathlib import Path; from ioc.storage.backup import online\n"
        "with online.private_folder(Path(sys.argv[1])) as folder: (folder / 'store').touch(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / ".monday.ioc.store")], cwd=ROOT, check=False)
    (tmp_path / ".monday.ioc.part").write_bytes(b"half")
    assert (tmp_path / ".monday.ioc.store" / "store").is_file()
    (tmp_path / ".of.others.store").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "backup.lock").touch()
    (tmp_path / ".link.store").symlink_to("elsewhere")
    with online.private_folder(tmp_path / ".tuesday.ioc.store") as tuesday:
        (tuesday / "store").touch()
        with online.private_folder(tmp_path / ".wednesday.ioc.store"):
            assert (tuesday / "store").is_file()  # it is being written
        assert sorted(each.name for each in tmp_path.iterdir()) == [
            ".link.store", ".of.others.store", ".tuesday.ioc.store", "elsewhere",
        ]  # fmt: skip
    assert (tmp_path / "elsewhere" / "backup.lock").is_file() and not tuesday.exists()

"""A backup that `restore` would refuse is told when it is made; the file stays, and does not count as a backup."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ioc.auth import audit_log
from ioc.cli import backup as command
from ioc.cli.backup import backup
from ioc.cli.context import Context
from ioc.cli.restore import restore
from ioc.domain.access.principal import PrincipalKind
from ioc.storage.access import audit_log as rows
from ioc.storage.backup.errors import BackupCode
from ioc.storage.db.store import Store
from ioc.storage.timeseries import host_health
from tests.cli.test_backup import NOW, context_in, fill_data

HUGE = 2**62


def executing(*statements: str) -> Callable[[Context], None]:
    def execute(context: Context) -> None:
        with closing(sqlite3.connect(context.settings.data / "ioc.db")) as store, store:
            for statement in statements:
                store.execute(statement)

    return execute


def break_audit_log(context: Context) -> None:
    with closing(context.store()) as store, store.write() as conn:
        audit_log.write(conn, audit_log.NewAuditEntry("an", PrincipalKind.SHELL, "account-changed"), NOW)
    executing("UPDATE audit_entry SET actor = 'binh'")(context)


def weaken_secret(context: Context) -> None:
    (context.settings.data / "secret").write_bytes(b"x")


REFUSED = {
    BackupCode.UNREADABLE_VALUE: executing(f"INSERT INTO heartbeat VALUES (1, {HUGE})"),
    BackupCode.WRONG_TYPE: executing("UPDATE series SET unit = x'00'"),
    BackupCode.FOREIGN_OBJECT: executing("CREATE VIEW seen AS SELECT * FROM reading"),
    BackupCode.AUDIT_LOG_BROKEN: break_audit_log,
    BackupCode.SECRET_UNUSABLE: weaken_secret,
}


def noted(context: Context) -> tuple[bool, list[tuple[str, str]]]:
    """Whether the store knows of a backup; results and reasons of the audit entries about backups."""
    with closing(Store(f"sqlite:///{context.settings.data / 'ioc.db'}")) as store, store.read() as conn:
        entries = [entry for entry in rows.newest(conn, rows.AuditFilter(), 10) if entry.action == "backup-created"]
        is_known = host_health.newest_backup(conn) is not None
    return is_known, [(entry.result, entry.reason) for entry in entries]


@pytest.mark.parametrize("code", REFUSED)
def test_backup_that_restore_would_refuse_is_told_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: BackupCode
) -> None:
    context, file = context_in(tmp_path), tmp_path / "b.ioc"
    fill_data(context)
    REFUSED[code](context)
    assert backup(context, str(file), with_secret=True) == 1
    told = capsys.readouterr().err
    assert noted(context) == (False, [(audit_log.FAILED, code)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.ioc", "data"]
    assert restore(context_in(tmp_path, "other"), str(file)) == 1
    assert capsys.readouterr().err.strip()[:60] in told


def test_backup_that_restore_takes_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context, file = context_in(tmp_path), tmp_path / "b.ioc"
    fill_data(context)
    assert backup(context, str(file), with_secret=True) == 0
    assert not capsys.readouterr().err and noted(context) == (True, [(audit_log.DONE, "")])
    assert restore(context_in(tmp_path, "other"), str(file)) == 0


def test_check_that_takes_too_long_is_left_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_MAX_CHECK_SECONDS", 0.0)
    context, file = context_in(tmp_path), tmp_path / "b.ioc"
    fill_data(context)
    executing(f"INSERT INTO heartbeat VALUES (1, {HUGE})")(context)
    assert backup(context, str(file)) == 0
    assert capsys.readouterr().err and noted(context)[0]

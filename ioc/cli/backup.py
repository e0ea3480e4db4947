"""`backup` and `restore`: all that the centre keeps in one file, taken while it runs; and back, checked to the byte."""

import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from components.ui.error_messages import describe
from components.ui.format import format_date, format_number, format_time
from ioc.auth import audit_log
from ioc.auth.principal import PrincipalKind
from ioc.auth.secret_key import FILE_NAME as SECRET_FILE
from ioc.cli.context import Context
from ioc.cli.restore_revocations import RestoreRevocations, print_report, read_replaced_access, revoke_again
from ioc.domain.base.system_errors import system_failure
from ioc.storage.access import audit_log as rows
from ioc.storage.access import sessions
from ioc.storage.backup import archive, online
from ioc.storage.backup.archive import BackupManifest
from ioc.storage.backup.atomic_swap import swap_directory
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db import change_counter
from ioc.storage.db.data_dir_lock import DATA_LOCK, SUPERVISOR_LOCK, exclusive
from ioc.storage.db.leader_lock import LOCK_SUFFIX
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import host_health

_LOCK_FILES = {DATA_LOCK, SUPERVISOR_LOCK, f"ioc.db{LOCK_SUFFIX}"}


def backup(context: Context, file: str, *, with_secret: bool = False) -> int:
    """Everything that is kept, as it is now, in FILE. The program may run."""
    path, data = Path(file).absolute(), context.settings.data
    if not data.is_dir():
        context.print_error("backup_nowhere", folder=data)
        return 1
    with _reporting_errors(context), closing(context.store()) as store:
        copied = path.with_name(f".{path.name}.store")
        try:
            with archive.open_writer(path) as into:
                told = online.copy_store(store, context.settings.database_url, copied)
                into.add(told.member_name, copied)
                for name, one in archive.member_files(data):
                    into.add(name, one)
                if with_secret:
                    into.add(archive.SECRET, data / SECRET_FILE)
                into.finish(_manifest(context, told))
        finally:
            copied.unlink(missing_ok=True)
        members, size = archive.read_manifest(path).members, path.stat().st_size
        digest = archive.file_sha256(path)
        context.print_message(
            "backup_made",
            path=path,
            size=format_number(size / 1e6, 1),
            members=len(members),
            at=_format_moment(told.data_time),
            digest=digest,
        )
        if archive.SECRET not in members:
            context.print_message("backup_secretless")
        _record_backup(context, store, path, told, size, digest)
        return 0
    return 1


def _format_moment(at: datetime) -> str:
    return f"{format_time(at)} {format_date(at)}"


def _manifest(context: Context, copied: online.StoreCopy) -> BackupManifest:
    with (context.root / "pyproject.toml").open("rb") as file:
        program = tomllib.load(file)["project"]["version"]
    return BackupManifest(
        data_time=copied.data_time.isoformat(),
        created_at=context.clock().isoformat(),
        program_version=program,
        config_fingerprint=copied.config_fingerprint,
        schema_revision=copied.schema_revision,
        profile=context.settings.profile,
        audit_head=copied.audit_head,
    )


def _record_backup(
    context: Context, store: Store, path: Path, copied: online.StoreCopy, size: int, digest: str
) -> None:
    """Into the store that was copied. One of an older program, before its upgrade, has no place for it."""
    now = context.clock()
    try:
        with store.write() as conn:
            host_health.record_backup(conn, copied.data_time, size, digest)
            audit_log.write(
                conn,
                audit_log.NewAuditEntry("", PrincipalKind.LOCAL, "backup-created", path.name, after=f"sha256 {digest}"),
                now,
            )
    except StoreError:
        context.print_error("backup_unnoted")


def restore(context: Context, file: str, *, overwrite: bool = False) -> int:
    """Put what is in FILE in the place of IOC_DATA, once all of it is known to be good."""
    path, data = Path(file).absolute(), context.settings.data
    if context.settings.database_url != f"sqlite:///{data / 'ioc.db'}":
        context.print_error("restore_elsewhere")
        return 1
    data.mkdir(parents=True, exist_ok=True)
    with exclusive(data) as free, _reporting_errors(context):
        if not free:
            context.print_error("restore_running", folder=data)
            return 1
        if not overwrite and {one.name for one in data.iterdir()} - _LOCK_FILES:
            context.print_error("restore_full", folder=data)
            return 1
        done = _replace_data(context, path)
        context.print_message(
            "restore_made",
            folder=data,
            at=_format_moment(datetime.fromisoformat(done.manifest.data_time)),
            members=len(done.manifest.members),
        )
        if done.replaced_folder:
            context.print_message("restore_aside", folder=done.replaced_folder)
        print_report(context, done.revocations)
        if not (data / SECRET_FILE).exists():
            context.print_message("restore_secretless")
        return 0
    return 1


@dataclass(frozen=True, slots=True)
class _RestoreResult:
    manifest: BackupManifest
    replaced_folder: Path | None
    revocations: RestoreRevocations


def _replace_data(context: Context, path: Path) -> _RestoreResult:
    data = context.settings.data
    was_there = any(one.name not in _LOCK_FILES for one in data.iterdir())
    fresh = Path(mkdtemp(prefix=f".{data.name}.", dir=data.parent))
    try:
        manifest = archive.unpack(path, fresh)
        if archive.STORE not in manifest.members:
            raise ArchiveError(BackupCode.NO_SQLITE_STORE, path=str(path), dump=archive.DUMP)
        (fresh / archive.STORE).rename(fresh / "ioc.db")
        online.check_integrity(fresh / "ioc.db")
        since = _prepare_store(context, fresh, path)
        if archive.SECRET not in manifest.members and (data / SECRET_FILE).is_file():
            shutil.copy2(data / SECRET_FILE, fresh / SECRET_FILE)
        aside = data.with_name(f"{data.name}.before-{context.clock():%Y%m%d-%H%M%S}")
        swap_directory(fresh, data, aside)
    except OSError as error:
        raise ArchiveError(BackupCode.REPLACE_FAILED, path=str(data), cause=system_failure(error)) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    if not was_there:
        shutil.rmtree(aside, ignore_errors=True)
    return _RestoreResult(manifest, aside if was_there else None, since)


def _prepare_store(context: Context, fresh: Path, path: Path) -> RestoreRevocations:
    """The store is brought to this program's tables, its trail looked through; who was signed in then is so no more.

    What was closed since then is closed again, where the store that gives way tells of it.
    """
    with closing(Store(f"sqlite:///{fresh / 'ioc.db'}")) as store:
        store.migrate()
        with store.read() as conn:
            found = rows.verify(conn)
        if found.fault:
            raise ArchiveError(BackupCode.AUDIT_LOG_BROKEN, entry=found.first_bad_id or 0, fault=found.fault)
        now, replaced = context.clock(), read_replaced_access(context.settings.data / "ioc.db")
        with store.write() as conn:
            change_counter.bump(conn, {"access", "host_health"}, now)
            sessions.end(conn, [one.id for one in sessions.list_all(conn)])
            digest = f"sha256 {archive.file_sha256(path)}"
            done = revoke_again(conn, replaced, now)
            back = f"back: {' '.join(done.reverted_accounts)}" if done.reverted_accounts else ""
            reason = "what was closed since is not known" if done.failure else back
            head = (
                rows.encode_head(done.replaced_head) if done.replaced_head else ""
            )  # numbers after the backup are given again
            entry = audit_log.NewAuditEntry(
                "", PrincipalKind.LOCAL, "backup-restored", path.name, before=head, after=digest, reason=reason
            )
            audit_log.write(conn, entry, now)
        return done


@contextmanager
def _reporting_errors(context: Context) -> Iterator[None]:
    """What went wrong is said in the reader's words; the command that it happened in goes on to its end."""
    try:
        yield
    except StoreError as error:
        sys.stderr.write(describe(error.failure, context.lang) + "\n")

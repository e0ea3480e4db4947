"""`restore`: the data directory, or a PostgreSQL database and what lies beside it, from one verified file."""

import os
import re
import shutil
from collections.abc import Collection
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from glob import escape
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy.engine import make_url

from ioc.auth import audit_log
from ioc.auth.secret_key import FILE_NAME as SECRET_FILE
from ioc.cli.backup import check_audit_log, check_secret, format_moment, report_missing, reporting_errors
from ioc.cli.context import Context
from ioc.cli.restore_revocations import (
    ComparisonFailure,
    ReplacedStore,
    RestoreRevocations,
    print_report,
    read_replaced_database,
    read_replaced_file,
    revoke_again,
)
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.durable_files import write_durably
from ioc.domain.base.sqlite_url import sqlite_url
from ioc.domain.base.stop_event import delaying_signals
from ioc.domain.base.system_errors import system_failure
from ioc.storage import evidence_files
from ioc.storage.access import sessions
from ioc.storage.access.audit_chain import encode_head
from ioc.storage.backup import archive, online, postgres_dump
from ioc.storage.backup.archive import BackupManifest
from ioc.storage.backup.atomic_swap import swap_directory
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db import change_counter
from ioc.storage.db.data_dir_lock import DATA_LOCK, SUPERVISOR_LOCK, exclusive
from ioc.storage.db.leader_lease import LOCK_SUFFIX
from ioc.storage.db.store import Store
from ioc.storage.directives import evidence

REPLACED_DATABASE = "REPLACED_DATABASE_URL"  # of the environment: with PostgreSQL the store before
_LOCK_FILES = {DATA_LOCK, SUPERVISOR_LOCK, f"ioc.db{LOCK_SUFFIX}"}


def restore(context: Context, file: str, *, overwrite: bool = False) -> int:
    """Replace the data directory by the content of `file`, once all of it is verified.

    A PostgreSQL store is restored into the database of DATABASE_URL, which must be empty; the one before stays.
    """
    path, data = Path(file).absolute(), context.settings.data
    if not _is_postgres(context) and context.settings.database_url != sqlite_url(data / "ioc.db"):
        context.print_error("restore_elsewhere")
        return 1
    context.create_data_folder()
    data = data.resolve()  # a link stays, and what it names is replaced on the disk where it is
    if _is_mount_point(data):
        context.print_error("restore_mount_point", folder=data)
        return 1
    context = replace(context, settings=replace(context.settings, data=data))
    with exclusive(data) as is_free, reporting_errors(context), ExitStack() as until_told:
        if not is_free:
            context.print_error("restore_running", folder=data)
            return 1
        if not overwrite and {path.name for path in data.iterdir()} - _LOCK_FILES:
            context.print_error("restore_full", folder=data)
            return 1
        _report(context, _replace_data(context, path, until_told))
        return 0
    return 1


def _is_mount_point(folder: Path) -> bool:
    """Also where a folder of the same disk is mounted, which Path.is_mount does not tell."""
    if not (mounts := Path("/proc/self/mountinfo")).exists():
        return folder.is_mount()
    name = re.sub(rb"[\\ \t\n]", lambda match: b"\\%03o" % match[0][0], os.fsencode(folder))
    return any(line.split(b" ")[4:5] == [name] for line in mounts.read_bytes().split(b"\n"))


def _is_postgres(context: Context) -> bool:
    return make_url(context.settings.database_url).get_backend_name() == "postgresql"


@dataclass(frozen=True, slots=True)
class _Source:
    """What is restored. `sha256`: of the file that was unpacked."""

    path: Path
    manifest: BackupManifest
    sha256: str


@dataclass(frozen=True, slots=True)
class _RestoreResult:
    manifest: BackupManifest
    replaced_folder: Path | None
    revocations: RestoreRevocations
    evidence_contents: Collection[str]


def _report(context: Context, result: _RestoreResult) -> None:
    data = context.settings.data
    context.print_message(
        "restore_made",
        folder=data,
        at=format_moment(datetime.fromisoformat(result.manifest.data_time)),
        members=len(result.manifest.members),
    )
    if result.replaced_folder:
        context.print_message("restore_aside", folder=result.replaced_folder)
    report_missing(context, "restore_evidence_missing", result.evidence_contents, result.manifest.members)
    print_report(context, result.revocations)
    if not (data / SECRET_FILE).exists():
        context.print_message("restore_secretless")


def _replace_data(context: Context, path: Path, until_told: ExitStack) -> _RestoreResult:
    """Signals that come once the folder is being exchanged are delayed to the end of `until_told`."""
    data = context.settings.data
    had_data = any(member.name not in _LOCK_FILES for member in data.iterdir())
    prefix = f".{data.name}.restoring-"
    for left in data.parent.glob(f"{escape(prefix)}*"):  # of a restore that was killed: this one has the lock
        shutil.rmtree(left, ignore_errors=True)
    restored = Path(mkdtemp(prefix=prefix, dir=data.parent))
    try:
        manifest, digest = archive.unpack(path, restored)
        source = _Source(path, manifest, digest)
        if archive.SECRET in manifest.members:
            check_secret(restored / archive.SECRET, path)
        with ExitStack() as undone_on_error:
            if _is_postgres(context):
                revocations, contents = _load_database(context, restored, source, undone_on_error)
            else:
                revocations, contents = _open_file(context, restored, source)
            evidence_files.create_folder(restored / evidence_files.FOLDER)
            if archive.SECRET not in manifest.members and (data / SECRET_FILE).is_file():
                write_durably(restored / SECRET_FILE, (data / SECRET_FILE).read_bytes())
            replaced = data.with_name(f"{data.name}.before-{context.clock():%Y%m%d-%H%M%S}")
            until_told.enter_context(delaying_signals())
            swap_directory(restored, data, replaced)
    except OSError as error:
        raise ArchiveError(BackupCode.REPLACE_FAILED, path=str(data), cause=system_failure(error)) from None
    finally:
        shutil.rmtree(restored, ignore_errors=True)
    if not had_data:
        shutil.rmtree(replaced, ignore_errors=True)
    return _RestoreResult(manifest, replaced if had_data else None, revocations, contents)


def _open_file(context: Context, restored: Path, source: _Source) -> tuple[RestoreRevocations, Collection[str]]:
    """The SQLite store of the unpacked folder `restored`, checked and prepared."""
    if archive.STORE not in source.manifest.members:
        raise ArchiveError(BackupCode.NO_SQLITE_STORE, path=str(source.path))
    (restored / archive.STORE).rename(restored / "ioc.db")
    online.check_integrity(restored / "ioc.db")
    before = read_replaced_file(context.settings.data / "ioc.db")
    with closing(Store(sqlite_url(restored / "ioc.db"))) as store:
        return _prepare_store(context, store, source, before)


def _load_database(
    context: Context, restored: Path, source: _Source, undone_on_error: ExitStack
) -> tuple[RestoreRevocations, Collection[str]]:
    """The dump of the unpacked folder, in the database; removed again where what follows fails."""
    if archive.DUMP not in source.manifest.members:
        raise ArchiveError(BackupCode.NO_POSTGRES_STORE, path=str(source.path))
    before = read_replaced_database(context.environment.get(REPLACED_DATABASE, ""))
    store = undone_on_error.enter_context(closing(context.store()))
    dump, url = restored / archive.DUMP, make_url(context.settings.database_url)
    tables = online.expected_tables(source.manifest.schema_revision)
    undone_on_error.enter_context(postgres_dump.loaded(store, url, dump, tables))
    dump.unlink()
    return _prepare_store(context, store, source, before)


def _prepare_store(
    context: Context, store: Store, source: _Source, before: ReplacedStore | ComparisonFailure
) -> tuple[RestoreRevocations, Collection[str]]:
    """Migrate the restored store, verify its audit log, end all sessions; returns also the contents that acts have.

    Revocations made after the backup are repeated, as far as the replaced store is readable.
    """
    store.migrate()
    check_audit_log(store)
    with store.read() as conn:
        contents = evidence.all_contents(conn)
    now = context.clock()
    with store.write() as conn:
        change_counter.bump(conn, {"access", "directives", "host_health"}, now)
        sessions.clear(conn)
        revocations = revoke_again(conn, before, now)
        reverted = " ".join(revocations.reverted_accounts)
        reason = "not_compared" if revocations.failure else f"reverted: {reverted}" if reverted else ""
        # Numbers of entries after the backup are used again: this entry tells where the replaced log ended.
        head = encode_head(revocations.replaced_head) if revocations.replaced_head else ""
        entry = audit_log.NewAuditEntry(
            "", PrincipalKind.SHELL, "backup-restored", source.path.name, before=head,
            after=f"sha256 {source.sha256}", reason=reason,
        )  # fmt: skip
        audit_log.write(conn, entry, now)
    return revocations, contents

"""`backup`: the whole data directory in one file, taken while the program runs; and its checks, as `restore` does."""

import sys
import tomllib
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from components.ui.error_messages import describe
from components.ui.format import format_date, format_number, format_time
from ioc.auth import audit_log
from ioc.auth.secret_key import FILE_NAME as SECRET_FILE
from ioc.auth.secret_key import SecretKeyError, validate_file
from ioc.cli.context import Context
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.sqlite_url import sqlite_url
from ioc.domain.base.stop_event import exiting_on_sigterm
from ioc.domain.base.system_errors import system_failure
from ioc.storage.access import audit_log as rows
from ioc.storage.backup import archive, online, postgres_dump
from ioc.storage.backup.archive import BackupManifest
from ioc.storage.backup.errors import ArchiveError, BackupCode
from ioc.storage.db.store import Store, StoreError
from ioc.storage.directives import evidence
from ioc.storage.timeseries import host_health

_MAX_CHECK_SECONDS = 600.0  # of the values of a backup: 100 MB take some 6 s of processor time


def backup(context: Context, file: str, *, with_secret: bool = False) -> int:
    """Write the store and all files of the data directory, as they are now, to `file`. The program may run."""
    path, data = Path(file).absolute(), context.settings.data
    if not data.is_dir():
        context.print_error("backup_nowhere", folder=data)
        return 1
    with context.using_data(), reporting_errors(context), closing(context.store()) as store, ExitStack() as at_end:
        contents = _evidence_contents(store)
        with archive.open_writer(path) as writer:
            # Of this backup: another one into `path` was refused.
            folder = at_end.enter_context(online.private_folder(path.with_name(f".{path.name}.store")))
            store_file = folder / "store"
            copy = online.copy_store(store, context.settings.database_url, store_file)
            writer.add(copy.member_name, store_file)
            for name, member in archive.member_files(data):
                writer.add(name, member)
            if with_secret:
                writer.add(archive.SECRET, data / SECRET_FILE)
            writer.finish(_manifest(context, copy))
        secret = data / SECRET_FILE if with_secret else None
        refusal = _find_refusal(path, copy, store, store_file, secret)
        members, size = archive.read_manifest(path).members, path.stat().st_size
        digest, is_refused = archive.file_sha256(path), _is_refused(refusal)
        # Before anything is printed, which fails where nobody reads it any more.
        _record_backup(context, store, path, copy, size, digest, refusal if is_refused else None)
        context.print_message(
            "backup_made",
            path=path,
            size=format_number(size / 1e6, 1),
            members=len(members),
            at=format_moment(copy.data_time),
            digest=digest,
        )
        if archive.SECRET not in members:
            context.print_message("backup_secretless")
        report_missing(context, "backup_evidence_missing", contents, members)
        _report_refusal(context, refusal, is_refused=is_refused)
        return int(is_refused)
    return 1


def _find_refusal(
    path: Path, copy: online.StoreCopy, store: Store, store_file: Path, secret: Path | None
) -> Failure | None:
    """Why `restore` would refuse the backup; None where it would not.

    Of PostgreSQL as far as its objects and its audit log tell. `store_file`: the copy that is in it; one of SQLite is
    migrated as a restored one would be.
    """
    try:
        if secret is not None and secret.is_file():
            check_secret(secret, path)
        if copy.member_name == archive.DUMP:
            return _find_refused_object(store, copy)
        online.check_integrity(store_file, _MAX_CHECK_SECONDS)
        with closing(Store(sqlite_url(store_file))) as copied:
            copied.migrate()
            check_audit_log(copied)
    except StoreError as error:
        return error.failure
    except OSError as error:
        return Failure(BackupCode.READ_FAILED, {"path": str(store_file), "cause": system_failure(error)})
    return None


def _find_refused_object(store: Store, copy: online.StoreCopy) -> Failure | None:
    try:
        postgres_dump.check_objects(store, online.expected_tables(copy.schema_revision))
        check_audit_log(store)
    except ArchiveError as error:
        return error.failure
    except StoreError as error:  # it has no answer just now, which says nothing of the backup
        return Failure(BackupCode.READ_FAILED, {"path": "PostgreSQL", "cause": error.failure})
    return None


def _is_refused(refusal: Failure | None) -> bool:
    """Whether `restore` would refuse the backup; not where that could not be found out."""
    return refusal is not None and refusal.code not in (BackupCode.CHECK_UNFINISHED, BackupCode.READ_FAILED)


def _report_refusal(context: Context, refusal: Failure | None, *, is_refused: bool) -> None:
    if refusal is not None:
        message = "backup_refused" if is_refused else "backup_unchecked"
        context.print_error(message, why=describe(refusal, context.lang))


def _evidence_contents(store: Store) -> set[str]:
    """The contents that acts have; none in the tables of an older program."""
    try:
        with store.read() as conn:
            return evidence.all_contents(conn)
    except StoreError:
        return set()


def report_missing(context: Context, message: str, contents: Collection[str], members: Collection[str]) -> None:
    """Says how many contents of evidence files are missing or damaged."""
    if count := archive.missing_evidence(contents, members):
        context.print_message(message, n=count)


def format_moment(at: datetime) -> str:
    """Time and day, as the commands print them."""
    return f"{format_time(at)} {format_date(at)}"


def _manifest(context: Context, copy: online.StoreCopy) -> BackupManifest:
    with (context.root / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    return BackupManifest(
        data_time=copy.data_time.isoformat(),
        created_at=context.clock().isoformat(),
        program_version=version,
        config_fingerprint=copy.config_fingerprint,
        schema_revision=copy.schema_revision,
        profile=context.settings.profile,
        audit_head=copy.audit_head,
    )


def _record_backup(
    context: Context, store: Store, path: Path, copy: online.StoreCopy, size: int, digest: str, refusal: Failure | None
) -> None:
    """Into the store that was copied. The tables of an older program, before its upgrade, may not take it.

    One that `restore` would refuse does not count as a backup.
    """
    now, reason = context.clock(), str(refusal.code) if refusal else ""
    try:
        with store.write() as conn:
            if refusal is None:
                host_health.record_backup(conn, copy.data_time, size, digest)
            entry = audit_log.NewAuditEntry(
                "", PrincipalKind.SHELL, "backup-created", path.name, after=f"sha256 {digest}", reason=reason,
                result=audit_log.FAILED if refusal else audit_log.DONE,
            )  # fmt: skip
            audit_log.write(conn, entry, now)
    except StoreError:
        context.print_error("backup_unnoted")


def check_secret(secret: Path, archive_file: Path) -> None:
    """ArchiveError for a secret key with which the program would not start, or whose keys could be guessed."""
    try:
        validate_file(secret, archive.SECRET)
    except SecretKeyError as error:
        raise ArchiveError(BackupCode.SECRET_UNUSABLE, path=str(archive_file), cause=error.failure) from None


def check_audit_log(store: Store) -> None:
    """ArchiveError for a broken chain of the audit log."""
    with store.read() as conn:
        verification = rows.verify(conn)
    if verification.fault:
        params: dict[str, Parameter] = {"entry": verification.first_bad_id or 0, "fault": verification.fault}
        raise ArchiveError(Failure(BackupCode.AUDIT_LOG_BROKEN, params))


@contextmanager
def reporting_errors(context: Context) -> Iterator[None]:
    """Prints a StoreError of the block; the command then returns 1. SIGTERM ends it as Ctrl-C does, cleaned up."""
    try:
        with exiting_on_sigterm():
            yield
    except StoreError as error:
        sys.stderr.write(describe(error.failure, context.lang) + "\n")

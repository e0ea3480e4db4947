"""Codes of backups, and the error that carries them."""

from ioc.domain.base.failure import ErrorCode
from ioc.storage.db.errors import StoreError


class BackupCode(ErrorCode):
    """Why a backup cannot be made, or cannot be trusted. Texts: components/messages/errors/backup.toml."""

    FILE_EXISTS = "backup.file_exists"  # path
    IN_PROGRESS = "backup.in_progress"  # path
    WRITE_FAILED = "backup.write_failed"  # path, cause: of the operating system
    NOT_A_FILE = "backup.not_a_file"  # path
    NAME_NOT_UTF8 = "backup.name_not_utf8"  # path
    READ_FAILED = "backup.read_failed"  # path, cause: of the operating system
    TRUNCATED = "backup.truncated"  # path
    NO_SPACE = "backup.no_space"  # path, needed_gb, free_gb
    NOT_A_BACKUP = "backup.not_a_backup"  # path; external: what the library says
    MANIFEST_UNREADABLE = "backup.manifest_unreadable"  # path
    OTHER_FORMAT = "backup.other_format"  # path, format
    UNEXPECTED_MEMBERS = "backup.unexpected_members"  # path
    MEMBER_DAMAGED = "backup.member_damaged"  # path, member
    STORE_MISSING = "backup.store_missing"  # path
    STORE_DAMAGED = "backup.store_damaged"  # external: what SQLite says
    FOREIGN_OBJECT = "backup.foreign_object"  # name: kind and name of what differs
    WRONG_TYPE = "backup.wrong_type"  # table, column
    UNREADABLE_VALUE = "backup.unreadable_value"  # table, column
    CHECK_UNFINISHED = "backup.check_unfinished"  # minutes
    COPY_FAILED = "backup.copy_failed"  # external: what SQLite says
    PROGRAM_MISSING = "backup.program_missing"  # program: pg_dump or pg_restore
    PROGRAM_FAILED = "backup.program_failed"  # program; external: the last line of its errors
    SECRET_UNUSABLE = "backup.secret_unusable"  # path, cause: why the secret key in it cannot be used
    NO_SQLITE_STORE = "backup.no_sqlite_store"  # path
    NO_POSTGRES_STORE = "backup.no_postgres_store"  # path
    DATABASE_NOT_EMPTY = "backup.database_not_empty"  # name
    RESTORE_IN_PROGRESS = "backup.restore_in_progress"  # name
    AUDIT_LOG_BROKEN = "backup.audit_log_broken"  # entry, fault
    REPLACE_FAILED = "backup.replace_failed"  # path, cause: of the operating system


class ArchiveError(StoreError):
    """The backup cannot be made, or cannot be trusted."""

"""Codes of the store, and the one error that it raises, whatever the database below."""

from ioc.domain.base.failure import ErrorCode, FailureError


class StoreCode(ErrorCode):
    """Why the store did not do it. Texts: components/messages/errors/store.toml."""

    DATABASE_ERROR = "store.database_error"  # external: the first line of the driver's message
    WRITE_FAILED = "store.write_failed"  # external: the first line of the driver's message
    DATA_REJECTED = "store.data_rejected"  # external: the first line of the driver's message
    BUSY = "store.busy"
    NOT_ANSWERING = "store.not_answering"
    LEADERSHIP_LOST = "store.leadership_lost"
    UNKNOWN_REVISION = "store.unknown_revision"  # external: what Alembic says
    UNIT_CHANGED = "store.unit_changed"  # series, stored, unit
    JOB_ENDED = "store.job_ended"  # key
    JOB_NOT_RUNNING = "store.job_not_running"  # job_id


class StoreError(FailureError):
    """The store could not do it. Nothing of the transaction is kept; the failure holds no secret."""


def first_line(error: BaseException) -> str:
    """The first line of a driver's message; the class of the error where it has none."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__

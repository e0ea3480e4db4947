"""Whether values of a series or KPI are stored, so that its unit may not change: they would mean something else."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, exists, or_, select, true

from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import kpi_log, open_bucket, revision, rollups, series
from ioc.storage.submissions.submissions import submission_event

# A value is in a bucket of these, for ever.
_BUCKETS = (open_bucket, *rollups.values())


def series_with_values(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those of `keys` of which a value was ever stored, or submitted, perhaps without approval yet."""
    has_values = [exists().where(table.c.series_id == series.c.id, table.c.count > 0) for table in _BUCKETS]
    # A past moment shows a value that was corrected to none.
    is_corrected = exists().where(revision.c.series_id == series.c.id, revision.c.value.is_not(None))
    stored = _keys_with(conn, series.c.key, keys, or_(*has_values, is_corrected))
    return stored | {key for key in keys if _is_submitted(conn, key)}


def kpis_with_values(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that ever had a value, at any place."""
    is_known = or_(kpi_log.c.value.is_not(None), kpi_log.c.last_value.is_not(None))
    return _keys_with(conn, kpi_log.c.key, keys, is_known)


def forms_with_submissions(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those of the obligations `keys` for which figures were submitted."""
    return _keys_with(conn, submission_event.c.obligation, keys, true())


def _keys_with(
    conn: Connection, column: ColumnElement[str], keys: Sequence[str], condition: ColumnElement[bool]
) -> set[str]:
    found: set[str] = set()
    for part in _parts(keys):
        found |= set(conn.execute(select(column).distinct().where(column.in_(part), condition)).scalars())
    return found


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + KEYS_PER_QUERY] for start in range(0, len(keys), KEYS_PER_QUERY))


def _is_submitted(conn: Connection, key: str) -> bool:
    names_it = submission_event.c.reported_values.contains(f'"{key}": ', autoescape=True)
    return conn.execute(select(submission_event.c.id).where(names_it).limit(1)).first() is not None

"""Readings that a wrong clock timed: taken out of the readings, so that no window counts them, and kept as revisions.

A clock that was ahead leaves readings that lie ahead of it once it is set back: where they lie others are timed
rightly later. Where it is set forward again it had been right at first, and they come back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, select

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.times import to_ms
from ioc.storage.clock_correction import WrongSpan
from ioc.storage.db.dialect import KEYS_PER_QUERY, bulk_write
from ioc.storage.db.schema import reading, revision, series
from ioc.storage.timeseries import revisions
from ioc.storage.timeseries.kpi_values import DERIVED_SOURCE
from ioc.storage.timeseries.rollups import RollupWriter
from ioc.storage.timeseries.writer_cache import invalidate, load_entries

_COLUMNS = ("series_id", "observed_ms", "value", "quality", "received_ms")


def withdraw(
    conn: Connection, keys: Iterable[str], after: datetime, until: datetime, now: datetime, *, with_kpis: bool
) -> bool:  # fmt: skip
    """Takes out the readings of these series observed in (after, until], which a wrong clock timed.

    `with_kpis`: those of the histories of all KPIs too. Whether there were any.
    """
    ids, known = _ids(conn, keys, with_kpis=with_kpis), min(to_ms(after), to_ms(now))  # before all of their times
    return _take_out(conn, ids, to_ms(after), to_ms(until), known)


def restore(conn: Connection, keys: Iterable[str], span: WrongSpan, now: datetime) -> None:
    """Puts back what was withdrawn for `span`, and takes out what the clock timed in it of these series and of KPIs."""
    now_ms = to_ms(now)
    # As what was logged meanwhile it is known after all that was known before the clock was set back.
    known, until = min(to_ms(span.before) + 1, now_ms), to_ms(span.end + CLOCK_TOLERANCE)
    _take_out(conn, _ids(conn, keys, with_kpis=True), to_ms(span.begin), until, now_ms, known)
    after, newest = span.revisions
    is_stored = exists().where(
        reading.c.observed_ms == revision.c.observed_ms, reading.c.series_id == revision.c.series_id
    )
    # A correction of a reading that lies ahead, too: but that is stored.
    is_ahead = and_(revision.c.observed_ms > revision.c.replaced_ms, ~is_stored)
    columns = [revision.c[name] for name in ("id", *_COLUMNS)]
    rows = conn.execute(select(*columns).where(revision.c.id > after, revision.c.id <= newest, is_ahead)).all()
    by_moment = {(row.observed_ms, row.series_id): (row.value, row.quality, row.received_ms) for row in rows}
    bulk_write(conn, reading, [(*key, *rest) for key, rest in sorted(by_moment.items())])
    for start in range(0, len(rows), KEYS_PER_QUERY):
        ids = [row.id for row in rows[start : start + KEYS_PER_QUERY]]
        conn.execute(delete(revision).where(revision.c.id.in_(ids)))
    moments = defaultdict[int, list[int]](list)
    for row in rows:
        if row.value is not None:
            moments[row.series_id].append(row.observed_ms)
    _recompute(conn, moments, now_ms)


def _ids(conn: Connection, keys: Iterable[str], *, with_kpis: bool) -> list[int]:
    wanted, rows = set(keys), conn.execute(select(series.c.id, series.c.key, series.c.source))
    return [row.id for row in rows if row.key in wanted or (with_kpis and row.source == DERIVED_SOURCE)]


def _take_out(
    conn: Connection, ids: Sequence[int], after: int, until: int, now: int, received: int | None = None
) -> bool:  # fmt: skip
    """Makes the readings of these series observed in (after, until] revisions that were replaced `now`.

    `received`: as if they had been received then. Whether there were any.
    """
    taken, moments = defaultdict[int, list[revisions.Revision]](list), defaultdict[int, list[int]](list)
    for start in range(0, len(ids), KEYS_PER_QUERY):
        of_series = reading.c.series_id.in_(ids[start : start + KEYS_PER_QUERY])
        condition = and_(reading.c.observed_ms.between(after + 1, until), of_series)
        rows = conn.execute(select(*(reading.c[name] for name in _COLUMNS)).where(condition)).all()
        for series_id, at, value, quality, received_ms in rows:
            row = (at, value, quality, received_ms if received is None else received)
            taken[series_id].append((row, now))
            if value is not None:
                moments[series_id].append(at)
        if rows:
            conn.execute(delete(reading).where(condition))
    for series_id, replaced in taken.items():
        revisions.add(conn, series_id, replaced)
    _recompute(conn, moments, now)
    return bool(taken)


def _recompute(conn: Connection, moments: Mapping[int, Sequence[int]], now: int) -> None:
    """The roll-ups of the series, by id, that contain one of these moments."""
    known = conn.execute(select(series.c.id, series.c.key, series.c.source, series.c.unit)).all()
    changed = {row.id: row for row in known if row.id in moments}
    entries = load_entries(conn, {row.key: (row.source, row.unit) for row in changed.values()})
    writer = RollupWriter(conn)
    for series_id, row in changed.items():
        writer.correct(entries[row.key], moments[series_id], now)
    invalidate(conn)

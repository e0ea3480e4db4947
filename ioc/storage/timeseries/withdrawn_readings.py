"""Readings that a clock which was ahead timed: taken out, so that no window counts them, and kept as revisions.

They lie ahead of the clock once it is set back: others are timed rightly where they lie when it shows those times.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select

from ioc.domain.base.times import to_ms
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import latest, reading, series
from ioc.storage.timeseries import revisions
from ioc.storage.timeseries.kpi_values import DERIVED_SOURCE
from ioc.storage.timeseries.rollups import RollupWriter
from ioc.storage.timeseries.writer_cache import invalidate, load_entries


def withdraw(
    conn: Connection, keys: Iterable[str], after: datetime, until: datetime, now: datetime, *, with_kpis: bool
) -> bool:  # fmt: skip
    """Takes out the readings of these series observed in (after, until]. Whether there were any.

    `with_kpis`: those of the histories of all KPIs too.
    """
    wanted, known = set(keys), conn.execute(select(series.c.id, series.c.key, series.c.source))
    ids = [row.id for row in known if row.key in wanted or (with_kpis and row.source == DERIVED_SOURCE)]
    taken, moments = defaultdict[int, list[revisions.Revision]](list), defaultdict[int, list[int]](list)
    span, now_ms = (to_ms(after) + 1, to_ms(until)), to_ms(now)
    for start in range(0, len(ids), KEYS_PER_QUERY):
        part = ids[start : start + KEYS_PER_QUERY]
        stored = and_(reading.c.observed_ms.between(*span), reading.c.series_id.in_(part))
        for at, series_id, value, quality, received in conn.execute(select(reading).where(stored)).all():
            taken[series_id].append(((at, value, quality, received), now_ms))
            if value is not None:
                moments[series_id].append(at)
        conn.execute(delete(reading).where(stored))
        conn.execute(delete(latest).where(latest.c.observed_ms.between(*span), latest.c.series_id.in_(part)))
    for series_id, replaced in taken.items():
        revisions.add(conn, series_id, replaced)
    if taken:
        _recompute(conn, moments, now_ms)
    return bool(taken)


def _recompute(conn: Connection, moments: Mapping[int, Sequence[int]], now: int) -> None:
    """The roll-ups of the series, by id, that contain one of these moments."""
    known = conn.execute(select(series.c.id, series.c.key, series.c.source, series.c.unit))
    changed = {row.id: row for row in known if row.id in moments}
    invalidate(conn)  # it may know the latest readings that were taken out
    entries = load_entries(conn, {row.key: (row.source, row.unit) for row in changed.values()})
    writer = RollupWriter(conn)
    for series_id, row in changed.items():
        writer.correct(entries[row.key], moments[series_id], now)
    invalidate(conn)

"""Readings that a clock which was ahead timed: taken out, so that no window counts them, and kept as revisions.

They lie ahead of the clock once it is set back: others are timed rightly where they lie when it shows those times.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select

from ioc.domain.base.times import to_ms
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import latest, reading, series
from ioc.storage.timeseries import revisions
from ioc.storage.timeseries.kpi_values import DERIVED_SOURCE
from ioc.storage.timeseries.rollup_math import ReadingRow
from ioc.storage.timeseries.rollups import RollupWriter
from ioc.storage.timeseries.writer_cache import invalidate, load_entries


def withdraw(
    conn: Connection, keys: Iterable[str], after: datetime, until: datetime, now: datetime, *, with_kpis: bool
) -> bool:  # fmt: skip
    """Takes out the readings of these series observed in (after, until]. Whether there were any.

    `with_kpis`: those of the histories of all KPIs too.
    """
    wanted, rows = set(keys), conn.execute(select(series.c.id, series.c.key, series.c.source, series.c.unit))
    known = {row.id: row for row in rows if row.key in wanted or (with_kpis and row.source == DERIVED_SOURCE)}
    ids, span, now_ms = list(known), (to_ms(after) + 1, to_ms(until)), to_ms(now)
    taken = defaultdict[int, list[ReadingRow]](list)
    for start in range(0, len(ids), KEYS_PER_QUERY):
        part = ids[start : start + KEYS_PER_QUERY]
        stored = and_(reading.c.observed_ms.between(*span), reading.c.series_id.in_(part))
        for at, series_id, value, quality, received in conn.execute(select(reading).where(stored)).all():
            taken[series_id].append((at, value, quality, received))
        conn.execute(delete(reading).where(stored))
        conn.execute(delete(latest).where(latest.c.observed_ms.between(*span), latest.c.series_id.in_(part)))
    if not taken:
        return False
    invalidate(conn)  # it may know the latest readings that were taken out
    entries = load_entries(conn, {known[each].key: (known[each].source, known[each].unit) for each in taken})
    writer = RollupWriter(conn)
    for series_id, replaced in taken.items():
        revisions.add(conn, series_id, [(row, now_ms) for row in replaced])
        moments = [at for at, value, *_ in replaced if value is not None]
        writer.correct(entries[known[series_id].key], moments, now_ms)
    return True

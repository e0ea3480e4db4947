"""How readings come in: sorted out against what is held, then written with latest values, revisions and roll-ups.

A reading newer than its series' newest is new without a look-up. An older one is looked up, unless its hour is empty.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from ioc.domain.base.times import to_ms
from ioc.domain.ingest.reading import Reading
from ioc.storage.db.dialect import KEYS_PER_QUERY, bulk_write
from ioc.storage.db.schema import latest, reading, revision
from ioc.storage.timeseries.rollup_math import Level, bucket_start
from ioc.storage.timeseries.rollups import RollupWriter, buckets
from ioc.storage.timeseries.writer_cache import SeriesCacheEntry, SeriesOrigin, load_entries

QUALITY = {"good": 0, "phoned": 2}  # anything else is 1, suspect
QUALITIES = ("good", "suspect", "phoned")
_HOUR_SCAN_FROM = 32  # late readings of a series from which it pays to ask which hours are empty

ReadingRow = tuple[int, float | None, int, int]  # observed, value, quality, received


class IngestResult(NamedTuple):
    """What became of the readings: `new`, the `same` as held (or older than what is kept raw), `corrected`."""

    new: int = 0
    unchanged: int = 0
    corrected: int = 0


@dataclass(slots=True)
class _IngestPlan:
    added: list[tuple[SeriesCacheEntry, list[ReadingRow]]] = field(default_factory=list)
    corrected: list[tuple[SeriesCacheEntry, list[tuple[ReadingRow, ReadingRow]]]] = field(
        default_factory=list
    )  # (earlier, now)
    unchanged: int = 0


def ingest(conn: Connection, parts: Iterable[tuple[str, Iterable[Reading], int | None]]) -> IngestResult:
    """Keeps (source, readings, received), in order of arrival; received None: each came when it was observed."""
    series: dict[str, list[ReadingRow]] = {}
    origins: dict[str, SeriesOrigin] = {}
    for source, given, received in parts:
        for one in given:
            at = to_ms(one.observed)
            row = (at, one.value, QUALITY.get(one.quality, 1), at if received is None else received)
            if one.series in series:
                series[one.series].append(row)
            else:
                series[one.series], origins[one.series] = [row], (source, one.unit)
    known = load_entries(conn, origins)
    work = _IngestPlan()
    for key, rows in series.items():
        _classify(conn, known[key], rows, work)
    return _write(conn, work)


def _classify(conn: Connection, entry: SeriesCacheEntry, rows: list[ReadingRow], plan: _IngestPlan) -> None:
    if len(rows) == 1 and rows[0][0] > entry.newest_at and rows[0][0] >= entry.raw_since:
        plan.added.append((entry, rows))  # the ordinary poll: nothing to look up, nothing to put in order
        return
    rows.sort(key=itemgetter(0))
    repeats: list[tuple[ReadingRow, ReadingRow]] = []
    if len({row[0] for row in rows}) < len(rows):
        rows = _drop_repeats(rows, repeats, plan)
    edge = bisect_right(rows, entry.newest_at, key=itemgetter(0))
    gone = bisect_right(rows, entry.raw_since - 1, key=itemgetter(0))
    late, fresh = rows[gone:edge], rows[max(gone, edge) :]
    held = _stored_rows(conn, entry, late) if late else {}
    both = [(held[row[0]], row) for row in late if row[0] in held]
    fixed = [(old, new) for old, new in both if old[1:3] != new[1:3]]
    plan.unchanged += gone + len(both) - len(fixed)
    # A source that contradicts itself in every answer is corrected once, not at every poll.
    first_seen = [pair for pair in repeats if pair[0][0] not in held and pair[0][0] >= entry.raw_since]
    plan.unchanged += len(repeats) - len(first_seen)
    fresh = [row for row in late if row[0] not in held] + fresh
    if fresh:
        plan.added.append((entry, fresh))
    if fixed or first_seen:
        plan.corrected.append((entry, fixed + first_seen))


def _drop_repeats(
    rows: list[ReadingRow], repeats: list[tuple[ReadingRow, ReadingRow]], plan: _IngestPlan
) -> list[ReadingRow]:
    """The last one of each moment, as arrival order has it; differing earlier ones become revisions."""
    kept: list[ReadingRow] = []
    for row in rows:
        if not kept or kept[-1][0] != row[0]:
            kept.append(row)
        elif kept[-1][1:3] == row[1:3]:
            plan.unchanged += 1
        else:
            repeats.append((kept[-1], row))
            kept[-1] = row
    return kept


def _stored_rows(conn: Connection, entry: SeriesCacheEntry, late: Sequence[ReadingRow]) -> dict[int, ReadingRow]:
    newest = (entry.newest_at, entry.value, entry.quality, entry.received)
    held = {entry.newest_at: newest} if late and late[-1][0] == entry.newest_at else {}
    asked = [row[0] for row in late if row[0] not in held]
    if len(asked) > _HOUR_SCAN_FROM:
        asked = _maybe_stored(conn, entry.series_id, asked)
    for start in range(0, len(asked), KEYS_PER_QUERY):
        found = conn.execute(
            select(reading.c.observed_ms, reading.c.value, reading.c.quality, reading.c.received_ms).where(
                reading.c.observed_ms.in_(asked[start : start + KEYS_PER_QUERY]), reading.c.series_id == entry.series_id
            )
        )
        held.update({row[0]: (row[0], row[1], row[2], row[3]) for row in found})
    return held


def _maybe_stored(conn: Connection, series_id: int, moments: list[int]) -> list[int]:
    low, high = bucket_start(Level.HOUR, moments[0]), moments[-1]
    hours = {one.start for one in buckets(conn, Level.HOUR, series_id, low, high)}
    nones = select(reading.c.observed_ms).where(
        reading.c.series_id == series_id, reading.c.value.is_(None), reading.c.observed_ms.between(low, high)
    )
    hours |= {bucket_start(Level.HOUR, at) for at in conn.execute(nones).scalars()}
    return [at for at in moments if bucket_start(Level.HOUR, at) in hours]


def _write(conn: Connection, plan: _IngestPlan) -> IngestResult:
    raw = [(row[0], standing.series_id, *row[1:]) for standing, rows in plan.added for row in rows]
    raw.sort()  # the table is in the order of time
    bulk_write(conn, reading, raw)
    rolling, moved = RollupWriter(conn), {}
    for standing, rows in plan.added:
        valued = [(at, value, received) for at, value, _, received in rows if value is not None]
        if valued:
            rolling.add(standing, valued)
        if _advance_latest(standing, rows[-1]):
            moved[standing.series_id] = standing
    rolling.flush()
    for standing, pairs in plan.corrected:
        _correct(conn, standing, pairs, rolling)
        for _, row in pairs:
            if _advance_latest(standing, row):
                moved[standing.series_id] = standing
    held = [(one.series_id, one.newest_at, one.value, one.quality, one.received) for one in moved.values()]
    bulk_write(conn, latest, held, "put")
    return IngestResult(len(raw), plan.unchanged, sum(len(pairs) for _, pairs in plan.corrected))


def _advance_latest(entry: SeriesCacheEntry, row: ReadingRow) -> bool:
    if row[0] < entry.newest_at:
        return False
    entry.newest_at, entry.value, entry.quality, entry.received = row
    return True


def _correct(
    conn: Connection, entry: SeriesCacheEntry, pairs: list[tuple[ReadingRow, ReadingRow]], rollup_writer: RollupWriter
) -> None:
    conn.execute(
        revision.insert(),
        [
            {
                "series_id": entry.series_id, "observed_ms": old[0], "value": old[1], "quality": old[2],
                "received_ms": old[3], "replaced_ms": new[3],
            }
            for old, new in pairs
        ],
    )  # fmt: skip
    conn.execute(
        update(reading)
        .where(and_(reading.c.observed_ms == bindparam("at"), reading.c.series_id == entry.series_id))
        .values(value=bindparam("now"), quality=bindparam("how"), received_ms=bindparam("came")),
        [{"at": row[0], "now": row[1], "how": row[2], "came": row[3]} for _, row in pairs],
    )
    rollup_writer.correct(entry, [row[0] for _, row in pairs], max(row[3] for _, row in pairs))

"""Ingests readings: compares them with the stored ones, then writes readings, latest values, revisions and roll-ups.

A reading newer than its series' newest is new without a look-up. An older one is looked up, unless its hour is empty.
One older than what is kept raw is compared with its hour.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from ioc.domain.base.times import to_ms
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Reading
from ioc.storage.db.change_counter import topic_version
from ioc.storage.db.dialect import KEYS_PER_QUERY, bulk_write
from ioc.storage.db.schema import latest, reading, series
from ioc.storage.timeseries import revisions
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Level, ReadingRow, bucket_start
from ioc.storage.timeseries.rollups import RollupWriter, buckets
from ioc.storage.timeseries.swept_readings import SweptReadings, judge_swept, write_swept
from ioc.storage.timeseries.writer_cache import SeriesCacheEntry, SeriesOrigin, load_entries

QUALITY = {"good": 0, "phoned": 2}  # anything else is 1, suspect
QUALITIES = ("good", "suspect", "phoned")
QUALITY_NAMES = defaultdict(lambda: "suspect", enumerate(QUALITIES))  # another number: a byte was damaged
_HOUR_SCAN_FROM = 32  # late readings of a series from which it pays to ask which hours are empty

Correction = tuple[ReadingRow, ReadingRow]  # previous, corrected


class IngestResult(NamedTuple):
    """How many readings were new, unchanged, corrected. `refused`: key, time in ms, value of those not stored.

    Refused are readings older than what is kept raw that differ from their hour, of which too little is known.
    """

    new: int = 0
    unchanged: int = 0
    corrected: int = 0
    refused: tuple[tuple[str, int, float | None], ...] = ()


@dataclass(slots=True)
class _IngestPlan:
    added: list[tuple[SeriesCacheEntry, list[ReadingRow]]] = field(default_factory=list)
    corrected: list[tuple[SeriesCacheEntry, list[Correction]]] = field(default_factory=list)
    confirmed: list[tuple[SeriesCacheEntry, list[ReadingRow]]] = field(default_factory=list)  # it may be the latest
    swept: list[tuple[SeriesCacheEntry, SweptReadings]] = field(default_factory=list)
    refused: list[tuple[str, int, float | None]] = field(default_factory=list)
    unchanged: int = 0
    swept_added: int = 0
    swept_corrected: int = 0


def ingest(
    conn: Connection, parts: Iterable[tuple[str, Iterable[Reading], int | None]], now: datetime | None = None
) -> IngestResult:  # fmt: skip
    """Stores (source, readings, received in ms), in order of arrival; received None: as each was observed.

    `now`: a reading that lies ahead of it is not the latest of its series.
    """
    rows_by_key: dict[str, list[ReadingRow]] = {}
    origins: dict[str, SeriesOrigin] = {}
    for source, readings, received in parts:
        for item in readings:
            at = to_ms(item.observed)
            row = (at, item.value, QUALITY.get(item.quality, 1), at if received is None else received)
            if item.series in rows_by_key:
                rows_by_key[item.series].append(row)
            else:
                rows_by_key[item.series], origins[item.series] = [row], (source, item.unit)
    entries = load_entries(conn, origins)
    plan = _IngestPlan()
    for key, rows in rows_by_key.items():
        _classify(conn, key, entries[key], rows, plan)
    return _write(conn, plan, None if now is None else to_ms(now + MAX_CLOCK_LEAD))


def ingest_hours(conn: Connection, source: str, readings: Iterable[Reading]) -> int:
    """Stores history as hours and days, without raw readings and minutes, as if a sweep had deleted them.

    Hours with readings are left unchanged. A series that has raw readings before the end of its history gets raw ones
    and minutes too. Returns how many readings were new.
    """
    items = [item for item in readings if item.value is not None]
    entries = load_entries(conn, {item.series: (source, item.unit) for item in items})
    end = max((_hour_end(to_ms(item.observed)) for item in items), default=NEVER)
    has_raw = set(conn.execute(select(reading.c.series_id).where(reading.c.observed_ms < end).distinct()).scalars())
    rows_by_key: dict[str, list[ReadingRow]] = {}
    for item in items:
        at = to_ms(item.observed)
        rows_by_key.setdefault(item.series, []).append((at, item.value, QUALITY.get(item.quality, 1), at))
    with_raw = [item for item in items if entries[item.series].series_id in has_raw]
    count = ingest(conn, [(source, with_raw, None)]).new
    rollup_writer, advanced = RollupWriter(conn), {}
    for key, rows in rows_by_key.items():
        entry = entries[key]
        if entry.series_id not in has_raw and (new_rows := _rows_of_empty_hours(conn, entry, rows)):
            count += len(new_rows)
            points = [(at, value, received) for at, value, _, received in new_rows if value is not None]
            rollup_writer.add_hours(entry, points)
            _set_horizon(conn, entry, _hour_end(new_rows[-1][0]))
            entry.stored_until = max(entry.stored_until, new_rows[-1][0])
            if _advance_latest(entry, new_rows[-1]):
                advanced[entry.series_id] = entry
    rollup_writer.flush()
    _write_latest(conn, advanced.values())
    return count


def _hour_end(at: int) -> int:
    return bucket_start(Level.HOUR, at) + WIDTH[Level.HOUR]


def _rows_of_empty_hours(conn: Connection, entry: SeriesCacheEntry, rows: list[ReadingRow]) -> list[ReadingRow]:
    """The rows, ordered by time without repeats, whose hours have no readings yet."""
    by_time = {row[0]: row for row in sorted(rows)}
    low, high = bucket_start(Level.HOUR, min(by_time)), max(by_time)
    hours = {bucket.start for bucket in buckets(conn, Level.HOUR, entry.series_id, low, high)}
    return [row for at, row in by_time.items() if bucket_start(Level.HOUR, at) not in hours]


def _set_horizon(conn: Connection, entry: SeriesCacheEntry, since: int) -> None:
    """Raw readings and minutes are kept from `since` on."""
    if since > entry.raw_since:
        entry.raw_since = since
        this_series = update(series).where(series.c.id == entry.series_id)
        conn.execute(this_series.values(raw_since_ms=since))
        conn.execute(this_series.where(series.c.minutes_since_ms < since).values(minutes_since_ms=since))


def _classify(
    conn: Connection, key: str, entry: SeriesCacheEntry, rows: list[ReadingRow], plan: _IngestPlan
) -> None:  # fmt: skip
    if len(rows) == 1 and rows[0][0] > entry.stored_until and rows[0][0] >= entry.raw_since:
        plan.added.append((entry, rows))  # the ordinary poll: nothing to look up, nothing to sort
        return
    rows.sort(key=itemgetter(0))
    repeats: list[Correction] = []
    if len({row[0] for row in rows}) < len(rows):
        rows = _drop_repeats(rows, repeats, plan)
    late_end = bisect_right(rows, entry.stored_until, key=itemgetter(0))
    swept_end = bisect_right(rows, entry.raw_since - 1, key=itemgetter(0))
    if swept_end:
        judged = judge_swept(conn, entry, rows[:swept_end])
        plan.swept.append((entry, judged))
        plan.refused += [(key, *row[:2]) for row in judged.refused]
        plan.unchanged += len(judged.unchanged)
        plan.swept_added += len(judged.added)
        plan.swept_corrected += len(judged.corrected)
    late, newer = rows[swept_end:late_end], rows[max(swept_end, late_end) :]
    stored = _stored_rows(conn, entry, late) if late else {}
    pairs = [(stored[row[0]], row) for row in late if row[0] in stored]
    corrections = [(previous, row) for previous, row in pairs if previous[1:3] != row[1:3]]
    plan.unchanged += len(pairs) - len(corrections)
    if pairs and pairs[-1][0][0] != entry.newest_at:
        plan.confirmed.append((entry, [previous for previous, _ in pairs]))
    # A source that contradicts itself in every answer is corrected once, not at every poll.
    new_repeats = [pair for pair in repeats if pair[0][0] not in stored and pair[0][0] >= entry.raw_since]
    plan.unchanged += len(repeats) - len(new_repeats)
    added = [row for row in late if row[0] not in stored] + newer
    if added:
        plan.added.append((entry, added))
    if corrections or new_repeats:
        plan.corrected.append((entry, corrections + new_repeats))


def _drop_repeats(rows: list[ReadingRow], repeats: list[Correction], plan: _IngestPlan) -> list[ReadingRow]:
    """The last row of each moment in order of arrival; differing earlier ones become revisions."""
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
    stored = {entry.newest_at: newest} if any(row[0] == entry.newest_at for row in late) else {}
    moments = [row[0] for row in late if row[0] not in stored]
    if len(moments) > _HOUR_SCAN_FROM:
        moments = _maybe_stored(conn, entry.series_id, moments)
    for start in range(0, len(moments), KEYS_PER_QUERY):
        rows = conn.execute(
            select(reading.c.observed_ms, reading.c.value, reading.c.quality, reading.c.received_ms).where(
                reading.c.observed_ms.in_(moments[start : start + KEYS_PER_QUERY]),
                reading.c.series_id == entry.series_id,
            )
        )
        stored.update({row[0]: (row[0], row[1], row[2], row[3]) for row in rows})
    return stored


def _maybe_stored(conn: Connection, series_id: int, moments: list[int]) -> list[int]:
    """The moments that lie in hours with readings."""
    low, high = bucket_start(Level.HOUR, moments[0]), moments[-1]
    hours = {bucket.start for bucket in buckets(conn, Level.HOUR, series_id, low, high)}
    without_value = select(reading.c.observed_ms).where(
        reading.c.series_id == series_id, reading.c.value.is_(None), reading.c.observed_ms.between(low, high)
    )
    hours |= {bucket_start(Level.HOUR, at) for at in conn.execute(without_value).scalars()}
    return [at for at in moments if bucket_start(Level.HOUR, at) in hours]


def _write(conn: Connection, plan: _IngestPlan, end: int | None) -> IngestResult:
    """`end`: readings after it lie ahead of the clock."""
    new_rows = [(row[0], entry.series_id, *row[1:]) for entry, rows in plan.added for row in rows]
    new_rows.sort()  # the table is ordered by time
    bulk_write(conn, reading, new_rows)
    rollup_writer = RollupWriter(conn)
    advanced = _write_swept(conn, plan, rollup_writer, end)
    for entry, rows in plan.added:
        points = [(at, value, received) for at, value, _, received in rows if value is not None]
        if points:
            rollup_writer.add(entry, points)
        entry.stored_until = max(entry.stored_until, rows[-1][0])
        if _advance_latest(entry, *rows, end=end):
            advanced[entry.series_id] = entry
    rollup_writer.flush()
    for entry, rows in plan.confirmed:
        if _advance_latest(entry, *rows, end=end):
            advanced[entry.series_id] = entry
    for entry, corrections in plan.corrected:
        _correct(conn, entry, corrections, rollup_writer)
        for _, row in corrections:
            if _advance_latest(entry, row, end=end):
                advanced[entry.series_id] = entry
    _write_latest(conn, advanced.values())
    corrected = sum(len(corrections) for _, corrections in plan.corrected)
    return IngestResult(
        plan.swept_added + len(new_rows), plan.unchanged, plan.swept_corrected + corrected, tuple(plan.refused)
    )


def _write_swept(
    conn: Connection, plan: _IngestPlan, rollup_writer: RollupWriter, end: int | None
) -> dict[int, SeriesCacheEntry]:
    """The series, by id, whose latest reading changed."""
    advanced = {}
    for entry, judged in plan.swept:
        write_swept(conn, entry, judged, rollup_writer)
        newest, accepted = (entry.newest_at, entry.value, entry.quality), judged.accepted()
        if accepted and accepted[-1][:3] != newest and _advance_latest(entry, *accepted, end=end):
            advanced[entry.series_id] = entry
    return advanced


def _write_latest(conn: Connection, entries: Iterable[SeriesCacheEntry]) -> None:
    advanced = [*entries]
    if advanced:
        version = topic_version(conn, "readings").value + 1  # whether this transaction has incremented it or will do so
        rows = [(each.series_id, each.newest_at, each.value, each.quality, each.received, version) for each in advanced]
        bulk_write(conn, latest, rows, "put")


def _advance_latest(entry: SeriesCacheEntry, *rows: ReadingRow, end: int | None = None) -> bool:
    """Takes the newest of `rows`, ordered by time, that is not after `end`; False when the entry has a newer one.

    A reading after `end`, which lies ahead of the clock, is no newer one.
    """
    row = next((row for row in reversed(rows) if end is None or row[0] <= end), None)
    if row is None or (row[0] < entry.newest_at and (end is None or entry.newest_at <= end)):
        return False
    entry.newest_at, entry.value, entry.quality, entry.received = row
    return True


def _correct(
    conn: Connection, entry: SeriesCacheEntry, corrections: list[Correction], rollup_writer: RollupWriter
) -> None:
    revisions.add(conn, entry.series_id, [(previous, corrected[3]) for previous, corrected in corrections])
    conn.execute(
        update(reading)
        .where(and_(reading.c.observed_ms == bindparam("at"), reading.c.series_id == entry.series_id))
        .values(value=bindparam("new_value"), quality=bindparam("new_quality"), received_ms=bindparam("new_received")),
        [{"at": row[0], "new_value": row[1], "new_quality": row[2], "new_received": row[3]} for _, row in corrections],
    )
    rollup_writer.correct(entry, [row[0] for _, row in corrections], max(row[3] for _, row in corrections))

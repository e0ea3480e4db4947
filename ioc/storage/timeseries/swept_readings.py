"""Readings older than the raw readings that are kept of their series, judged by its hours, which are kept for ever.

A reading that no hour may contain is new. Hours of which each reading is known can be corrected. What an hour told
before a change becomes revisions, for views of the past.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import Connection, select

from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import rollups
from ioc.storage.timeseries import revisions
from ioc.storage.timeseries.revisions import Revision
from ioc.storage.timeseries.rollup_math import (
    WIDTH,
    Bucket,
    Level,
    ReadingRow,
    bucket_start,
    is_fully_known,
    known_values,
    merge,
)
from ioc.storage.timeseries.rollups import RollupWriter
from ioc.storage.timeseries.writer_cache import SeriesCacheEntry, bucket_from_row


@dataclass(slots=True)
class SweptReadings:
    """What becomes of the readings of a series.

    `rebuilt`: of the hours that have corrections each reading that was stored, as it is now. `replaced`: what the hours
    that change told before.
    """

    added: list[ReadingRow] = field(default_factory=list)
    unchanged: list[ReadingRow] = field(default_factory=list)
    corrected: list[ReadingRow] = field(default_factory=list)
    refused: list[ReadingRow] = field(default_factory=list)
    rebuilt: list[ReadingRow] = field(default_factory=list)
    replaced: list[Revision] = field(default_factory=list)

    def accepted(self) -> list[ReadingRow]:
        """All but the refused ones, ordered by time."""
        return sorted([*self.added, *self.unchanged, *self.corrected])


def judge_swept(conn: Connection, entry: SeriesCacheEntry, rows: Sequence[ReadingRow]) -> SweptReadings:
    """Of `rows`, ordered by time without repeats, which are new, stored already, corrections, or refused."""
    judged = SweptReadings()
    hours = _stored_hours(conn, entry, {_hour(row) for row in rows})
    for start, group in groupby(rows, _hour):
        bucket, counts = hours.get(start), (len(judged.added), len(judged.corrected))
        for row in group:
            _judge(entry, bucket, row, judged)
        corrected = judged.corrected[counts[1] :]
        changes = [row for row in judged.added[counts[0] :] if row[1] is not None] + corrected
        if bucket and changes:
            stored = {at: (at, value, 0, bucket.received) for at, value in known_values(bucket).items()}
            replaced_ms = max(row[3] for row in changes)
            # An hour whose readings come one after another would leave more revisions than it has readings.
            if corrected or replaced_ms - bucket.received >= WIDTH[Level.DAY]:
                judged.replaced += [(row, replaced_ms) for row in stored.values()]
            if corrected:  # each reading of the hour is known
                judged.rebuilt += sorted((stored | {row[0]: row for row in corrected}).values())
    return judged


def _judge(entry: SeriesCacheEntry, bucket: Bucket | None, row: ReadingRow, judged: SweptReadings) -> None:
    at, value = row[:2]
    known = known_values(bucket) if bucket else {}
    if at in known:
        may_be_same, may_be_corrected = known[at] == value, bucket is not None and is_fully_known(bucket)
        (judged.unchanged if may_be_same else judged.corrected if may_be_corrected else judged.refused).append(row)
    elif value is None:  # only the latest reading may lack a value here: hours tell none
        (judged.added if at > entry.newest_at else judged.unchanged).append(row)
    elif bucket is None or is_fully_known(bucket) or not bucket.first_at < at < bucket.last_at:
        judged.added.append(row)
    else:
        (judged.unchanged if bucket.low <= value <= bucket.high else judged.refused).append(row)


def _hour(row: ReadingRow) -> int:
    return bucket_start(Level.HOUR, row[0])


def _stored_hours(conn: Connection, entry: SeriesCacheEntry, starts: set[int]) -> dict[int, Bucket]:
    """The hours that begin at `starts` and have or had readings, those in open buckets included."""
    table, ordered = rollups[Level.HOUR], sorted(starts)
    hours: dict[int, Bucket] = {}
    for n in range(0, len(ordered), KEYS_PER_QUERY):
        part = table.c.bucket_ms.in_(ordered[n : n + KEYS_PER_QUERY])
        rows = conn.execute(select(*list(table.c)[1:]).where(table.c.series_id == entry.series_id, part))
        hours.update((bucket.start, bucket) for bucket in map(bucket_from_row, rows))
    for level in (Level.HOUR, Level.MINUTE):
        bucket = entry.open_buckets.get(level)
        if bucket and (start := bucket_start(Level.HOUR, bucket.start)) in starts:
            hours[start] = merge(hours[start], bucket) if start in hours else bucket._replace(start=start)
    return hours


def write_swept(
    conn: Connection, entry: SeriesCacheEntry, judged: SweptReadings, rollup_writer: RollupWriter
) -> None:  # fmt: skip
    """Computes the corrected hours again and adds what is new to the roll-ups. Raw readings are kept of none."""
    revisions.add(conn, entry.series_id, judged.replaced)
    if judged.rebuilt:
        rollup_writer.rebuild_hours(entry, judged.rebuilt)
    points = [(at, value, received) for at, value, _, received in judged.added if value is not None]
    if points:
        rollup_writer.add(entry, points)
        rollup_writer.flush()
    if judged.added:
        entry.stored_until = max(entry.stored_until, judged.added[-1][0])

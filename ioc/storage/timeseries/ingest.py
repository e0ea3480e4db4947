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
from ioc.storage.db.dialect import many
from ioc.storage.db.schema import latest, reading, revision
from ioc.storage.timeseries.rollup_math import Level, floor
from ioc.storage.timeseries.rollups import Rolling, buckets
from ioc.storage.timeseries.writer_cache import CHUNK, Origin, Standing, standings

QUALITY = {"good": 0, "phoned": 2}  # anything else is 1, suspect
QUALITIES = ("good", "suspect", "phoned")
_FEW = 32  # late readings of a series from which it pays to ask which hours are empty

Row = tuple[int, float | None, int, int]  # observed, value, quality, received


class Kept(NamedTuple):
    """What became of the readings: `new`, the `same` as held (or older than what is kept raw), `corrected`."""

    new: int = 0
    same: int = 0
    corrected: int = 0


@dataclass(slots=True)
class _Work:
    fresh: list[tuple[Standing, list[Row]]] = field(default_factory=list)
    corrected: list[tuple[Standing, list[tuple[Row, Row]]]] = field(default_factory=list)  # (earlier, now)
    same: int = 0


def ingest(conn: Connection, parts: Iterable[tuple[str, Iterable[Reading], int | None]]) -> Kept:
    """Keeps (source, readings, received), in order of arrival; received None: each came when it was observed."""
    series: dict[str, list[Row]] = {}
    origins: dict[str, Origin] = {}
    for source, given, received in parts:
        for one in given:
            at = to_ms(one.observed)
            row = (at, one.value, QUALITY.get(one.quality, 1), at if received is None else received)
            if one.series in series:
                series[one.series].append(row)
            else:
                series[one.series], origins[one.series] = [row], (source, one.unit)
    known = standings(conn, origins)
    work = _Work()
    for key, rows in series.items():
        _sort_out(conn, known[key], rows, work)
    return _write(conn, work)


def _sort_out(conn: Connection, standing: Standing, rows: list[Row], work: _Work) -> None:
    if len(rows) == 1 and rows[0][0] > standing.newest and rows[0][0] >= standing.swept:
        work.fresh.append((standing, rows))  # the ordinary poll: nothing to look up, nothing to put in order
        return
    rows.sort(key=itemgetter(0))
    repeats: list[tuple[Row, Row]] = []
    if len({row[0] for row in rows}) < len(rows):
        rows = _without_repeats(rows, repeats, work)
    edge = bisect_right(rows, standing.newest, key=itemgetter(0))
    gone = bisect_right(rows, standing.swept - 1, key=itemgetter(0))
    late, fresh = rows[gone:edge], rows[max(gone, edge) :]
    held = _held(conn, standing, late) if late else {}
    both = [(held[row[0]], row) for row in late if row[0] in held]
    fixed = [(old, new) for old, new in both if old[1:3] != new[1:3]]
    work.same += gone + len(both) - len(fixed)
    # A source that contradicts itself in every answer is corrected once, not at every poll.
    first_seen = [pair for pair in repeats if pair[0][0] not in held and pair[0][0] >= standing.swept]
    work.same += len(repeats) - len(first_seen)
    fresh = [row for row in late if row[0] not in held] + fresh
    if fresh:
        work.fresh.append((standing, fresh))
    if fixed or first_seen:
        work.corrected.append((standing, fixed + first_seen))


def _without_repeats(rows: list[Row], repeats: list[tuple[Row, Row]], work: _Work) -> list[Row]:
    """The last one of each moment, as arrival order has it; differing earlier ones become revisions."""
    kept: list[Row] = []
    for row in rows:
        if not kept or kept[-1][0] != row[0]:
            kept.append(row)
        elif kept[-1][1:3] == row[1:3]:
            work.same += 1
        else:
            repeats.append((kept[-1], row))
            kept[-1] = row
    return kept


def _held(conn: Connection, standing: Standing, late: Sequence[Row]) -> dict[int, Row]:
    newest = (standing.newest, standing.value, standing.quality, standing.received)
    held = {standing.newest: newest} if late and late[-1][0] == standing.newest else {}
    asked = [row[0] for row in late if row[0] not in held]
    if len(asked) > _FEW:
        asked = _perhaps_held(conn, standing.id, asked)
    for start in range(0, len(asked), CHUNK):
        found = conn.execute(
            select(reading.c.observed_ms, reading.c.value, reading.c.quality, reading.c.received_ms).where(
                reading.c.observed_ms.in_(asked[start : start + CHUNK]), reading.c.series_id == standing.id
            )
        )
        held.update({row[0]: (row[0], row[1], row[2], row[3]) for row in found})
    return held


def _perhaps_held(conn: Connection, series_id: int, moments: list[int]) -> list[int]:
    low, high = floor(Level.HOUR, moments[0]), moments[-1]
    hours = {one.start for one in buckets(conn, Level.HOUR, series_id, low, high)}
    nones = select(reading.c.observed_ms).where(
        reading.c.series_id == series_id, reading.c.value.is_(None), reading.c.observed_ms.between(low, high)
    )
    hours |= {floor(Level.HOUR, at) for at in conn.execute(nones).scalars()}
    return [at for at in moments if floor(Level.HOUR, at) in hours]


def _write(conn: Connection, work: _Work) -> Kept:
    raw = [(row[0], standing.id, *row[1:]) for standing, rows in work.fresh for row in rows]
    raw.sort()  # the table is in the order of time
    many(conn, reading, raw)
    rolling, moved = Rolling(conn), {}
    for standing, rows in work.fresh:
        valued = [(at, value, received) for at, value, _, received in rows if value is not None]
        if valued:
            rolling.add(standing, valued)
        if _advance(standing, rows[-1]):
            moved[standing.id] = standing
    rolling.flush()
    for standing, pairs in work.corrected:
        _correct(conn, standing, pairs, rolling)
        for _, row in pairs:
            if _advance(standing, row):
                moved[standing.id] = standing
    held = [(one.id, one.newest, one.value, one.quality, one.received) for one in moved.values()]
    many(conn, latest, held, "put")
    return Kept(len(raw), work.same, sum(len(pairs) for _, pairs in work.corrected))


def _advance(standing: Standing, row: Row) -> bool:
    if row[0] < standing.newest:
        return False
    standing.newest, standing.value, standing.quality, standing.received = row
    return True


def _correct(conn: Connection, standing: Standing, pairs: list[tuple[Row, Row]], rolling: Rolling) -> None:
    conn.execute(
        revision.insert(),
        [
            {
                "series_id": standing.id, "observed_ms": old[0], "value": old[1], "quality": old[2],
                "received_ms": old[3], "replaced_ms": new[3],
            }
            for old, new in pairs
        ],
    )  # fmt: skip
    conn.execute(
        update(reading)
        .where(and_(reading.c.observed_ms == bindparam("at"), reading.c.series_id == standing.id))
        .values(value=bindparam("now"), quality=bindparam("how"), received_ms=bindparam("came")),
        [{"at": row[0], "now": row[1], "how": row[2], "came": row[3]} for _, row in pairs],
    )
    rolling.correct(standing, [row[0] for _, row in pairs], max(row[3] for _, row in pairs))

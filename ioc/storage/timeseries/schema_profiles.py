"""The shape that is believed of each source's answers."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from ioc.domain.ingest.schema_drift import Shape
from ioc.storage.db.dialect import put
from ioc.storage.db.schema import source_shape


def put_all(conn: Connection, shapes: Iterable[tuple[str, Shape]]) -> None:
    """Keeps the shapes of sources as they are now."""
    put(conn, source_shape, [{"source": source, "body": _text(shape)} for source, shape in shapes])


def current(conn: Connection) -> dict[str, Shape]:
    """All shapes by source."""
    return {row.source: _shape(row.body) for row in conn.execute(select(source_shape))}


def forget(conn: Connection, source: str) -> bool:
    """Believes the next answer of a source whatever it looks like; False when nothing was held."""
    return conn.execute(delete(source_shape).where(source_shape.c.source == source)).rowcount > 0


def _text(shape: Shape) -> str:
    return json.dumps(
        [sorted(shape.series), dict(shape.units), shape.count, shape.steady, shape.row, sorted(shape.valued)],
        ensure_ascii=False,
    )


def _shape(text: str) -> Shape:
    series, units, count, steady, row, *valued = json.loads(text)  # an older program kept no values
    return Shape(frozenset(series), tuple(sorted(units.items())), count, steady, row, frozenset(*valued))

"""The shape that is believed of each source's answers."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from ioc.domain.ingest.schema_drift import SchemaProfile
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import schema_profile


def save_all(conn: Connection, profiles: Iterable[tuple[str, SchemaProfile]]) -> None:
    """Keeps the shapes of sources as they are now."""
    upsert(conn, schema_profile, [{"source": source, "body": _encode(shape)} for source, shape in profiles])


def current(conn: Connection) -> dict[str, SchemaProfile]:
    """All shapes by source."""
    return {row.source: _decode(row.body) for row in conn.execute(select(schema_profile))}


def forget(conn: Connection, source: str) -> bool:
    """Believes the next answer of a source whatever it looks like; False when nothing was held."""
    return conn.execute(delete(schema_profile).where(schema_profile.c.source == source)).rowcount > 0


def _encode(shape: SchemaProfile) -> str:
    return json.dumps(
        [
            sorted(shape.series),
            dict(shape.units),
            shape.count,
            shape.stable_count,
            shape.row_fingerprint,
            sorted(shape.series_with_values),
        ],
        ensure_ascii=False,
    )


def _decode(text: str) -> SchemaProfile:
    series, units, count, steady, row, *valued = json.loads(text)  # an older program kept no values
    return SchemaProfile(frozenset(series), tuple(sorted(units.items())), count, steady, row, frozenset(*valued))

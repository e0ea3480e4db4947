"""The accepted structure of each source's answers, with which the next answer is compared."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from ioc.domain.ingest.schema_drift import SchemaProfile
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import schema_profile


def save_all(conn: Connection, profiles: Iterable[tuple[str, SchemaProfile]]) -> None:
    """Stores (source, profile), replacing earlier profiles."""
    upsert(conn, schema_profile, [{"source": source, "body": _encode(profile)} for source, profile in profiles])


def current(conn: Connection) -> dict[str, SchemaProfile]:
    """All profiles by source."""
    rows = conn.execute(select(schema_profile))
    return dict(readable("schema_profile", lambda row: (row.source, decode(row.body)), rows))


def forget(conn: Connection, source: str) -> bool:
    """Deletes a profile, so that the next answer is accepted whatever its structure; False when there is none."""
    return conn.execute(delete(schema_profile).where(schema_profile.c.source == source)).rowcount > 0


def _encode(profile: SchemaProfile) -> str:
    return json.dumps(
        {
            "series": sorted(profile.series),
            "units": dict(profile.units),
            "count": profile.count,
            "stable_count": profile.stable_count,
            "row_fingerprint": profile.row_fingerprint,
            "series_with_values": sorted(profile.series_with_values),
        },
        sort_keys=True,
    )


def decode(text: str) -> SchemaProfile:
    """The profile of a row's text."""
    body = json.loads(text)
    return SchemaProfile(
        frozenset(body["series"]), tuple(sorted(body["units"].items())), body["count"], body["stable_count"],
        body["row_fingerprint"], frozenset(body["series_with_values"]),
    )  # fmt: skip

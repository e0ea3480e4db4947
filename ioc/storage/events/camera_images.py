"""Pictures: the last one of each camera, replaced by the next and forgotten after a day."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.camera_image import KEPT, Picture
from ioc.storage.db.dialect import put
from ioc.storage.db.schema import picture


def keep(conn: Connection, source: str, given: Sequence[Picture]) -> None:
    """Replaces each camera's picture. The same bytes again are no new picture: a camera that hangs is seen to age."""
    if not given:
        return
    marks = select(picture.c.key, picture.c.digest).where(picture.c.source == source)
    held = {row.key: row.digest for row in conn.execute(marks)}
    rows = [
        {
            "source": source, "key": one.key, "taken_ms": to_ms(one.taken), "kind": one.kind,
            "digest": sha256(one.body).hexdigest(), "body": one.body,
        }
        for one in {one.key: one for one in given}.values()
    ]  # fmt: skip
    put(conn, picture, [row for row in rows if held.get(str(row["key"])) != row["digest"]])


def last(conn: Connection, source: str, key: str) -> Picture | None:
    """The picture of a camera, None when there is none."""
    row = conn.execute(select(picture).where(picture.c.source == source, picture.c.key == key)).first()
    return Picture(row.key, from_ms(row.taken_ms), row.kind, row.body) if row and row.body else None


def taken(conn: Connection, now: datetime) -> dict[str, datetime]:
    """When each picture that may still be shown was taken, by "source/key". Reads no picture."""
    found = select(picture.c.source, picture.c.key, picture.c.taken_ms).where(picture.c.taken_ms >= to_ms(now - KEPT))
    return {f"{row.source}/{row.key}": from_ms(row.taken_ms) for row in conn.execute(found)}


def forget(conn: Connection, now: datetime) -> int:
    """Empties what is too old; how many. The digest stays: the same bytes must not come back as new."""
    old = picture.c.taken_ms < to_ms(now - KEPT)
    return conn.execute(update(picture).where(old, picture.c.body != b"").values(body=b"")).rowcount

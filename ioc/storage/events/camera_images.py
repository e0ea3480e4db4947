"""Pictures: the last one of each camera, replaced by the next and forgotten after a day."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.camera_image import IMAGE_RETENTION, CameraImage
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import camera_image


def save(conn: Connection, source: str, images: Sequence[CameraImage]) -> None:
    """Replaces each camera's picture. The same bytes again are no new picture: a camera that hangs is seen to age."""
    if not images:
        return
    marks = select(camera_image.c.key, camera_image.c.digest).where(camera_image.c.source == source)
    held = {row.key: row.digest for row in conn.execute(marks)}
    rows = [
        {
            "source": source, "key": one.key, "taken_ms": to_ms(one.taken_at), "content_type": one.media_type,
            "digest": sha256(one.body).hexdigest(), "body": one.body,
        }
        for one in {one.key: one for one in images}.values()
    ]  # fmt: skip
    upsert(conn, camera_image, [row for row in rows if held.get(str(row["key"])) != row["digest"]])


def latest(conn: Connection, source: str, key: str) -> CameraImage | None:
    """The picture of a camera, None when there is none."""
    row = conn.execute(select(camera_image).where(camera_image.c.source == source, camera_image.c.key == key)).first()
    return CameraImage(row.key, from_ms(row.taken_ms), row.content_type, row.body) if row and row.body else None


def taken_times(conn: Connection, now: datetime) -> dict[str, datetime]:
    """When each picture that may still be shown was taken, by "source/key". Reads no picture."""
    found = select(camera_image.c.source, camera_image.c.key, camera_image.c.taken_ms).where(
        camera_image.c.taken_ms >= to_ms(now - IMAGE_RETENTION)
    )
    return {f"{row.source}/{row.key}": from_ms(row.taken_ms) for row in conn.execute(found)}


def expire(conn: Connection, now: datetime) -> int:
    """Empties what is too old; how many. The digest stays: the same bytes must not come back as new."""
    old = camera_image.c.taken_ms < to_ms(now - IMAGE_RETENTION)
    return conn.execute(update(camera_image).where(old, camera_image.c.body != b"").values(body=b"")).rowcount

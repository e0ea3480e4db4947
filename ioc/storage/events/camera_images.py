"""Camera images: the newest one of each camera, deleted after a day."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.camera_image import IMAGE_RETENTION, CameraImage
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import camera_image


def save(conn: Connection, source: str, images: Sequence[CameraImage]) -> None:
    """Replaces the image of each camera. The same bytes are no new image: so the age of a frozen camera shows."""
    if not images:
        return
    query = select(camera_image.c.key, camera_image.c.digest).where(camera_image.c.source == source)
    stored_digests = {row.key: row.digest for row in conn.execute(query)}
    rows = [
        {
            "source": source, "key": image.key, "taken_ms": to_ms(image.taken_at), "content_type": image.media_type,
            "digest": sha256(image.body).hexdigest(), "body": image.body,
        }
        for image in {image.key: image for image in images}.values()
    ]  # fmt: skip
    upsert(conn, camera_image, [row for row in rows if stored_digests.get(str(row["key"])) != row["digest"]])


def latest(conn: Connection, source: str, key: str) -> CameraImage | None:
    """The image of a camera; None when there is none, or when it has expired."""
    row = conn.execute(select(camera_image).where(camera_image.c.source == source, camera_image.c.key == key)).first()
    return CameraImage(row.key, from_ms(row.taken_ms), row.content_type, row.body) if row and row.body else None


def taken_times(conn: Connection, now: datetime) -> dict[str, datetime]:
    """When each image that may still be shown was taken, by "source/key". Reads no image."""
    query = select(camera_image.c.source, camera_image.c.key, camera_image.c.taken_ms).where(
        camera_image.c.taken_ms.between(to_ms(now - IMAGE_RETENTION), to_ms(now + CLOCK_TOLERANCE))
    )
    return {f"{row.source}/{row.key}": from_ms(row.taken_ms) for row in conn.execute(query)}


def expire(conn: Connection, now: datetime) -> int:
    """Empties images that are too old; returns how many. The digest stays: the same bytes must not come back as new."""
    is_old = camera_image.c.taken_ms < to_ms(now - IMAGE_RETENTION)
    return conn.execute(update(camera_image).where(is_old, camera_image.c.body != b"").values(body=b"")).rowcount

"""A camera's last picture: there is never more than one of each, for nothing is recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_IMAGE_BYTES = 512 * 1024
CONNECTION_LOST = (
    "mất kết nối"  # the word of a camera that gave no picture, as the city calls a device that is not heard
)
IMAGE_RETENTION = timedelta(days=1)  # a picture that is older shows nothing of the city any more
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


@dataclass(frozen=True, slots=True)
class CameraImage:
    """`key`: of the event that the camera is. `taken`: when we asked for it. `kind`: image/jpeg or image/png."""

    key: str
    taken_at: datetime
    media_type: str
    body: bytes


def detect_media_type(body: bytes) -> str:
    """The kind of picture that `body` is, by its first bytes. ValueError says why it is none that may be kept."""
    if not body:
        raise ValueError("the picture is empty")
    if len(body) > MAX_IMAGE_BYTES:
        raise ValueError(f"the picture is larger than {MAX_IMAGE_BYTES // 1024} KiB")
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            return kind
    raise ValueError("this is neither JPEG nor PNG")

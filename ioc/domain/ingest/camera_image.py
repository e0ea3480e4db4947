"""The last image of a camera. Only one is kept of each camera: nothing is recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.parsing import ParseError

MAX_IMAGE_BYTES = 512 * 1024
CONNECTION_LOST = "mất kết nối"  # status of a camera without an image, in the city's words
IMAGE_RETENTION = timedelta(days=1)
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class CameraImageCode(ErrorCode):
    """Why a body is no image that may be kept. Texts: components/messages/errors/camera_image.toml."""

    EMPTY = "camera_image.empty"
    TOO_LARGE = "camera_image.too_large"  # kibibytes: the limit
    NOT_AN_IMAGE = "camera_image.not_an_image"


@dataclass(frozen=True, slots=True)
class CameraImage:
    """`key`: of the camera's event. `taken_at`: by the age that its server states, else when it was requested.

    `media_type`: image/jpeg or image/png.
    """

    key: str
    taken_at: datetime
    media_type: str
    body: bytes


def detect_media_type(body: bytes) -> str:
    """The media type of `body` by its first bytes. Raises ParseError when it is empty, too large or no JPEG or PNG."""
    if not body:
        raise ParseError(CameraImageCode.EMPTY)
    if len(body) > MAX_IMAGE_BYTES:
        raise ParseError(CameraImageCode.TOO_LARGE, kibibytes=MAX_IMAGE_BYTES // 1024)
    for magic, media_type in _MAGIC:
        if body.startswith(magic):
            return media_type
    raise ParseError(CameraImageCode.NOT_AN_IMAGE)

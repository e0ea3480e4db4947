"""GET /hinh/<source>/<key>: the last picture of a camera, as the poller fetched it."""

from email.utils import format_datetime

from flask import Blueprint, Response

from ioc.domain.access.permissions import Action
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.times import Clock
from ioc.domain.ingest.camera_image import IMAGE_RETENTION
from ioc.storage.db.store import Store
from ioc.storage.events import camera_images
from ioc.web.cameras.errors import with_camera_headers
from ioc.web.errors.codes import CameraStreamCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authorization import requires

PREFIX = "/hinh"


def blueprint(store: Store, clock: Clock) -> Blueprint:
    """The route over the pictures of `store`; a picture older than IMAGE_RETENTION is not shown."""
    snapshots = Blueprint("camera_snapshots", __name__, url_prefix=PREFIX)

    @snapshots.get("/<source>/<path:key>")
    @requires(Action.VIEW)
    def snapshot(source: str, key: str) -> Response:
        with store.read() as conn:
            image = camera_images.latest(conn, source, key)
        if image is None or not is_within(IMAGE_RETENTION, image.taken_at, clock(), CLOCK_TOLERANCE):
            raise RequestError(CameraStreamCode.SNAPSHOT_NOT_FOUND)
        response = Response(image.body, mimetype=image.media_type)
        response.headers["Last-Modified"] = format_datetime(image.taken_at, usegmt=True)
        return response

    snapshots.after_request(with_camera_headers)
    return snapshots

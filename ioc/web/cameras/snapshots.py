"""GET /hinh/<source>/<key>: the last picture of a camera, as the poller fetched it."""

from email.utils import format_datetime

from flask import Blueprint, Response

from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock
from ioc.domain.ingest.camera_image import IMAGE_RETENTION
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import camera_images
from ioc.web.cameras.errors import CameraStreamCode, error_response, with_camera_headers
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
        if image is None or clock() - image.taken_at > IMAGE_RETENTION:
            return error_response(404, Failure(CameraStreamCode.SNAPSHOT_NOT_FOUND))
        response = Response(image.body, mimetype=image.media_type)
        response.headers["Last-Modified"] = format_datetime(image.taken_at, usegmt=True)
        return with_camera_headers(response)

    @snapshots.errorhandler(StoreError)
    def store_unavailable(error: StoreError) -> Response:
        return error_response(503, Failure(CameraStreamCode.STORE_UNAVAILABLE))

    return snapshots

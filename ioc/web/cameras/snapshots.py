"""GET /hinh/<source>/<key>: a camera's last picture. Screens never reach the camera, only what the poller took."""

from email.utils import format_datetime

from flask import Blueprint, Response

from ioc.auth.permissions import Action
from ioc.domain.base.times import Clock
from ioc.domain.ingest.camera_image import IMAGE_RETENTION
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import camera_images
from ioc.web.cameras.headers import with_camera_headers
from ioc.web.errors.json_errors import bilingual, json_error
from ioc.web.middleware.authorization import requires

PREFIX = "/hinh"


def blueprint(store: Store, clock: Clock) -> Blueprint:
    """The pictures in `store`."""
    served = Blueprint("pictures", __name__, url_prefix=PREFIX)

    @served.get("/<source>/<path:key>")
    @requires(Action.VIEW)
    def picture(source: str, key: str) -> Response:
        with store.read() as conn:
            found = camera_images.latest(conn, source, key)
        if found is None or clock() - found.taken_at > IMAGE_RETENTION:
            return with_camera_headers(json_error(404, "not_found", bilingual("camera.no_picture_here")))
        made = Response(found.body, mimetype=found.media_type)
        made.headers["Last-Modified"] = format_datetime(found.taken_at, usegmt=True)
        return with_camera_headers(made)

    @served.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        return with_camera_headers(json_error(503, "away", bilingual("api.unavailable")))

    return served

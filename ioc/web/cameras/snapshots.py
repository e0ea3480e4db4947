"""GET /hinh/<source>/<key>: a camera's last picture. Screens never reach the camera, only what the poller took."""

from email.utils import format_datetime

from flask import Blueprint, Response

from ioc.auth.permissions import Action
from ioc.domain.base.times import Clock
from ioc.domain.ingest.camera_image import KEPT
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import camera_images
from ioc.web.cameras.headers import closed
from ioc.web.errors.json_errors import answer, both
from ioc.web.middleware.authorization import names

PREFIX = "/hinh"


def blueprint(store: Store, clock: Clock) -> Blueprint:
    """The pictures in `store`."""
    served = Blueprint("pictures", __name__, url_prefix=PREFIX)

    @served.get("/<source>/<path:key>")
    @names(Action.VIEW)
    def picture(source: str, key: str) -> Response:
        with store.read() as conn:
            found = camera_images.last(conn, source, key)
        if found is None or clock() - found.taken > KEPT:
            return closed(answer(404, "not_found", both("camera.no_picture_here")))
        made = Response(found.body, mimetype=found.kind)
        made.headers["Last-Modified"] = format_datetime(found.taken, usegmt=True)
        return closed(made)

    @served.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        return closed(answer(503, "away", both("api.unavailable")))

    return served

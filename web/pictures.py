"""GET /hinh/<source>/<key>: a camera's last picture. Screens never reach the camera, only what the poller took."""

from email.utils import format_datetime

from flask import Blueprint, Response

from domain.picture import KEPT
from domain.times import Clock
from security.permission import Action
from storage import pictures
from storage.store import Store, StoreError
from web.access import names
from web.closed import closed
from web.sentences import answer, both

PREFIX = "/hinh"


def blueprint(store: Store, clock: Clock) -> Blueprint:
    """The pictures in `store`."""
    served = Blueprint("pictures", __name__, url_prefix=PREFIX)

    @served.get("/<source>/<path:key>")
    @names(Action.VIEW)
    def picture(source: str, key: str) -> Response:
        with store.read() as conn:
            found = pictures.last(conn, source, key)
        if found is None or clock() - found.taken > KEPT:
            return closed(answer(404, "not_found", both("camera.no_picture_here")))
        made = Response(found.body, mimetype=found.kind)
        made.headers["Last-Modified"] = format_datetime(found.taken, usegmt=True)
        return closed(made)

    @served.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        return closed(answer(503, "away", both("api.unavailable")))

    return served

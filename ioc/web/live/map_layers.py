"""The map's geometry: each layer under an address that names its content, so that a screen fetches it once."""

from flask import Blueprint, Response, abort

from ioc.auth.permissions import Action
from ioc.domain.geo.map_layers import MapLayers
from ioc.web.middleware.authorization import requires

PREFIX = "/geo/"


def blueprint(layers: MapLayers) -> Blueprint:
    """GET /geo/<name>.v1m<hash>.geojson, never to be asked for again. `ioc.web.server.static` compresses it ahead."""
    bodies = {one.href.removeprefix(PREFIX): one.body for one in layers.layers}
    made = Blueprint("geo", __name__)

    @made.get(f"{PREFIX}<name>")
    @requires(Action.VIEW)
    def layer(name: str) -> Response:
        body = bodies.get(name)
        if body is None:
            abort(404)
        answer = Response(body, mimetype="application/geo+json")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer

    return made

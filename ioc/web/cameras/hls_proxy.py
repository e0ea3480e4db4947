"""GET /hinh/<source>/<key>/hls/index.m3u8: a camera's stream, passed on as it comes; nothing is kept or recorded.

A screen never reaches the camera, and sees neither its address nor its key: a playlist's lines lead to our own route,
in which the true address is sealed. So nothing can be asked of a camera but what its own playlist names.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

from flask import Blueprint, Response, request

from ioc.auth.permissions import Action
from ioc.crypto.sealed_url import Seal
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import events
from ioc.web.cameras import upstream
from ioc.web.cameras.headers import closed
from ioc.web.cameras.playlists import is_playlist, led
from ioc.web.cameras.quotas import Full, Viewers
from ioc.web.cameras.snapshots import PREFIX
from ioc.web.cameras.upstream import Camera, Unreachable, Way
from ioc.web.errors.json_errors import answer, both
from ioc.web.middleware.authorization import names

FIRST = "index.m3u8"
_PLAYLIST = "application/vnd.apple.mpegurl"
_SPAN = re.compile(r"bytes=\d{1,12}-\d{0,12}", re.ASCII)
_ENDING = re.compile(r"\.[a-z0-9]{1,5}", re.ASCII)
_SECRET = re.compile(r"\$\{(\w+)\}")


class Cameras:
    """Which stream belongs to which camera: as the row says, else as the list told it."""

    def __init__(self, sources: Iterable[Source], environment: Mapping[str, str], store: Store) -> None:
        self._sources = {one.key: one for one in sources if one.protocol == "cameras" and one.enabled}
        self._environment, self._store = environment, store

    def find(self, source: str, key: str) -> Camera | None:
        """None where there is no such stream."""
        row = self._sources.get(source)
        address = self._address(row, key) if row else ""
        if row is None or not address:
            return None
        headers = {name: self._revealed(text) for name, text in row.options.get("headers", {}).items()}
        home = self._revealed(row.address)
        return Camera(urljoin(home, address), home, row.hosts, row.private, headers)

    def _address(self, row: Source, key: str) -> str:
        """Only what the row itself says may name a secret: a list could ask for any of them."""
        listed = row.options.get("cameras", ())
        if listed:
            return self._revealed(next((str(one.get("hls", "")) for one in listed if one.get("key") == key), ""))
        with self._store.read() as conn:
            told = events.last(conn, row.key, key)
        return told.facts.get("hls", "") if told else ""

    def _revealed(self, text: str) -> str:
        return _SECRET.sub(lambda found: self._environment.get(found[1], ""), text)


def blueprint(cameras: Cameras, seal: Seal, viewers: Viewers, way: Way | None = None) -> Blueprint:
    """The way in to the streams of `cameras`."""
    served, out = Blueprint("streams", __name__, url_prefix=PREFIX), way or Way()

    @served.get("/<source>/<path:key>/hls/<name>")
    @names(Action.VIEW)
    def stream(source: str, key: str, name: str) -> Response:
        camera = cameras.find(source, key)
        if camera is None:
            return _told(404, "no_stream")
        try:
            address = camera.address if name == FIRST else seal.open(name.partition(".")[0], source, key)
        except ValueError:
            return _told(404, "no_stream")
        with viewers.asking(f"{source}/{key}", _viewer()):
            body, came_from, span = upstream.asked(camera, address, _asked_span(name), out)
        viewers.brought(len(body))
        if is_playlist(body):
            return _playlist(body, came_from, lambda found: _sealed(found, camera, seal, source, key))
        return _part(body, span, name)

    @served.errorhandler(Unreachable)
    @served.errorhandler(StoreError)
    def lost(error: Exception) -> Response:
        return _told(502 if isinstance(error, Unreachable) else 503, "live_lost", str(error))

    @served.errorhandler(Full)
    def full(error: Full) -> Response:
        made = _told(error.status, "live_full", error.reason)
        made.headers["Retry-After"] = "5"
        return made

    return served


def _viewer() -> str:
    return f"{request.remote_addr} {request.user_agent.string[:200]}"


def _asked_span(name: str) -> str:
    span = request.headers.get("Range", "")
    return span if name != FIRST and _SPAN.fullmatch(span) and span != "bytes=0-" else ""


def _sealed(address: str, camera: Camera, seal: Seal, source: str, key: str) -> str:
    """What the browser asks instead of `address`: beside the playlist, with the ending by which players go."""
    if not camera.admits(address):
        raise ValueError("the playlist leads to a host that is not of this source")
    ending = _ENDING.fullmatch(PurePosixPath(urlsplit(address).path).suffix.lower())
    return seal.close(address, source, key) + (ending[0] if ending else "")


def _playlist(body: bytes, address: str, lead: Callable[[str], str]) -> Response:
    try:
        text = led(body, address, lead)
    except ValueError as error:
        raise Unreachable(str(error)) from None
    return closed(Response(text, mimetype=_PLAYLIST))


def _part(body: bytes, span: str, name: str) -> Response:
    if name == FIRST or body.lstrip()[:1] == b"<":
        raise Unreachable("it sends something else than a stream")
    made = Response(body, 206 if span else 200, mimetype=_kind(body))
    if span:
        made.headers["Content-Range"] = span[:80]
    return closed(made)


def _kind(body: bytes) -> str:
    """By the first bytes: what the camera claims is not believed."""
    if body[4:8] in (b"ftyp", b"styp", b"moof", b"moov", b"sidx"):
        return "video/mp4"
    return "video/mp2t" if body[:1] == b"G" else "text/vtt" if body[:6] == b"WEBVTT" else "application/octet-stream"


def _told(status: int, key: str, reason: str = "") -> Response:
    more = {"reason": reason} if reason else {}
    return closed(answer(status, key, both(f"camera.{key}"), **more))

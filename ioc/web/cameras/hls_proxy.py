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
from ioc.crypto.sealed_url import UrlCipher
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import events
from ioc.web.cameras import upstream
from ioc.web.cameras.headers import with_camera_headers
from ioc.web.cameras.playlists import is_playlist, rewrite_playlist
from ioc.web.cameras.quotas import StreamQuotaError, StreamQuotas
from ioc.web.cameras.snapshots import PREFIX
from ioc.web.cameras.upstream import CameraStream, OutboundTransport, UpstreamError
from ioc.web.errors.json_errors import bilingual, json_error
from ioc.web.middleware.authorization import requires

ENTRY_PLAYLIST = "index.m3u8"
_PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
_RANGE = re.compile(r"bytes=\d{1,12}-\d{0,12}", re.ASCII)
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}", re.ASCII)
_ENV_REFERENCE = re.compile(r"\$\{(\w+)\}")


class CameraStreams:
    """Which stream belongs to which camera: as the row says, else as the list told it."""

    def __init__(self, sources: Iterable[Source], environment: Mapping[str, str], store: Store) -> None:
        self._sources = {one.key: one for one in sources if one.protocol == "cameras" and one.is_enabled}
        self._environment, self._store = environment, store

    def find(self, source: str, key: str) -> CameraStream | None:
        """None where there is no such stream."""
        row = self._sources.get(source)
        address = self._stream_address(row, key) if row else ""
        if row is None or not address:
            return None
        headers = {name: self._expand_secrets(text) for name, text in row.options.get("headers", {}).items()}
        home = self._expand_secrets(row.address)
        return CameraStream(urljoin(home, address), home, row.allowed_hosts, row.may_be_private, headers)

    def _stream_address(self, row: Source, key: str) -> str:
        """Only what the row itself says may name a secret: a list could ask for any of them."""
        listed = row.options.get("cameras", ())
        if listed:
            return self._expand_secrets(next((str(one.get("hls", "")) for one in listed if one.get("key") == key), ""))
        with self._store.read() as conn:
            told = events.latest(conn, row.key, key)
        return told.facts.get("hls", "") if told else ""

    def _expand_secrets(self, text: str) -> str:
        return _ENV_REFERENCE.sub(lambda found: self._environment.get(found[1], ""), text)


def blueprint(
    cameras: CameraStreams, url_cipher: UrlCipher, quotas: StreamQuotas, transport: OutboundTransport | None = None
) -> Blueprint:
    """The way in to the streams of `cameras`."""
    served, out = Blueprint("streams", __name__, url_prefix=PREFIX), transport or OutboundTransport()

    @served.get("/<source>/<path:key>/hls/<name>")
    @requires(Action.VIEW)
    def stream(source: str, key: str, name: str) -> Response:
        camera = cameras.find(source, key)
        if camera is None:
            return _error_response(404, "no_stream")
        try:
            address = (
                camera.address if name == ENTRY_PLAYLIST else url_cipher.decrypt(name.partition(".")[0], source, key)
            )
        except ValueError:
            return _error_response(404, "no_stream")
        with quotas.request_slot(f"{source}/{key}", _viewer_id()):
            body, came_from, span = upstream.fetch(camera, address, _requested_range(name), out)
        quotas.count_bytes(len(body))
        if is_playlist(body):
            return _playlist_response(
                body, came_from, lambda found: _proxied_url(found, camera, url_cipher, source, key)
            )
        return _segment_response(body, span, name)

    @served.errorhandler(UpstreamError)
    @served.errorhandler(StoreError)
    def lost(error: Exception) -> Response:
        return _error_response(502 if isinstance(error, UpstreamError) else 503, "live_lost", str(error))

    @served.errorhandler(StreamQuotaError)
    def full(error: StreamQuotaError) -> Response:
        made = _error_response(error.status, "live_full", error.reason)
        made.headers["Retry-After"] = "5"
        return made

    return served


def _viewer_id() -> str:
    return f"{request.remote_addr} {request.user_agent.string[:200]}"


def _requested_range(name: str) -> str:
    span = request.headers.get("Range", "")
    return span if name != ENTRY_PLAYLIST and _RANGE.fullmatch(span) and span != "bytes=0-" else ""


def _proxied_url(address: str, camera: CameraStream, url_cipher: UrlCipher, source: str, key: str) -> str:
    """What the browser asks instead of `address`: beside the playlist, with the ending by which players go."""
    if not camera.may_reach(address):
        raise ValueError("the playlist leads to a host that is not of this source")
    ending = _SUFFIX.fullmatch(PurePosixPath(urlsplit(address).path).suffix.lower())
    return url_cipher.encrypt(address, source, key) + (ending[0] if ending else "")


def _playlist_response(body: bytes, address: str, rewrite_url: Callable[[str], str]) -> Response:
    try:
        text = rewrite_playlist(body, address, rewrite_url)
    except ValueError as error:
        raise UpstreamError(str(error)) from None
    return with_camera_headers(Response(text, mimetype=_PLAYLIST_TYPE))


def _segment_response(body: bytes, span: str, name: str) -> Response:
    if name == ENTRY_PLAYLIST or body.lstrip()[:1] == b"<":
        raise UpstreamError("it sends something else than a stream")
    made = Response(body, 206 if span else 200, mimetype=_content_type(body))
    if span:
        made.headers["Content-Range"] = span[:80]
    return with_camera_headers(made)


def _content_type(body: bytes) -> str:
    """By the first bytes: what the camera claims is not believed."""
    if body[4:8] in (b"ftyp", b"styp", b"moof", b"moov", b"sidx"):
        return "video/mp4"
    return "video/mp2t" if body[:1] == b"G" else "text/vtt" if body[:6] == b"WEBVTT" else "application/octet-stream"


def _error_response(status: int, key: str, reason: str = "") -> Response:
    more = {"reason": reason} if reason else {}
    return with_camera_headers(json_error(status, key, bilingual(f"camera.{key}"), **more))

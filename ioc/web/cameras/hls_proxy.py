"""GET /hinh/<source>/<key>/hls/index.m3u8: proxy of a camera's HLS stream; nothing is stored or recorded.

A browser never reaches the camera, and sees neither its address nor its key: the addresses of a playlist are rewritten
to our own route, which carries the true address encrypted. So only what the camera's own playlist names can be
requested.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

from flask import Blueprint, Response, request

from ioc.crypto.sealed_url import UrlCipher
from ioc.domain.access.permissions import Action
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.web.cameras.camera_stream import CameraStream, OutboundTransport
from ioc.web.cameras.errors import UpstreamError, with_camera_headers
from ioc.web.cameras.playlists import is_playlist, rewrite_playlist
from ioc.web.cameras.quotas import StreamQuotas
from ioc.web.cameras.snapshots import PREFIX
from ioc.web.errors.codes import CameraStreamCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authentication import principal_of
from ioc.web.middleware.authorization import requires
from ioc.web.middleware.rate_limit import work_owner

ENTRY_PLAYLIST = "index.m3u8"
_PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
_RANGE = re.compile(r"bytes=\d{1,12}-\d{0,12}", re.ASCII)
_CONTENT_RANGE = re.compile(r"bytes [0-9]{1,18}-[0-9]{1,18}/(?:[0-9]{1,18}|\*)")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}", re.ASCII)
_ENV_REFERENCE = re.compile(r"\$\{(\w+)\}")


class CameraStreams:
    """The streams of all enabled camera sources: named in the row, or in the camera list that the source sent.

    `environment`: values of the ${NAME} references of rows.
    """

    def __init__(self, sources: Iterable[Source], environment: Mapping[str, str], store: Store) -> None:
        self._sources = {source.key: source for source in sources if source.protocol == "cameras" and source.is_enabled}
        self._environment, self._store = environment, store

    def find(self, source: str, key: str) -> CameraStream | None:
        """The stream of camera `key`, None for an unknown one. StoreError."""
        row = self._sources.get(source)
        address = self._stream_address(row, key) if row else ""
        if row is None or not address:
            return None
        headers = {name: self._expand_secrets(text) for name, text in row.options.get("headers", {}).items()}
        source_address = self._expand_secrets(row.address)
        return CameraStream(
            urljoin(source_address, address), source_address, row.allowed_hosts, row.may_be_private, headers
        )

    def _stream_address(self, row: Source, key: str) -> str:
        """References are expanded in the row alone: a list from outside could name any secret."""
        cameras = row.options.get("cameras", ())
        if cameras:
            addresses = (str(camera.get("hls", "")) for camera in cameras if camera.get("key") == key)
            return self._expand_secrets(next(addresses, ""))
        with self._store.read() as conn:
            event = events.latest(conn, row.key, key)
        return event.facts.get("hls", "") if event else ""

    def _expand_secrets(self, text: str) -> str:
        return _ENV_REFERENCE.sub(lambda match: self._environment.get(match[1], ""), text)


def blueprint(
    cameras: CameraStreams, url_cipher: UrlCipher, quotas: StreamQuotas, transport: OutboundTransport | None = None
) -> Blueprint:
    """The route to the streams of `cameras`. `url_cipher`: encrypts the addresses of playlists."""
    streams, transport = Blueprint("camera_streams", __name__, url_prefix=PREFIX), transport or OutboundTransport()

    @streams.get("/<source>/<path:key>/hls/<name>")
    @requires(Action.VIEW)
    def stream(source: str, key: str, name: str) -> Response:
        from ioc.web.cameras import upstream  # at the first stream: requests takes 4 MB

        camera = cameras.find(source, key)
        if camera is None:
            raise RequestError(CameraStreamCode.STREAM_NOT_FOUND)
        try:
            address = (
                camera.address if name == ENTRY_PLAYLIST else url_cipher.decrypt(name.partition(".")[0], source, key)
            )
        except ValueError:
            raise RequestError(CameraStreamCode.STREAM_NOT_FOUND) from None
        viewer = work_owner(principal_of(request.environ))
        with quotas.request_slot(f"{source}/{key}", viewer):
            body, final_address, content_range = upstream.fetch(camera, address, _requested_range(name), transport)
        quotas.count_bytes(viewer, len(body))
        if is_playlist(body):
            return _playlist_response(
                body, final_address, lambda url: _proxied_url(url, camera, url_cipher, source, key)
            )
        return _segment_response(body, content_range, name)

    streams.after_request(with_camera_headers)
    return streams


def _requested_range(name: str) -> str:
    header = request.headers.get("Range", "")
    return header if name != ENTRY_PLAYLIST and _RANGE.fullmatch(header) and header != "bytes=0-" else ""


def _proxied_url(url: str, camera: CameraStream, url_cipher: UrlCipher, source: str, key: str) -> str:
    """What the browser requests instead of `url`: relative to the playlist, with the suffix that players go by."""
    if not camera.may_reach(url):
        raise UpstreamError(CameraStreamCode.HOST_NOT_ALLOWED)
    suffix = _SUFFIX.fullmatch(PurePosixPath(urlsplit(url).path).suffix.lower())
    return url_cipher.encrypt(url, source, key) + (suffix[0] if suffix else "")


def _playlist_response(body: bytes, address: str, rewrite_url: Callable[[str], str]) -> Response:
    return Response(rewrite_playlist(body, address, rewrite_url), mimetype=_PLAYLIST_TYPE)


def _segment_response(body: bytes, content_range: str, name: str) -> Response:
    if name == ENTRY_PLAYLIST or body.lstrip()[:1] == b"<":
        raise UpstreamError(CameraStreamCode.NOT_A_STREAM)
    if content_range and not _CONTENT_RANGE.fullmatch(content_range):
        raise UpstreamError(CameraStreamCode.NOT_A_STREAM)
    response = Response(body, 206 if content_range else 200, mimetype=_content_type(body))
    if content_range:
        response.headers["Content-Range"] = content_range
    return response


def _content_type(body: bytes) -> str:
    """By the first bytes: the camera's Content-Type is not trusted."""
    if body[4:8] in (b"ftyp", b"styp", b"moof", b"moov", b"sidx"):
        return "video/mp4"
    return "video/mp2t" if body[:1] == b"G" else "text/vtt" if body[:6] == b"WEBVTT" else "application/octet-stream"

"""Rewrites a camera's HLS playlist (RFC 8216), so that every address in it leads to our own route. Without I/O."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

from ioc.web.cameras.errors import UpstreamError
from ioc.web.errors.codes import CameraStreamCode

# An absolute address -> what the browser requests instead; UpstreamError when the address is not allowed.
RewriteUrl = Callable[[str], str]
MAX_LINES = 5_000
_MAX_BYTES = 1_048_576
MAX_URL_LENGTH = 1_500
MAX_LINE_LENGTH = 4_000
_MAX_URIS = 2  # in a tag; those of RFC 8216 have one
_URI = re.compile(r'(?<![A-Z0-9-])([A-Z0-9-]*URI)="([^"]*)"')
# Low-latency tags would multiply a player's requests; content steering and the like would lead it elsewhere.
# Outside of these, what a player may take for an address, or for the end of a line.
_OTHER_ADDRESS = re.compile(r"uri\s*=|://|[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", re.IGNORECASE)
_DROPPED_TAGS = (
    "#EXT-X-PART:", "#EXT-X-PART-INF", "#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-SERVER-CONTROL",
    "#EXT-X-CONTENT-STEERING", "#EXT-X-DATERANGE", "#EXT-X-SESSION-DATA",
)  # fmt: skip
_UNSUPPORTED_TAGS = ("#EXT-X-DEFINE", "#EXT-X-SKIP")


def is_playlist(body: bytes) -> bool:
    """Whether `body` is an HLS playlist, whatever its name or content type."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:7] == b"#EXTM3U"


def rewrite_playlist(body: bytes, address: str, rewrite_url: RewriteUrl) -> str:
    """The playlist of `address` with all addresses rewritten. UpstreamError when it is invalid or leads elsewhere."""
    if (
        len(body) > _MAX_BYTES or body.count(b"\n") >= MAX_LINES
    ):  # before it is split, which keeps other threads waiting
        raise UpstreamError(CameraStreamCode.PLAYLIST_TOO_LONG, lines=MAX_LINES)
    try:
        lines = body.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise UpstreamError(CameraStreamCode.PLAYLIST_NOT_TEXT) from None
    if any(len(line) > MAX_LINE_LENGTH for line in lines):
        raise UpstreamError(CameraStreamCode.PLAYLIST_LINE_TOO_LONG, characters=MAX_LINE_LENGTH)
    rewritten = (_rewrite_line(line.strip(), address, rewrite_url) for line in lines)
    return "\n".join([*(line for line in rewritten if line), ""])


def _rewrite_line(line: str, address: str, rewrite_url: RewriteUrl) -> str:
    """The line with its addresses rewritten; "" for one that is left out."""
    if line.startswith(_UNSUPPORTED_TAGS):
        raise UpstreamError(CameraStreamCode.PLAYLIST_UNSUPPORTED)
    if not line or line.startswith(_DROPPED_TAGS):
        return ""
    if not line.startswith("#"):
        return rewrite_url(_absolute_url(line, address))
    if not line.startswith("#EXT"):
        return ""
    if len(_URI.findall(line)) > _MAX_URIS or _OTHER_ADDRESS.search(_URI.sub("", line)):
        raise UpstreamError(CameraStreamCode.PLAYLIST_UNSUPPORTED)
    return _URI.sub(lambda match: f'{match[1]}="{rewrite_url(_absolute_url(match[2], address))}"', line)


def _absolute_url(url: str, address: str) -> str:
    if len(url) > MAX_URL_LENGTH or re.search(r"[\s\0-\x1f\\{]", url):
        raise UpstreamError(CameraStreamCode.PLAYLIST_BAD_ADDRESS)
    try:
        return urljoin(address, url)
    except ValueError:
        raise UpstreamError(CameraStreamCode.PLAYLIST_BAD_ADDRESS) from None

"""A camera's HLS playlist with every address in it led through our own; pure."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

RewriteUrl = Callable[
    [str], str
]  # an absolute address -> what the browser asks instead; ValueError when it may not be asked
MAX_LINES = 5_000
MAX_URL_LENGTH = 1_500
_URI = re.compile(r'((?:[A-Z0-9-]*-)?URI)="([^"]*)"')
# Of low latency a player would make many more requests; of content steering and variables, requests that nobody reads.
_DROPPED_TAGS = (
    "#EXT-X-PART:", "#EXT-X-PART-INF", "#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-SERVER-CONTROL",
    "#EXT-X-CONTENT-STEERING", "#EXT-X-DATERANGE", "#EXT-X-SESSION-DATA",
)  # fmt: skip
_UNSUPPORTED_TAGS = ("#EXT-X-DEFINE", "#EXT-X-SKIP")


def is_playlist(body: bytes) -> bool:
    """Whether `body` is one, whatever it is called."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:7] == b"#EXTM3U"


def rewrite_playlist(body: bytes, address: str, rewrite_url: RewriteUrl) -> str:
    """The playlist that came from `address`. ValueError: it cannot be read, or leads to where it may not."""
    try:
        lines = body.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ValueError("the playlist is no text") from None
    if len(lines) > MAX_LINES:
        raise ValueError(f"the playlist has more than {MAX_LINES} lines")
    shown = (_rewrite_line(one.strip(), address, rewrite_url) for one in lines)
    return "\n".join([*(one for one in shown if one), ""])


def _rewrite_line(line: str, address: str, rewrite_url: RewriteUrl) -> str:
    """The line as it may be shown; "" for one that is left out."""
    if line.startswith(_UNSUPPORTED_TAGS):
        raise ValueError("the playlist uses variables or skips, which are not read")
    if not line or line.startswith(_DROPPED_TAGS):
        return ""
    if not line.startswith("#"):
        return rewrite_url(_absolute_url(line, address))
    if not line.startswith("#EXT"):
        return ""
    return _URI.sub(lambda found: f'{found[1]}="{rewrite_url(_absolute_url(found[2], address))}"', line)


def _absolute_url(found: str, address: str) -> str:
    if len(found) > MAX_URL_LENGTH or re.search(r"[\s\0-\x1f\\{]", found):
        raise ValueError("the playlist holds an address that is none")
    return urljoin(address, found)

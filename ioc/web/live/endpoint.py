"""GET /live/<page>: plain WSGI in front of Flask, because every display polls it once a second."""

import gzip
import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import brotli  # type: ignore[import-untyped]
import orjson
from werkzeug.http import parse_accept_header

from ioc.domain.base.blocking import WouldBlockError, ensure_may_block
from ioc.storage.db.store import StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.json_errors import error_response
from ioc.web.errors.request_error import RequestError
from ioc.web.errors.store_failures import store_request_code
from ioc.web.live.frames import HASH_LENGTH, FrameRenderer, RenderedFrame
from ioc.web.live.page_registry import PageRegistry
from ioc.web.live.query import FrameQuery, parse_query
from ioc.web.live.read_model import ReadModel, Versions
from ioc.web.live.text_diff import diff
from ioc.web.middleware.authentication import SAFE_METHODS, parse_cookies
from ioc.web.wsgi import Environ, StartResponse, WsgiApp

log = logging.getLogger(__name__)

PREFIX = "/live/"
# Key of the environ: whether the frame that was rendered last is good enough, since a newer one is being rendered.
SERVE_CACHED = "ioc.serve_cached"
MIN_COMPRESS_BYTES = 300  # below this size compression saves nothing; patches of a few tiles are larger
_MAX_CACHED_RESPONSES = 8  # of a frame; a whole one has 80 kB
_HASH_LIST = re.compile(r"[\w-]*", re.ASCII)


def requested_language(environ: Environ) -> str:
    """The language of the display's `lang` cookie, "vi" without one. Not validated."""
    cookie_header = environ.get("HTTP_COOKIE", "")
    return parse_cookies(cookie_header).get("lang", "vi") if "lang=" in cookie_header else "vi"


def accepted_encoding(environ: Environ) -> str:
    """The best encoding that the client accepts: "br", "gzip" or "" for none."""
    return _best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")[:100])


@lru_cache(maxsize=64)
def _best_encoding(offered: str) -> str:
    accepted = parse_accept_header(offered)
    return next((each for each in ("br", "gzip") if accepted.quality(each) > 0), "")


def compress(body: bytes, encoding: str) -> bytes:
    """`body` in `encoding` ("br" or "gzip"), at a fast level, for responses that change every second."""
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)


class LiveEndpoint:
    """WSGI application: responds to /live/<page>, passes every other request to `inner`.

    `build`: id of program and configuration. `clock`: seconds since 1970, sent to the displays.
    """

    def __init__(
        self,
        inner: WsgiApp,
        reads: ReadModel,
        routes: PageRegistry,
        frames: FrameRenderer,
        build: str,
        clock: Callable[[], float],
    ) -> None:
        self._inner, self._reads, self._routes, self._frames = inner, reads, routes, frames
        self._build, self._clock, self._is_down = build, clock, False

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX) or environ.get("REQUEST_METHOD") not in SAFE_METHODS:
            return self._inner(environ, start)
        page = path[len(PREFIX) :]
        if self._routes.by_name(page) is None:
            return error_response(RequestError(RequestCode.NOT_FOUND))(environ, start)
        try:
            return self._respond(
                environ, start, parse_query(page, environ.get("QUERY_STRING", ""), requested_language(environ))
            )
        except WouldBlockError:
            raise
        except Exception as error:  # without a store there is no frame: the display keeps its content and reports it
            if not self._is_down:
                log.error("no frame can be rendered: %s", error, exc_info=not isinstance(error, StoreError))
            self._is_down = True
            return error_response(RequestError(store_request_code(error)))(environ, start)

    def _respond(self, environ: Environ, start: StartResponse, query: FrameQuery) -> Iterable[bytes]:
        frame, (_, heartbeat_ms, data_time_ms) = self._frame(query, is_cached_enough=environ.get(SERVE_CACHED, False))
        self._is_down = False
        headers = [
            ("ETag", frame.etag),
            ("X-Ioc-Beat", str(heartbeat_ms)),
            ("X-Ioc-Data", str(data_time_ms)),
            ("X-Ioc-Build", self._build),
            ("X-Ioc-Now", str(int(self._clock() * 1000))),
        ]
        if environ.get("HTTP_IF_NONE_MATCH") == frame.etag:
            start("304 Not Modified", headers)
            return ()
        known, patchable = environ.get("HTTP_X_IOC_HAVE", ""), environ.get("HTTP_X_IOC_BASE", "")
        body, encoding = encode_response(frame, self._build, known, patchable, accepted_encoding(environ))
        headers += [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start("200 OK", headers)
        return () if environ.get("REQUEST_METHOD") == "HEAD" else (body,)

    def _frame(self, query: FrameQuery, *, is_cached_enough: bool) -> tuple[RenderedFrame, Versions]:
        """The frame, and the versions that it shows: never newer ones, or an old frame would look like a new one."""
        if is_cached_enough and (confirmed := self._frames.confirmed(query)):
            return confirmed
        versions = self._reads.versions()
        frame = self._frames.render(query, versions[0])
        self._frames.confirm(query, frame, versions)
        return frame, versions


def encode_response(frame: RenderedFrame, build: str, known: str, patchable: str, encoding: str) -> tuple[bytes, str]:
    """Body and encoding for a display; computed once for all displays that hold the same panels.

    `known`: hashes of the panels that the display holds, joined. `patchable`: those of them whose markup it can patch.
    The encoding is "" where the body is too small to be compressed.
    """
    cached = frame.response_cache.get((known, patchable, encoding))
    if cached is None:
        ensure_may_block()
        if len(frame.response_cache) >= _MAX_CACHED_RESPONSES:
            frame.response_cache.clear()
        body = _response_body(frame, build, _split_hashes(known), _split_hashes(patchable))
        cached = (compress(body, encoding), encoding) if encoding and len(body) > MIN_COMPRESS_BYTES else (body, "")
        frame.response_cache[(known, patchable, encoding)] = cached
    return cached


def _split_hashes(header: str) -> list[str]:
    if not _HASH_LIST.fullmatch(header) or len(header) % HASH_LENGTH:
        return []
    return [header[start : start + HASH_LENGTH] for start in range(0, len(header), HASH_LENGTH)]


def _response_body(frame: RenderedFrame, build: str, known: Iterable[str], patchable: Iterable[str]) -> bytes:
    known_hashes, patchable_hashes = set(known), set(patchable)
    changed = [key for key, panel_hash in frame.hashes.items() if panel_hash not in known_hashes]
    patches = {key: patch for key in changed if (patch := _patch(frame, key, patchable_hashes))}
    panels = b",".join(orjson.dumps(key) + b":" + frame.panels[key] for key in changed if key not in patches)
    hashes = orjson.dumps({key: frame.hashes[key] for key in changed if key not in patches})
    fields = (orjson.dumps(build), orjson.dumps(frame.past_ms), panels, orjson.dumps(patches), hashes)
    return b'{"build":%b,"at":%b,"panels":{%b},"patches":%b,"hashes":%b}' % fields


def _patch(frame: RenderedFrame, key: str, patchable: set[str]) -> list[int | str] | None:
    """[hash of the new panel, then the steps of ioc.web.live.text_diff]; None where the whole panel must be sent."""
    candidates = frame.previous_bodies.get(key, {}).items()
    previous = next((body for panel_hash, body in candidates if panel_hash in patchable), None)
    if previous is None:
        return None
    old, new = _markup(previous), _markup(frame.panels[key])
    steps = diff(old, new) if old and new else None
    return [frame.hashes[key], *steps] if steps else None


def _markup(body: bytes) -> str | None:
    """The markup of a panel that has no other property, None otherwise."""
    if not body.startswith(b'{"markup":'):
        return None
    props = orjson.loads(body)
    return str(props["markup"]) if props.keys() == {"markup"} else None

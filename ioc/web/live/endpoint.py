"""GET /live/<page>: raw WSGI in front of Flask, because every screen of the house asks it once a second."""

import gzip
import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

import brotli  # type: ignore[import-untyped]
import orjson

from ioc.web.errors import json_errors
from ioc.web.errors.codes import RequestCode
from ioc.web.live.frames import HASH_LENGTH, FrameRenderer, RenderedFrame
from ioc.web.live.page_registry import PageRegistry
from ioc.web.live.query import FrameQuery, parse_query
from ioc.web.live.read_model import ReadModel
from ioc.web.live.text_diff import diff
from ioc.web.middleware.authentication import parse_cookies

log = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

PREFIX = "/live/"
MIN_COMPRESS_BYTES = 300  # bytes that are not worth compressing; the patches of a few tiles are
_MAX_CACHED_RESPONSES = 64
_HASH_LIST = re.compile(r"[\w-]*", re.ASCII)


def requested_language(environ: Environ) -> str:
    """The language that this screen chose, from its cookie; "vi" otherwise."""
    text = environ.get("HTTP_COOKIE", "")
    return parse_cookies(text).get("lang", "vi") if "lang=" in text else "vi"


def accepted_encoding(environ: Environ) -> str:
    """The best encoding that the caller reads: "br", "gzip" or ""."""
    offered = environ.get("HTTP_ACCEPT_ENCODING", "")
    return "br" if "br" in offered else "gzip" if "gzip" in offered else ""


def compress(body: bytes, encoding: str) -> bytes:
    """Fast, for what is sent once to every screen."""
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)


class LiveEndpoint:
    """Answers `/live/…`, hands everything else on to `inner`."""

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
        if not path.startswith(PREFIX):
            return self._inner(environ, start)
        page = path[len(PREFIX) :]
        if self._routes.by_name(page) is None:
            return _error_response(start, "404 Not Found", RequestCode.NOT_FOUND)
        try:
            return self._respond(
                environ, start, parse_query(page, environ.get("QUERY_STRING", ""), requested_language(environ))
            )
        except Exception:  # without a store there is no frame: the screen keeps its picture and says so
            if not self._is_down:
                log.exception("no frame can be read")
            self._is_down = True
            return _error_response(start, "503 Service Unavailable", RequestCode.STORE_UNAVAILABLE)

    def _respond(self, environ: Environ, start: StartResponse, asked: FrameQuery) -> Iterable[bytes]:
        version, beat, data = self._reads.versions()
        drawn = self._frames.render(asked, version)
        self._is_down = False
        headers = [
            ("ETag", drawn.etag),
            ("X-Ioc-Beat", str(beat)),
            ("X-Ioc-Data", str(data)),
            ("X-Ioc-Build", self._build),
            ("X-Ioc-Now", str(int(self._clock() * 1000))),
        ]
        if environ.get("HTTP_IF_NONE_MATCH") == drawn.etag:
            start("304 Not Modified", headers)
            return ()
        have, base = environ.get("HTTP_X_IOC_HAVE", ""), environ.get("HTTP_X_IOC_BASE", "")
        body, encoding = encode_response(drawn, self._build, have, base, accepted_encoding(environ))
        headers += [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start("200 OK", headers)
        return () if environ.get("REQUEST_METHOD") == "HEAD" else (body,)


def encode_response(drawn: RenderedFrame, build: str, have: str, base: str, encoding: str) -> tuple[bytes, str]:
    """Body and encoding for a screen that holds `have`; made once for all screens that hold the same.

    `base`: of what it holds, that whose markup it can patch.
    """
    known = drawn.response_cache.get((have, base, encoding))
    if known is None:
        if len(drawn.response_cache) >= _MAX_CACHED_RESPONSES:
            drawn.response_cache.clear()
        body = _response_body(drawn, build, _split_hashes(have), _split_hashes(base))
        known = (compress(body, encoding), encoding) if encoding and len(body) > MIN_COMPRESS_BYTES else (body, "")
        drawn.response_cache[(have, base, encoding)] = known
    return known


def _split_hashes(text: str) -> list[str]:
    """The hashes that a header names."""
    if not _HASH_LIST.fullmatch(text) or len(text) % HASH_LENGTH:
        return []
    return [text[at : at + HASH_LENGTH] for at in range(0, len(text), HASH_LENGTH)]


def _response_body(drawn: RenderedFrame, build: str, have: Iterable[str], base: Iterable[str]) -> bytes:
    held, patchable = set(have), set(base)
    new = [key for key, mark in drawn.hashes.items() if mark not in held]
    patches = {key: found for key in new if (found := _patch(drawn, key, patchable))}
    panels = b",".join(orjson.dumps(key) + b":" + drawn.panels[key] for key in new if key not in patches)
    hashes = orjson.dumps({key: drawn.hashes[key] for key in new if key not in patches})
    told = (orjson.dumps(build), orjson.dumps(drawn.past_ms), panels, orjson.dumps(patches), hashes)
    return b'{"build":%b,"at":%b,"panels":{%b},"patches":%b,"hashes":%b}' % told


def _patch(drawn: RenderedFrame, key: str, base: set[str]) -> list[int | str] | None:
    """[hash of what it leads to, then ioc.web.live.text_diff's steps]; None where the whole panel is to be sent."""
    found = next((body for mark, body in drawn.previous_bodies.get(key, {}).items() if mark in base), None)
    if found is None:
        return None
    old, new = (_markup(body) for body in (found, drawn.panels[key]))
    steps = diff(old, new) if old and new else None
    return [drawn.hashes[key], *steps] if steps else None


def _markup(body: bytes) -> str | None:
    """The markup of a panel that holds nothing else."""
    if not body.startswith(b'{"markup":'):
        return None
    props = orjson.loads(body)
    return str(props["markup"]) if props.keys() == {"markup"} else None


def _error_response(start: StartResponse, status: str, code: RequestCode) -> Iterable[bytes]:
    told = json_errors.failure_body(code)
    headers = [
        ("Content-Type", json_errors.CONTENT_TYPE),
        ("Content-Length", str(len(told))),
        ("Cache-Control", "no-store"),
    ]
    start(status, headers)
    return (told,)

"""Static files: cached on disk, compressed ahead, sent as immutable where the name carries a content hash."""

import gzip
import hashlib
import logging
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread, get_native_id

import brotli  # type: ignore[import-untyped]
from dash.fingerprint import check_fingerprint
from werkzeug.test import EnvironBuilder

from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.base.durable_files import write_durably
from ioc.web.file_response import BLOCK_BYTES, FileBlocks
from ioc.web.live.endpoint import accepted_encoding, compress
from ioc.web.middleware.authentication import PRINCIPAL_KEY
from ioc.web.server import memory
from ioc.web.wsgi import Environ, StartResponse, WsgiApp

log = logging.getLogger(__name__)

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "public, no-cache"
_FINGERPRINT = re.compile(r"\.v[\w-]+m[0-9a-f]+\.")
_MODIFIED = re.compile(r"m=[\w.]{1,24}")
_COMPRESSIBLE = re.compile(r"text/|javascript|json|svg|font/(ttf|otf)|wasm|xml")
_MIN_COMPRESS_BYTES = 300
_UNKNOWN_TYPE = "application/octet-stream"
_ENCODINGS: tuple[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]], ...] = (
    ("br", brotli.compress, brotli.decompress), ("gzip", partial(gzip.compress, mtime=0), gzip.decompress),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _StaticFile:
    """A cached file. `tag`: hash of its content and its name in the cache folder. `length`: bytes, uncompressed.

    `read`: the content where `inner` does not know it: the folder may be full, or deleted.
    """

    content_type: str
    tag: str
    length: int
    is_compressible: bool
    read: Callable[[], bytes] | None = None


class StaticFiles:
    """WSGI application: requests under `prefixes` are fetched from `inner` once and served from `folder` from then on.

    Every other request goes to `inner`. Files below `packages` stay the same while the process runs, whatever version
    an address names; their source maps, which no page asks for and some packages lack, are not found.
    """

    def __init__(self, inner: WsgiApp, folder: Path, prefixes: tuple[str, ...], packages: str = "\0") -> None:
        self._inner, self._folder, self._prefixes, self._packages = inner, folder, prefixes, packages
        # By the name without its content hash: its size is bounded by the number of files, whatever is requested.
        self._files: dict[str, tuple[str, _StaticFile]] = {}
        self._lock = Lock()
        self._uncompressed: SimpleQueue[str] = SimpleQueue()
        self._whole = set[str]()  # names of files that this process has written, or found whole
        with suppress(OSError):  # each file says so
            folder.mkdir(exist_ok=True)

    def compress_ahead(self, paths: Iterable[str]) -> Thread:
        """Compresses the files at `paths`, then every file that is added later, in a thread of its own."""
        thread = Thread(target=self._compress_all, args=(tuple(paths),), name="compress", daemon=True)
        thread.start()
        return thread

    def add(self, address: str, read: Callable[[], bytes], content_type: str) -> None:
        """Serves what `read` returns at `address`, which has a content hash and which `inner` does not know."""
        body = read()
        file = replace(_described(body, content_type), read=read)
        self._files[self._unversioned_name(address)] = (address, file)
        try:
            self._store_file(address, file, body)
        except OSError as error:
            log.warning("%s is served from memory: %s", address, error.strerror)

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(self._prefixes) or environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return self._inner(environ, start)
        address, is_of_package = _normalised_address(path, environ.get("QUERY_STRING", "")), self._is_of_package(path)
        if is_of_package and path.endswith(".map"):
            start("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return ()
        try:
            cached_address, cached = self._files.get(self._unversioned_name(address), ("", None))
            is_right = cached_address == address or is_of_package
            file = cached if cached and is_right else self._fetch(address, environ)
            return self._send(file, environ, start) if file else self._inner(environ, start)
        except OSError as error:  # a full disk, for example: the response of `inner` is right too
            log.warning("%s is served without the cache: %s", path, error.strerror)
            return self._inner(environ, start)

    def _fetch(self, address: str, environ: Environ) -> _StaticFile | None:
        """Fetches from `inner`, unconditionally and uncompressed; remembered where it does not change."""
        ignored = ("HTTP_IF_", "HTTP_ACCEPT_ENCODING")
        unconditional = {key: value for key, value in environ.items() if not key.startswith(ignored)}
        started: list[tuple[str, list[tuple[str, str]]]] = []
        chunks = self._inner(
            {**unconditional, "REQUEST_METHOD": "GET"}, lambda status, headers, *_: started.append((status, headers))
        )
        body = b"".join(chunks)
        getattr(chunks, "close", lambda: None)()
        status, headers = started[0]
        if not status.startswith("200"):
            return None
        content_type = next((text for key, text in headers if key.lower() == "content-type"), _UNKNOWN_TYPE)
        file = _described(body, content_type)
        self._store_file(address, file, body)
        return file

    def _store_file(self, address: str, file: _StaticFile, body: bytes) -> None:
        path = self._folder / file.tag
        if file.tag not in self._whole or not path.exists():
            if not _is_whole(path, bytes, body):  # a power cut may have left the name alone
                write_durably(path, body)
            self._whole.add(file.tag)
        if _is_immutable(address) or self._is_of_package(address):
            self._files[self._unversioned_name(address)] = (address, file)
        if file.is_compressible:
            self._uncompressed.put(file.tag)

    def _is_of_package(self, path: str) -> bool:
        return path.startswith(self._packages)

    def _unversioned_name(self, address: str) -> str:
        """`address` without its content hash; of a package as Dash reads it, which has few names of its own."""
        path = address.partition("?")[0]
        if not self._is_of_package(path):
            return _FINGERPRINT.sub(".", path)
        name: str = check_fingerprint(path.encode("latin-1").decode("utf-8", "replace"))[0]  # type: ignore[no-untyped-call]
        return name

    def _send(self, file: _StaticFile, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        address = _normalised_address(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        headers = [
            ("ETag", f'"{file.tag}"'),
            ("Cache-Control", _IMMUTABLE if _is_immutable(address) else _REVALIDATE),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if file.tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start("304 Not Modified", headers)
            return ()
        encoding = accepted_encoding(environ) if file.is_compressible else ""
        if encoding:
            headers.append(("Content-Encoding", encoding))
        path = self._folder / (f"{file.tag}.{encoding}" if encoding else file.tag)
        is_written = path.name in self._whole and path.exists()
        content = b"" if is_written else self._compress_now(file, encoding)
        length = len(content) or path.stat().st_size
        start("200 OK", [*headers, ("Content-Type", file.content_type), ("Content-Length", str(length))])
        if environ["REQUEST_METHOD"] == "HEAD":
            return ()
        if content or length <= BLOCK_BYTES:
            return (content or path.read_bytes(),)
        return FileBlocks(path.open("rb"))  # a large one is never in memory as a whole

    def _compress_now(self, file: _StaticFile, encoding: str) -> bytes:
        """The file at a fast level, if in an encoding: it has not been compressed ahead yet, or is not written."""
        ensure_may_block()
        with self._lock:
            body = (file.read or (self._folder / file.tag).read_bytes)()
            return compress(body, encoding) if encoding else body

    def _compress_all(self, paths: tuple[str, ...]) -> None:
        if sys.platform == "linux":  # threads have a niceness of their own there; requests come first
            os.setpriority(os.PRIO_PROCESS, get_native_id(), 10)
        for path in paths:
            try:
                name, _, query = path.partition("?")
                self._fetch(path, _local_request(name, query))
            except Exception:  # the file is then compressed when it is requested
                log.exception("%s was not compressed ahead", path)
        is_reported = False
        while True:
            try:
                self._compress(self._uncompressed.get())
            except OSError as error:
                if not is_reported:
                    log.warning("files cannot be compressed ahead: %s", error.strerror)
                is_reported = True

    def _compress(self, tag: str) -> None:
        for encoding, compress_fully, unpack in _ENCODINGS:
            path = self._folder / f"{tag}.{encoding}"
            if path.name in self._whole and path.exists():
                continue
            body = (self._folder / tag).read_bytes()
            if not _is_whole(path, unpack, body):
                write_durably(path, compress_fully(body))
                memory.trim()  # compressing takes much more than the file
            self._whole.add(path.name)


def _normalised_address(path: str, query: str) -> str:
    return f"{path}?{query}" if _MODIFIED.fullmatch(query) else path


def _is_immutable(address: str) -> bool:
    """Whether the name changes with the content. Fonts have no hash: a new version of a font gets a new name."""
    return bool(_FINGERPRINT.search(address) or "?m=" in address or address.endswith(".woff2"))


def _described(body: bytes, content_type: str) -> _StaticFile:
    is_compressible = len(body) > _MIN_COMPRESS_BYTES and bool(_COMPRESSIBLE.search(content_type))
    return _StaticFile(content_type, hashlib.sha256(body).hexdigest()[:20], len(body), is_compressible)


def _is_whole(path: Path, unpack: Callable[[bytes], bytes], body: bytes) -> bool:
    try:
        return unpack(path.read_bytes()) == body
    except (OSError, EOFError, zlib.error, brotli.error):
        return False


def _local_request(path: str, query: str) -> Environ:
    """A request by the program itself, which may view, so that files for viewers are compressed ahead too."""
    return {
        **EnvironBuilder(path=path, query_string=query).get_environ(),
        PRINCIPAL_KEY: Principal(PrincipalKind.LOCAL),
    }

"""The ASGI application around the WSGI one: the event loop answers what is in memory, pools of threads the rest.

A thread is held for work only: the body of a request is read before one is taken, and the response is sent by the loop.
"""

import asyncio
import logging
import random
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any

from ioc.domain.base.blocking import WouldBlockError, refuse_blocking
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import SystemCode, is_of_folder, system_failure
from ioc.web.errors.codes import RequestCode
from ioc.web.live.endpoint import SERVE_CACHED
from ioc.web.middleware.work_owners import charged_owner
from ioc.web.server.bodies import BodyError, BodyReader
from ioc.web.server.connections import ABORT
from ioc.web.server.pools import PoolFullError, PoolLimits, WorkPool
from ioc.web.server.responses import ResponseFiles, WsgiResponse, call_wsgi, wsgi_error
from ioc.web.wsgi import Environ, WsgiApp

log = logging.getLogger("ioc.web")

# A full queue is reported after this time: whoever asks again at once costs as little as anybody else.
BUSY_SECONDS = 1.0
# So is a rate limit, after about this time: such an answer costs the loop as much as a frame that has not changed.
LIMITED_SECONDS = 5.0
MAX_HELD = 600  # refusals that wait so, of MAX_CONNECTIONS
# The drawing of a frame takes less on an idle machine. Where it takes longer, other threads compute too, and the screen
# is sent the frame before: it asks again in a second.
FRAME_WAIT_SECONDS = 0.1
SEND_SECONDS = 20.0  # without the client taking a block of the response
_BLOCK_BYTES, _MAX_COOKIES = 65_536, 100

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class PoolName(StrEnum):
    """The kinds of work that do not wait for one another."""

    LIVE = "live"  # draws frames of the present
    PAST = "past"  # what is drawn of a past moment or for paper: no screen waits for it
    EXPORTS = "exports"  # files: each may take minutes, of a past moment too
    SLOW = "slow"  # waits for others: PDF, cameras, the identity provider
    HEALTH = "health"  # whether current data can be shown
    FILES = "files"  # scripts and styles, where who asks for them is to be looked up again
    PAGES = "pages"  # everything else


# Seconds until a request is answered 503 though its work goes on; without one it waits as long as the work takes.
_WALL_FRAME = "/live/wall"  # drawn before the frames of other pages
_TIMEOUTS = {PoolName.LIVE: 2.0 - FRAME_WAIT_SECONDS, PoolName.HEALTH: 2.0}
_PATHS = {
    "/live/": PoolName.LIVE, "/xuat/": PoolName.EXPORTS, "/pdf/": PoolName.SLOW, "/hinh/": PoolName.SLOW,
    "/dang-nhap/oidc": PoolName.SLOW, "/readyz": PoolName.HEALTH, "/assets/": PoolName.FILES,
    "/_dash-component-suites/": PoolName.FILES,
}  # fmt: skip
_PAST_PARAMETER = re.compile(r"(?:^|&)(?:(?:luc|at|giay)=|[^&=%]*%[^&=]*=)")


def build_environ(scope: Scope) -> Environ:
    """The WSGI environ of a request, without its body (PEP 3333)."""
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:  # X_Forwarded_For would become the key of X-Forwarded-For
            continue
        # White space around a value is no part of it (RFC 9112, 5.1): the parser leaves that at its end.
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1").strip(" \t")
        key = key if key in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    if environ.get("HTTP_COOKIE", "").count(";") > _MAX_COOKIES:  # a browser sends no such header
        del environ["HTTP_COOKIE"]
    return environ


def open_pools(page_threads: int) -> dict[PoolName, WorkPool]:
    """The pools of a process. A screen waits in `live` for less than a drawing takes.

    All threads share one interpreter: each page that is drawn at the same moment makes the drawing of a screen longer.
    """
    limits = {
        PoolName.LIVE: PoolLimits(threads=1, waiting=600, per_owner=8, per_network=200),
        PoolName.PAST: PoolLimits(threads=1, waiting=24, per_owner=4),
        PoolName.EXPORTS: PoolLimits(threads=4, waiting=24, per_owner=4, per_network=8),
        PoolName.SLOW: PoolLimits(threads=8, waiting=24, per_owner=8, per_network=16),
        PoolName.HEALTH: PoolLimits(threads=1, waiting=200, per_owner=10, per_network=60),
        # A page has twenty, which a browser asks for at once over HTTP/2.
        PoolName.FILES: PoolLimits(threads=1, waiting=600, per_owner=100, per_network=200),
        PoolName.PAGES: PoolLimits(page_threads, waiting=400, per_owner=12, per_network=150, owners=4),
    }
    return {name: WorkPool(name, pool_limits) for name, pool_limits in limits.items()}


def pool_of(method: str, path: str, query: str) -> PoolName:
    """The pool for a request. What is posted may take minutes, such as an import: past moments have one thread."""
    name = next((name for prefix, name in _PATHS.items() if path.startswith(prefix)), PoolName.PAGES)
    is_drawn = name in (PoolName.LIVE, PoolName.PAGES) and method != "POST"
    return PoolName.PAST if is_drawn and _has_past_parameter(query) else name


def _has_past_parameter(query: str) -> bool:
    """In one pass: this runs on the event loop, before any limit. No page of ours writes a name with "%"."""
    return _PAST_PARAMETER.search(query) is not None


class AsgiApp:
    """Answers a request at once where that needs nothing but memory, in a pool otherwise."""

    def __init__(self, app: WsgiApp, pools: Mapping[PoolName, WorkPool]) -> None:
        self._app, self._pools, self._bodies, self._files = app, pools, BodyReader(), ResponseFiles()
        self._held = 0  # refusals that wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as sent:
            try:
                response = await self._respond(scope, receive, sent)
                if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                    await self._hold_back(response, receive)
            except ConnectionError:
                await _disconnect(scope)
                return
            except Exception as error:  # noqa: BLE001 (it is logged)
                response = _error_response(scope, error)
            sent.enter_context(response.body)
            await _send_response(response, scope, send)

    async def _respond(self, scope: Scope, receive: Receive, sent: ExitStack) -> WsgiResponse:
        """`sent`: is closed once the response is sent."""
        environ = build_environ(scope)
        environ[SERVE_CACHED] = self._pools[PoolName.LIVE].is_busy
        try:
            with refuse_blocking():
                return call_wsgi(self._app, environ)
        except WouldBlockError:
            return await self._respond_in_pool(environ, receive, sent)

    async def _respond_in_pool(self, environ: Environ, receive: Receive, sent: ExitStack) -> WsgiResponse:
        environ[SERVE_CACHED] = False
        name = pool_of(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"])
        try:
            environ["wsgi.input"] = body = await self._bodies.read(environ, receive)
        except BodyError as error:
            return wsgi_error(environ, error.code, close=True)
        owner, is_network = charged_owner(environ)
        before = {**environ, SERVE_CACHED: True}  # apart: the application changes its environ, in another thread
        work = asyncio.ensure_future(
            self._pools[name].run(
                partial(call_wsgi, self._app, environ),
                owner,
                is_network=is_network,
                is_first=environ["PATH_INFO"] == _WALL_FRAME,
            )
        )
        try:
            with body:
                if name is PoolName.LIVE and (response := await self._frame_before(before, work)):
                    return response
                response = await asyncio.wait_for(_unless_disconnected(work, receive), _TIMEOUTS.get(name))
            owner, is_network = charged_owner(environ)  # by its principal, which is known now
            sent.enter_context(self._files.count_while_sent(response.body, owner, is_network=is_network))
            return response
        except PoolFullError:
            response = wsgi_error(environ, RequestCode.BUSY)
            if is_network:
                await self._hold_back(response, receive)
            else:
                await asyncio.sleep(BUSY_SECONDS)
            return response
        except TimeoutError:
            return wsgi_error(environ, RequestCode.STORE_UNAVAILABLE)

    async def _hold_back(self, response: WsgiResponse, receive: Receive) -> None:
        """Waits before a refusal is sent. While MAX_HELD others do, it is sent at once and ends its connection.

        Behind a proxy each one that waits is one of its connections, whose number is limited in all. ConnectionError.
        """
        if self._held >= MAX_HELD:
            response.headers.append((b"connection", b"close"))
            return
        self._held += 1
        try:
            await _wait_limited(receive)
        finally:
            self._held -= 1

    async def _frame_before(self, environ: Environ, drawing: "asyncio.Task[WsgiResponse]") -> WsgiResponse | None:
        """The frame that was drawn last, where `drawing` takes longer than a screen is to wait. The drawing goes on.

        None when it is finished in time, and when there is no earlier frame, or none that was right a moment ago.
        """
        await asyncio.wait((drawing,), timeout=FRAME_WAIT_SECONDS)
        if drawing.done():
            return None
        try:
            with refuse_blocking():
                response = call_wsgi(self._app, environ)
        except WouldBlockError:
            return None
        drawing.add_done_callback(_discard)
        return response


def _error_response(scope: Scope, error: Exception) -> WsgiResponse:
    if isinstance(error, OSError) and is_of_folder(error):  # that of temporary files takes no body
        cause = system_failure(error)
        trace = error if cause.code == SystemCode.NOT_FOUND else None  # it may be one of the program
        log.error("%r not answered: %s %s", scope["path"], cause, error.filename or "", exc_info=trace)
        return wsgi_error(build_environ(scope), Failure(RequestCode.FILE_NOT_KEPT, {"cause": cause}), close=True)
    log.error("no response to %r", scope["path"], exc_info=error)
    return wsgi_error(build_environ(scope), RequestCode.INTERNAL_ERROR)


def _discard(work: "asyncio.Task[WsgiResponse]") -> None:
    """Nobody waits for this response any more."""
    if not work.cancelled() and work.exception() is None:
        work.result().body.close()


async def _unless_disconnected(work: "asyncio.Task[WsgiResponse]", receive: Receive) -> WsgiResponse:
    """The result of `work`. ConnectionError when the client is gone; then work that has not begun is dropped."""
    disconnected = asyncio.ensure_future(receive())
    try:
        await asyncio.wait((work, disconnected), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ConnectionError
        return work.result()
    finally:
        work.cancel()
        disconnected.cancel()


def _varied(seconds: float) -> float:
    """About `seconds`: those who are refused do not come again at once."""
    return random.uniform(0.5, 1.5) * seconds


async def _wait_limited(receive: Receive) -> None:
    """Waits about LIMITED_SECONDS. ConnectionError when the client is gone. No more of a body is read."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_varied(LIMITED_SECONDS)):
            message = await receive()
            if not message.get("more_body"):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            await asyncio.Event().wait()


async def _send_response(response: WsgiResponse, scope: Scope, send: Send) -> None:
    """Sends in blocks. A client that takes none of them for SEND_SECONDS is disconnected."""
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        block = response.body.read(_BLOCK_BYTES)
        while True:
            following = response.body.read(_BLOCK_BYTES) if len(block) == _BLOCK_BYTES else b""
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": block, "more_body": bool(following)})
            if not following:
                return
            block = following
            await asyncio.sleep(0)  # a client that takes each block at once would be sent all of a file in one go
    except TimeoutError:
        await _disconnect(scope)


async def _disconnect(scope: Scope) -> None:
    """Closes the connection, and waits until uvicorn knows: it would log a response that is missing or not complete."""
    scope["state"][ABORT]()
    await asyncio.sleep(0)

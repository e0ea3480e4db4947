"""The HTTP server: uvicorn on uvloop, one process, one event loop."""

import resource
import signal
import socket
import sys
from collections.abc import Iterable

import uvicorn

from ioc.domain.base.loop_watchdog import LoopWatchdog
from ioc.web.server.asgi import AsgiApp, open_pools
from ioc.web.server.connections import MAX_CONNECTIONS, ConnectionLimiter, LimitedProtocol
from ioc.web.wsgi import WsgiApp

# A thread that computes keeps the interpreter for so long from one that has read something of the store, and a frame
# reads many times. Python's own 5 ms made the drawing of a frame beside two such threads half as slow again.
_SWITCH_SECONDS = 0.001
_UNSENT_MILLISECONDS = 20_000  # the system closes a connection whose client takes nothing for so long
# That the system takes of a response before the client's side has room for it. Its own limit grows to 4 MB, of which it
# wants a third free before it takes more: that takes a client of 40 kB/s longer than SEND_SECONDS.
_UNSENT_BYTES = 131_072


def serve(app: WsgiApp, listener: socket.socket, threads: int, proxies: Iterable[str] = ()) -> None:
    """Serves `app` until SIGTERM or SIGINT, which stops it within 3 s.

    `threads`: of pages. `proxies`: addresses of trusted proxies, which have no limit of connections of their own.
    Threads that still wait for something outlive this call: the caller ends the process.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    _raise_file_limit(2 * MAX_CONNECTIONS + 200)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNSENT_MILLISECONDS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
    pools = open_pools(threads)
    # uvicorn raises each signal again when it has stopped: here that is no end by a signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _Server(_config(AsgiApp(app, pools), proxies)).run(sockets=[listener])
    for pool in pools.values():
        pool.close()


class _Server(uvicorn.Server):
    """Ends the process where its event loop hangs."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._watchdog = LoopWatchdog()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._watchdog.tick()
        await super().startup(sockets)


def _config(app: AsgiApp, proxies: Iterable[str]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=type("Protocol", (LimitedProtocol,), {"limiter": ConnectionLimiter(proxies)}),
        loop="uvloop",
        ws="none",
        lifespan="off",
        proxy_headers=False,  # trusted proxies are evaluated in ioc/web/middleware/client_ip.py alone
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_keep_alive=75,  # longer than the pause between two requests of a display
        timeout_graceful_shutdown=2,
    )


def _raise_file_limit(wanted: int) -> None:
    """Each connection is an open file, and may be sent another one; up to the hard limit of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))

"""gunicorn with threads, started from the program: one worker serves every display of an installation."""

import resource
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config

from ioc.web.server.worker import MAX_CONNECTIONS, ConnectionLimiter, SlowClientWorker

if TYPE_CHECKING:
    from ioc.web.wsgi import WsgiApp


class _GunicornApp(BaseApplication):  # type: ignore[misc]
    cfg: Config

    def __init__(self, factory: Callable[[], "WsgiApp"], options: dict[str, Any]) -> None:
        self._factory, self._options = factory, options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> "WsgiApp":
        return self._factory()


def serve(
    factory: Callable[[], "WsgiApp"],
    host: str,
    port: int,
    threads: int,
    workers: int = 1,
    proxies: Iterable[str] = (),
) -> None:
    """Serves until SIGTERM, which stops it within 3 s. `factory` is called in each worker, after the fork.

    Keep-alive is longer than the pause between two requests of a display; only errors are logged. `proxies`: addresses
    of trusted proxies, which have no limit of connections.
    """
    _raise_file_limit(MAX_CONNECTIONS + 200)
    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": type("Worker", (SlowClientWorker,), {"connection_limiter": ConnectionLimiter(proxies)}),
        "worker_connections": MAX_CONNECTIONS,
        "forwarded_allow_ips": "",  # trusted proxies are evaluated in ioc/web/middleware/client_ip.py alone
        "secure_scheme_headers": {},
        "workers": workers,
        "threads": threads,
        "keepalive": 75,
        "graceful_timeout": 2,
        "timeout": 60,
        "accesslog": None,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _GunicornApp(factory, options).run()


def _raise_file_limit(wanted: int) -> None:
    """Each connection is an open file; up to the hard limit of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))

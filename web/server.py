"""gunicorn with threads, started from a program: one worker answers every screen of a house."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config

if TYPE_CHECKING:
    from web.live import Wsgi


class _Server(BaseApplication):  # type: ignore[misc]
    cfg: Config

    def __init__(self, factory: Callable[[], "Wsgi"], options: dict[str, Any]) -> None:
        self._factory, self._options = factory, options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> "Wsgi":
        return self._factory()


def serve(factory: Callable[[], "Wsgi"], host: str, port: int, threads: int = 16, workers: int = 1) -> None:
    """Serves until SIGTERM, which stops it within 3 s. `factory` is called in each worker, after the fork.

    Keep-alive is longer than any screen's pause; the log holds faults only.
    """
    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": "web.patience.Worker",
        "workers": workers,
        "threads": threads,
        "keepalive": 75,
        "graceful_timeout": 2,
        "timeout": 60,
        "accesslog": None,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _Server(factory, options).run()

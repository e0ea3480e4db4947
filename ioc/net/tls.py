"""TLS to others from a thread: whose certificates are believed."""

import ssl
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter


def trusting(ca: Path | None = None) -> ssl.SSLContext:
    """What TLS connections are checked against: the system's certificates, and those in `ca`."""
    made = ssl.create_default_context()
    if ca is not None:
        made.load_verify_locations(cafile=ca)
    return made


class Trusted(HTTPAdapter):
    """For a session's `mount`: requests by itself would believe its own list alone."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named, ssl_context=self._trust)

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        return super().proxy_manager_for(proxy, **named, ssl_context=self._trust)

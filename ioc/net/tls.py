"""TLS to others from a thread: whose certificates are believed."""

import ssl
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter


def tls_context(ca: Path | None = None) -> ssl.SSLContext:
    """What TLS connections are checked against: the system's certificates, and those in `ca`."""
    made = ssl.create_default_context()
    if ca is not None:
        made.load_verify_locations(cafile=ca)
    return made


class TlsAdapter(HTTPAdapter):
    """For a session's `mount`: requests by itself would believe its own list alone."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._tls_context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls_context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._tls_context)

"""TLS trust of outgoing connections: the system's certificates and the city's own CA."""

import ssl
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter


def tls_context(ca: Path | None = None) -> ssl.SSLContext:
    """A context that trusts the system's certificates and those in the file `ca`. Raises OSError for a bad file."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context


class TlsAdapter(HTTPAdapter):
    """An adapter for `requests.Session.mount`: requests would otherwise trust only the list that it ships."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._tls_context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls_context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._tls_context)

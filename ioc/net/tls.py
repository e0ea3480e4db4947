"""TLS trust of outgoing connections: the system's certificates and the city's own CA."""

import ssl
from pathlib import Path


def tls_context(ca: Path | None = None) -> ssl.SSLContext:
    """A context that trusts the system's certificates and those in the file `ca`. Raises OSError for a bad file."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context

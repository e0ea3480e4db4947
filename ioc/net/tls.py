"""TLS trust of outgoing connections: the system's certificates and the city's own CA."""

import ssl
from pathlib import Path

_SERVER_GROUPS = (
    "kx-dhe",
    "kx-dhepsk",
)  # the server chooses the group: one of its own takes seconds of the interpreter


def tls_context(ca: Path | None = None) -> ssl.SSLContext:
    """A context that trusts the system's certificates and those in the file `ca`. Raises OSError for a bad file."""
    context = ssl.create_default_context()
    context.set_ciphers(":".join(each["name"] for each in context.get_ciphers() if each["kea"] not in _SERVER_GROUPS))
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context

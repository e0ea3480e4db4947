"""TLS trust of outgoing connections: the system's certificates and the city's own CA."""

import ssl
from pathlib import Path

# Those that Python takes, but for a group that the server chooses: a group of its own takes seconds of the interpreter.
_CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"


def tls_context(ca: Path | None = None) -> ssl.SSLContext:
    """A context that trusts the system's certificates and those in the file `ca`. Raises OSError for a bad file."""
    context = ssl.create_default_context()
    context.set_ciphers(_CIPHERS)
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context

"""Random tokens that a client holds: 256 bits each. The store keeps only their digest."""

import re
import secrets
from hashlib import sha256

_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")


def generate() -> str:
    """A new token."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str | None:
    """SHA-256 of a token, in hexadecimal; None for text that is no token of ours."""
    return sha256(token.encode()).hexdigest() if _TOKEN_PATTERN.fullmatch(token) else None

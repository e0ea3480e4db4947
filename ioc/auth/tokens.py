"""Secrets that a browser holds: 256 bits of chance each, of which the store keeps only the hash."""

import re
import secrets
from hashlib import sha256

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new() -> str:
    """A fresh one."""
    return secrets.token_urlsafe(32)


def digest(given: str) -> str | None:
    """Under what the store keeps it; None when it can be none of ours."""
    return sha256(given.encode()).hexdigest() if _SHAPE.fullmatch(given) else None

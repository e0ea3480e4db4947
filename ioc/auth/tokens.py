"""Secrets that a browser holds: 256 bits of chance each, of which the store keeps only the hash."""

import re
import secrets
from hashlib import sha256

_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")


def generate() -> str:
    """A fresh one."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str | None:
    """Under what the store keeps it; None when it can be none of ours."""
    return sha256(token.encode()).hexdigest() if _TOKEN_PATTERN.fullmatch(token) else None

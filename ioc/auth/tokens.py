"""Random tokens that a client holds: 256 bits each. The store keeps only their digest."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")


def generate() -> str:
    """A new token."""
    return secrets.token_urlsafe(32)


def derive(token: str, text: str) -> str:
    """The token that belongs to `token` and `text`, without which it cannot be guessed; "" where `token` is none."""
    if not _TOKEN_PATTERN.fullmatch(token):
        return ""
    return urlsafe_b64encode(hmac.digest(token.encode(), text.encode(), "sha256")).decode().rstrip("=")


def digest(token: str) -> str | None:
    """SHA-256 of a token, in hexadecimal; None for text that is no token of ours."""
    return sha256(token.encode()).hexdigest() if _TOKEN_PATTERN.fullmatch(token) else None

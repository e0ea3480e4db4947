"""Encrypted URLs (AES-SIV): a browser can send them back but neither read nor change them.

The encryption is deterministic: the same text always gives the same token.
"""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,4000}", re.ASCII)


class UrlCipher:
    """Encrypts with a key derived from `secret`. `context`: what a token is for; it is valid for that only."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(hashlib.sha512(f"ioc-sealed:{secret}".encode()).digest())

    def encrypt(self, text: str, *context: str) -> str:
        """`text` as a token of letters, digits, - and _."""
        return urlsafe_b64encode(self._cipher.encrypt(text.encode(), _associated_data(context))).decode().rstrip("=")

    def decrypt(self, token: str, *context: str) -> str:
        """The text of `token`. Raises ValueError when it was not encrypted with this secret for `context`."""
        if not _TOKEN_PATTERN.fullmatch(token):
            raise ValueError("not a token of ours")
        try:
            body = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return self._cipher.decrypt(body, _associated_data(context)).decode()
        except (InvalidTag, ValueError):
            raise ValueError("not a token of ours") from None


def _associated_data(context: tuple[str, ...]) -> list[bytes]:
    return [part.encode() for part in context]

"""An address that a browser may hand back but neither read nor change: encrypted, the same text always the same."""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,4000}", re.ASCII)


class UrlCipher:
    """Who shares its secret opens what another sealed. `about`: what a text is sealed for, and for that only."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(hashlib.sha512(f"ioc-sealed:{secret}".encode()).digest())

    def encrypt(self, text: str, *context: str) -> str:
        """`text` as one word of letters, digits, - and _."""
        return urlsafe_b64encode(self._cipher.encrypt(text.encode(), _associated_data(context))).decode().rstrip("=")

    def decrypt(self, token: str, *context: str) -> str:
        """The text in `word`. ValueError when we have not sealed it for `about`."""
        if not _TOKEN_PATTERN.fullmatch(token):
            raise ValueError("this was not sealed here")
        try:
            body = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return self._cipher.decrypt(body, _associated_data(context)).decode()
        except (InvalidTag, ValueError):
            raise ValueError("this was not sealed here") from None


def _associated_data(context: tuple[str, ...]) -> list[bytes]:
    return [one.encode() for one in context]

"""An address that a browser may hand back but neither read nor change: encrypted, the same text always the same."""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_WORD = re.compile(r"[A-Za-z0-9_-]{1,4000}", re.ASCII)


class Seal:
    """Who shares its secret opens what another sealed. `about`: what a text is sealed for, and for that only."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(hashlib.sha512(f"ioc-sealed:{secret}".encode()).digest())

    def close(self, text: str, *about: str) -> str:
        """`text` as one word of letters, digits, - and _."""
        return urlsafe_b64encode(self._cipher.encrypt(text.encode(), _named(about))).decode().rstrip("=")

    def open(self, word: str, *about: str) -> str:
        """The text in `word`. ValueError when we have not sealed it for `about`."""
        if not _WORD.fullmatch(word):
            raise ValueError("this was not sealed here")
        try:
            body = urlsafe_b64decode(word + "=" * (-len(word) % 4))
            return self._cipher.decrypt(body, _named(about)).decode()
        except (InvalidTag, ValueError):
            raise ValueError("this was not sealed here") from None


def _named(about: tuple[str, ...]) -> list[bytes]:
    return [one.encode() for one in about]

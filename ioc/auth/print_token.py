"""The printer's pass: by it the web process knows its own worker, which prints what everybody may see."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

KEY_LABEL = "printer"  # of the secret's key
HEADER = "X-Ioc-Pass"
VALID_SECONDS = 300


@dataclass(frozen=True, slots=True)
class PrintToken:
    """Made for a few minutes, so that one that is found in a file opens nothing. `seconds`: since 1970."""

    key: bytes
    unix_time: Callable[[], float]

    def issue(self) -> str:
        """A pass from now on."""
        until = str(int(self.unix_time()) + VALID_SECONDS)
        return f"{until}.{self._signature(until)}"

    def is_valid(self, token: str) -> bool:
        """Whether `given` is a pass of ours whose time is not over."""
        until, _, signature = token.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 16):
            return False
        same = hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(until).encode())
        return same and 0 <= int(until) - self.unix_time() <= VALID_SECONDS

    def _signature(self, until: str) -> str:
        return hmac.new(self.key, until.encode(), sha256).hexdigest()

"""The printer's pass: by it the web process knows its own worker, which prints what everybody may see."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

LABEL = "printer"  # of the secret's key
HEADER = "X-Ioc-Pass"
GOOD_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Pass:
    """Made for a few minutes, so that one that is found in a file opens nothing. `seconds`: since 1970."""

    key: bytes
    seconds: Callable[[], float]

    def made(self) -> str:
        """A pass from now on."""
        until = str(int(self.seconds()) + GOOD_SECONDS)
        return f"{until}.{self._signed(until)}"

    def opens(self, given: str) -> bool:
        """Whether `given` is a pass of ours whose time is not over."""
        until, _, signature = given.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 16):
            return False
        same = hmac.compare_digest(signature.encode("utf-8", "replace"), self._signed(until).encode())
        return same and 0 <= int(until) - self.seconds() <= GOOD_SECONDS

    def _signed(self, until: str) -> str:
        return hmac.new(self.key, until.encode(), sha256).hexdigest()

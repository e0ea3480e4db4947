"""Print token: a signed, short-lived header by which the web process recognises its own print worker."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

KEY_LABEL = "printer"  # of SecretKey.derive
HEADER = "X-Ioc-Print-Token"
VALID_SECONDS = 300


@dataclass(frozen=True, slots=True)
class PrintToken:
    """Issues and checks tokens. They are valid for minutes only, in case one leaks into a file."""

    key: bytes
    unix_time: Callable[[], float]

    def issue(self) -> str:
        """A token that is valid from now on: "expiry.signature"."""
        until = str(int(self.unix_time()) + VALID_SECONDS)
        return f"{until}.{self._signature(until)}"

    def is_valid(self, token: str) -> bool:
        """Whether the token is ours and has not expired."""
        until, _, signature = token.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 16):
            return False
        is_signed = hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(until).encode())
        return is_signed and 0 <= int(until) - self.unix_time() <= VALID_SECONDS

    def _signature(self, until: str) -> str:
        return hmac.new(self.key, until.encode(), sha256).hexdigest()

"""Print token: a signed, short-lived header by which the web process recognises its own print worker."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.times import Clock

KEY_LABEL = "printer"  # of SecretKey.derive
HEADER = "X-Ioc-Print-Token"
VALID_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PrintToken:
    """Issues and checks tokens. They are valid for minutes only, in case one leaks into a file."""

    key: bytes
    clock: Clock

    def issue(self) -> str:
        """A token that is valid from now on: "expiry.signature"."""
        until = str(int((self.clock() + VALID_FOR).timestamp()))
        return f"{until}.{self._signature(until)}"

    def is_valid(self, token: str) -> bool:
        """Whether the token is ours and has not expired."""
        until, _, signature = token.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 16):
            return False
        is_signed = hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(until).encode())
        # Only what is signed is a time that we wrote.
        return is_signed and is_within(
            VALID_FOR, datetime.fromtimestamp(int(until), UTC) - VALID_FOR, self.clock(), CLOCK_TOLERANCE
        )

    def _signature(self, until: str) -> str:
        return hmac.new(self.key, until.encode(), sha256).hexdigest()

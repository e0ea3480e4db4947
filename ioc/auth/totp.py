"""Codes of the second factor: time-based ones of an authenticator (RFC 6238), recovery codes for when it is lost."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from ioc.auth.passwords import ALPHABET

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

ISSUER = "IOC Can Tho"
KEY_LABEL = "totp"  # of SecretKey.derive
_STEP_SECONDS, _DIGITS, _RECOVERY_CODE_COUNT = 30, 6, 10


@dataclass(frozen=True, slots=True)
class TotpEnrolment:
    """What an authenticator needs, shown once: otpauth URI, its QR code as SVG, the secret to be typed."""

    uri: str
    qr_svg: str
    secret: str


class SecretBox:
    """Encrypts TOTP secrets for the store (Fernet): a copy of the store alone reveals none.

    `key`: 32 bytes. cryptography is loaded at the first use.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet

        return Fernet(urlsafe_b64encode(self._key))

    def encrypt(self, secret: str) -> str:
        """The ciphertext of `secret`."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str | None:
        """The secret; None when it was encrypted with another secret key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken:
            return None


def new_secret() -> str:
    """A TOTP secret: 160 bits in base 32."""
    import pyotp

    return pyotp.random_base32()


def enrolment(name: str, secret: str) -> TotpEnrolment:
    """The enrolment of `secret` for the user `name`."""
    import pyotp
    import segno

    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    buffer = BytesIO()
    # Black on white in both themes, with the quiet zone that scanners need.
    segno.make(uri, error="m").save(
        buffer, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=False
    )
    return TotpEnrolment(uri, buffer.getvalue().decode().strip(), secret)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step of `code`, of the current one and its neighbours; None when it is none of theirs."""
    import hmac

    import pyotp

    code = "".join(code.split())
    if not (len(code) == _DIGITS and code.isascii() and code.isdigit()):
        return None
    current = int(now.timestamp()) // _STEP_SECONDS
    totp = pyotp.TOTP(secret)
    # All three are compared whichever matches: the time taken tells nothing.
    matching = [
        step for step in (current - 1, current, current + 1) if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    return matching[-1] if matching else None


def generate_recovery_codes() -> tuple[str, ...]:
    """Ten codes of 59 bits each, in three groups of four characters."""
    return tuple(
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
        for _ in range(_RECOVERY_CODE_COUNT)
    )


def recovery_digest(account_id: int, code: str) -> str:
    """The digest under which a recovery code of an account is stored; case, spaces and dashes do not matter."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return sha256(f"ioc-recovery:{account_id}:{plain}".encode("utf-8", "replace")).hexdigest()

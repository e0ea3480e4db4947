"""The second factor: codes of an authenticator by time, and recovery codes for when it is lost."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO

from ioc.auth.passwords import ALPHABET

ISSUER = "IOC Can Tho"
_STEP_SECONDS, _DIGITS, _RECOVERY_CODE_COUNT = 30, 6, 10


@dataclass(frozen=True, slots=True)
class TotpEnrolment:
    """What an authenticator needs, shown once: an address, a picture of it, the secret to be typed."""

    uri: str
    qr_svg: str
    secret: str


class SecretBox:
    """Second factors as they are kept: whoever has the store alone has none of them."""

    def __init__(self, key: bytes) -> None:
        from base64 import urlsafe_b64encode

        from cryptography.fernet import Fernet

        self._fernet = Fernet(urlsafe_b64encode(key))

    def encrypt(self, secret: str) -> str:
        """Enciphered."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str | None:
        """Deciphered; None when it was kept under another secret of the centre."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken:
            return None


def new_secret() -> str:
    """160 bits in base 32."""
    import pyotp

    return pyotp.random_base32()


def enrolment(name: str, secret: str) -> TotpEnrolment:
    """What is shown of `secret` to the person called `name`."""
    import pyotp
    import segno

    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    drawn = BytesIO()
    # Black on white on every screen, with the quiet zone that cameras want.
    segno.make(uri, error="m").save(
        drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=False
    )
    return TotpEnrolment(uri, drawn.getvalue().decode().strip(), secret)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The step that `code` belongs to, of this one and its neighbours; None for none of them."""
    import hmac

    import pyotp

    code = "".join(code.split())
    if not (len(code) == _DIGITS and code.isascii() and code.isdigit()):
        return None
    this = int(now.timestamp()) // _STEP_SECONDS
    made = pyotp.TOTP(secret)
    # All three are looked at, whichever it is.
    good = [step for step in (this - 1, this, this + 1) if hmac.compare_digest(made.generate_otp(step), code)]
    return good[-1] if good else None


def generate_recovery_codes() -> tuple[str, ...]:
    """Ten codes of 59 bits, in three groups each."""
    return tuple(
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
        for _ in range(_RECOVERY_CODE_COUNT)
    )


def recovery_digest(account_id: int, code: str) -> str:
    """Under what the store keeps a code of an account; spaces, capitals and dashes of a hurried thumb are forgiven."""
    plain = "".join(one for one in code.casefold() if one.isalnum())
    return sha256(f"ioc-recovery:{account_id}:{plain}".encode("utf-8", "replace")).hexdigest()

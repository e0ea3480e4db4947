"""The centre's secret: one for all that must be unreadable or unforgeable, with a key of its own for each use."""

import logging
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ENV_VARIABLE = "IOC_SECRET"
FILE_NAME = "secret"
MIN_LENGTH = 32
_MIN_DISTINCT_CHARACTERS = 8  # different characters: fewer are a pattern, not a secret
_PLACEHOLDERS = (
    "changeme", "change-me", "change_me", "replaceme", "placeholder", "example", "yoursecret", "your-secret",
    "your_secret", "insecure", "secretsecret", "matkhau", "mat-khau", "12345678", "abcdefgh",
)  # fmt: skip
log = logging.getLogger("ioc.secret")


class SecretKeyError(ValueError):
    """The secret cannot be used. `why`: short, placeholder, unreadable, unwritable; never a word of the secret."""

    def __init__(self, reason: str, location: str) -> None:
        super().__init__(f"{location}: {_MESSAGES[reason]}")
        self.reason, self.location = reason, location


_MESSAGES = {
    "short": f"the secret is shorter than {MIN_LENGTH} characters",
    "placeholder": "the secret is one that anybody would guess",
    "unreadable": "the secret cannot be read",
    "unwritable": "the secret cannot be kept",
}


@dataclass(frozen=True, slots=True)
class SecretKey:
    """The same in every process of a centre. Who loses it loses what was made with it: second factors, sessions."""

    _material: bytes = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str], data: Path) -> Self:
        """IOC_SECRET of the environment, else the file `secret` in `data`, made at first use. SecretRefused."""
        given = environment.get(ENV_VARIABLE, "").strip()
        return cls(_validated(given, ENV_VARIABLE).encode() if given else _read_or_create(data / FILE_NAME))

    def derive(self, label: str) -> bytes:
        """32 bytes for one use; who knows those of one label knows nothing of another's."""
        # Loaded where it is used: the poller reads no key.
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=b"ioc-can-tho", info=label.encode()).derive(self._material)


def _validated(secret: str, location: str) -> str:
    if len(secret) < MIN_LENGTH:
        raise SecretKeyError("short", location)
    plain = secret.casefold()
    if len(set(plain)) < _MIN_DISTINCT_CHARACTERS or any(one in plain for one in _PLACEHOLDERS):
        raise SecretKeyError("placeholder", location)
    return secret


def _read_or_create(path: Path) -> bytes:
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            log.warning("%s can be read by others: chmod 600 it, and make a new one if they did", path)
        return _validated(path.read_text("ascii").strip(), str(path)).encode()
    except (OSError, UnicodeDecodeError):
        raise SecretKeyError("unreadable", str(path)) from None


def _create(path: Path) -> None:
    """Whole or not at all, and by one process only: the others find it made."""
    fresh = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    except OSError:
        raise SecretKeyError("unwritable", str(path)) from None

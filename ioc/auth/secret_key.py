"""The installation's secret key, from which a key for each use is derived (HKDF, RFC 5869)."""

import hmac
import logging
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from ioc.domain.base.durable_files import sync
from ioc.domain.base.failure import ErrorCode, FailureError

ENV_VARIABLE = "IOC_SECRET"
FILE_NAME = "secret"
MIN_LENGTH = 32
_MIN_DISTINCT_CHARACTERS = 8  # fewer are a pattern, not a secret
_PLACEHOLDERS = (
    "changeme", "change-me", "change_me", "replaceme", "placeholder", "example", "yoursecret", "your-secret",
    "your_secret", "insecure", "secretsecret", "matkhau", "mat-khau", "12345678", "abcdefgh",
)  # fmt: skip
log = logging.getLogger("ioc.secret")


class SecretKeyCode(ErrorCode):
    """Why the secret key cannot be used. Texts: components/messages/errors/secret_key.toml.

    `location`: the environment variable or the file.
    """

    EMPTY = "secret_key.empty"  # location: a file
    TOO_SHORT = "secret_key.too_short"  # location, least: characters
    GUESSABLE = "secret_key.guessable"  # location
    UNREADABLE = "secret_key.unreadable"  # location
    UNWRITABLE = "secret_key.unwritable"  # location


class SecretKeyError(FailureError, ValueError):
    """The secret key cannot be used. The failure never quotes the secret."""


@dataclass(frozen=True, slots=True)
class SecretKey:
    """The same in every process of an installation. When it is lost, stored second factors cannot be decrypted."""

    _material: bytes = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str], data: Path) -> Self:
        """IOC_SECRET of the environment, else the file `secret` in `data`, made at first use. Raises SecretKeyError."""
        secret = environment.get(ENV_VARIABLE, "").strip()
        return cls(_validated(secret, ENV_VARIABLE).encode() if secret else _read_or_create(data / FILE_NAME))

    def derive(self, label: str) -> bytes:
        """32 bytes for one use; the key of one label reveals nothing of another's."""
        extracted = hmac.digest(b"ioc-can-tho", self._material, "sha256")
        return hmac.digest(extracted, label.encode() + b"\x01", "sha256")  # the first block is all of the 32 bytes


def validate_file(path: Path, location: str) -> bytes:
    """The secret in the file at `path`. SecretKeyError names it by `location`."""
    if not path.is_file():  # to open a FIFO would wait for ever
        raise SecretKeyError(SecretKeyCode.UNREADABLE, location=location)
    try:
        if not (secret := path.read_text("ascii").strip()):
            raise SecretKeyError(SecretKeyCode.EMPTY, location=location)
        return _validated(secret, location).encode()
    except (OSError, UnicodeDecodeError):
        raise SecretKeyError(SecretKeyCode.UNREADABLE, location=location) from None


def _validated(secret: str, location: str) -> str:
    if len(secret) < MIN_LENGTH:
        raise SecretKeyError(SecretKeyCode.TOO_SHORT, location=location, least=MIN_LENGTH)
    plain = secret.casefold()
    if len(set(plain)) < _MIN_DISTINCT_CHARACTERS or any(word in plain for word in _PLACEHOLDERS):
        raise SecretKeyError(SecretKeyCode.GUESSABLE, location=location)
    return secret


def _read_or_create(path: Path) -> bytes:
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            log.warning(
                "%s can be read by other users: set its mode to 600, and replace the secret if they may have read it",
                path,
            )
    except OSError:
        raise SecretKeyError(SecretKeyCode.UNREADABLE, location=str(path)) from None
    return validate_file(path, str(path))


def _create(path: Path) -> None:
    """Writes a new secret atomically; of several processes at once one wins, and the others read its file."""
    temporary = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
            sync(path.parent)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    except OSError:
        raise SecretKeyError(SecretKeyCode.UNWRITABLE, location=str(path)) from None

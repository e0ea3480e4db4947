"""Forms that are sent twice, by a second press or by the browser: one act, and the same answer to both."""

import hmac
from collections.abc import Callable
from datetime import datetime

from ioc.auth import tokens
from ioc.auth.totp import SecretBox
from ioc.domain.access.principal import Principal
from ioc.storage.db import commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn


def answer_once(
    conn: Conn, by: Principal, key: str, content: object, now: datetime, act: Callable[[], str]
) -> str:  # fmt: skip
    """The answer of `act`, which is done once under `key`, a token, within FORM_LIFETIME; "": each time.

    The answer may be a secret: the store has it encrypted with the key, and of the key the digest only. CommandError.
    """
    digest = tokens.digest(key) or ""
    answered = commands.claim(conn, by.name, digest, content, now, FORM_LIFETIME)
    if answered is not None:
        return _box(key).decrypt(answered) or ""
    answer = act()
    if digest:
        commands.keep_answer(conn, by.name, digest, _box(key).encrypt(answer))
    return answer


def _box(key: str) -> SecretBox:
    return SecretBox(hmac.digest(key.encode(), b"answer", "sha256"))

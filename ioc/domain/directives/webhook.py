"""Acts that are sent to the systems of others: signature, id of a message, and when a failed one is sent again.

Headers and signature are those of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks).
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.directives.acts import TaskEvent

SECRET_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)  # as the standard has it
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
# A receiver that failed for so long is asked seldom, until it takes a message.
GIVEN_UP_AFTER, SELDOM = timedelta(days=5), timedelta(days=1)


class WebhookCode(ErrorCode):
    """Why acts do not reach a system. Texts: components/messages/errors/webhook_delivery.toml."""

    KEY_MISSING = "webhook_delivery.key_missing"
    SECRET_MALFORMED = "webhook_delivery.secret_malformed"  # name
    NOT_SENT = "webhook_delivery.not_sent"  # cause
    REDIRECTED = "webhook_delivery.redirected"  # status
    CONNECTION_CLOSED = "webhook_delivery.connection_closed"
    REFUSED = "webhook_delivery.refused"  # status
    TOO_SLOW = "webhook_delivery.too_slow"  # seconds


# All others lie here: what is missing for a message to be made.
_OF_RECEIVER = frozenset({
    WebhookCode.NOT_SENT, WebhookCode.REDIRECTED, WebhookCode.CONNECTION_CLOSED, WebhookCode.REFUSED,
    WebhookCode.TOO_SLOW,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the acts that the system with the API key `system` may see are sent. `secret_name`: in the environment."""

    system: str
    address: str
    secret_name: str
    may_be_private: bool = False

    @property
    def host(self) -> str:
        """Host and port of the address: what is shown of it."""
        return urlsplit(self.address).netloc


@dataclass(frozen=True, slots=True)
class WebhookState:
    """How far a system was told. `cursor`: the last act that it took or may not see; `sent`: the last one that it took.

    `failing_since`, `failure`, `retry_at`: of what is not delivered now, None where all is well; `failures`: in a row.
    """

    cursor: int
    sent: int = 0
    sent_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    failure: Failure | None = None
    retry_at: datetime | None = None

    def after_success(self, cursor: int, sent: int, now: datetime) -> "WebhookState":
        """What follows when acts up to `cursor` were looked at, and `sent` was the last one taken (0 for none)."""
        return WebhookState(cursor, sent or self.sent, now if sent else self.sent_at)

    def after_failure(self, failure: Failure, now: datetime, asked_pause: timedelta | None = None) -> "WebhookState":
        """What follows when the next act was not taken. `asked_pause`: what the receiver asked for.

        It counts anew where the failure is the receiver's for the first time, or no more.
        """
        is_of_receiver = failure.code in _OF_RECEIVER
        goes_on = self.failure is not None and is_of_receiver is (self.failure.code in _OF_RECEIVER)
        since = min(self.failing_since or now, now) if goes_on else now
        failures = self.failures + 1 if goes_on else 1
        pause = retry_pause(failures, now - since if is_of_receiver else timedelta(0), asked_pause)
        return WebhookState(self.cursor, self.sent, self.sent_at, since, failures, failure, now + pause)

    def wait(self, now: datetime) -> timedelta:
        """How long nothing is sent, zero for not at all; never longer than a pause, whatever the clock does."""
        if self.retry_at is None or self.failing_since is None:
            return timedelta(0)
        is_of_receiver = self.failure is not None and self.failure.code in _OF_RECEIVER
        failing_for = self.retry_at - self.failing_since if is_of_receiver else timedelta(0)
        longest = retry_pause(self.failures, failing_for, LONGEST_PAUSE)
        return min(max(self.retry_at - now, timedelta(0)), longest)


def retry_pause(failures: int, failing_for: timedelta, asked: timedelta | None = None) -> timedelta:
    """The pause after so many failures in a row: doubled each time up to 15 minutes, after five days a day."""
    if failing_for >= GIVEN_UP_AFTER:
        return SELDOM
    own = min(FIRST_PAUSE * float(2 ** min(failures - 1, 16)), LONGEST_PAUSE)
    return min(max(own, asked or own), LONGEST_PAUSE)


def signing_key(secret: str) -> bytes:
    """The key in a secret, "whsec_" and 24 to 64 bytes in base64. ValueError where it is another one."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if not secret.startswith(SECRET_PREFIX) or len(key) not in _KEY_BYTES:
        raise ValueError("not a secret of a webhook")
    return key


def message_id(event: TaskEvent) -> str:
    """The same whenever an act is sent; of another act another one, also where a restore uses its number again."""
    text = f"{event.id} {event.task} {event.act} {event.at.isoformat()} {event.actor}"
    return f"act_{event.id}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def headers(key: bytes, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message that is sent at `at`, with the HMAC-SHA256 over "id.seconds.body"."""
    seconds = str(int(at.timestamp()))
    signed = hmac.digest(key, f"{message}.{seconds}.".encode() + body, "sha256")
    signature = base64.b64encode(signed).decode()
    return {"webhook-id": message, "webhook-timestamp": seconds, "webhook-signature": f"v1,{signature}"}

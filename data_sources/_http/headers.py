"""Headers with times: dates, and how long a server asks to wait. Without the client, which only a poller needs."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 86_400.0


def http_date(headers: Mapping[str, str], name: str) -> datetime | None:
    """The date in header `name`, UTC where it has no zone; None where it is missing or no date."""
    try:
        date = parsedate_to_datetime(headers.get(name, ""))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def sent_at(headers: Mapping[str, str]) -> datetime | None:
    """The Date of an answer, by its server's clock; None where it is missing, or older than the answer: of a cache."""
    return http_date(headers, "Date") if headers.get("Age", "0").strip() == "0" else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a server asks to wait, at most a day: Retry-After, else X-RateLimit-Reset; None for neither.

    A date is counted from when the answer was sent, by the same clock; from `now` where that is not known.
    """
    name = "Retry-After" if headers.get("Retry-After") else "X-RateLimit-Reset"
    text = headers.get(name, "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return min(float(text), MAX_RETRY_AFTER)
    if (until := http_date(headers, name)) is None:
        return None
    return min(max((until - (sent_at(headers) or now)).total_seconds(), 0.0), MAX_RETRY_AFTER)

"""Faults of a source, set by command for a limited time, and the command itself."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

DOWN = "down"
# kind: what the source does
KINDS = {
    DOWN: "cuts the connection without an answer",
    "slow": "accepts the request and never answers",
    "429": "answers 429 with Retry-After: 30",
    "401": "answers 401",
    "half": "cuts the answer in the middle",
    "garbage": "answers random bytes as application/json",
    "wrong-clock": "sends times three hours ahead",
    "duplicates": "sends every item twice",
    "flood": "sends every item two thousand times",
    "html": "answers 200 with a log-in page",
}
NO_FAULT = "ok"
DEFAULT_SECONDS = 120.0  # seconds
MAX_SECONDS = 86_400
FILE_KINDS = frozenset({"half", "garbage", "html"})  # kinds for a file in a folder
PUSH_KINDS = frozenset({DOWN, "half", "garbage", "html", "wrong-clock", "duplicates"})  # kinds for webhooks
MQTT_KINDS = frozenset({DOWN, "garbage", "wrong-clock", "duplicates"})
KINDS_BY_FORMAT = {
    "sheet": FILE_KINDS, "tt10": FILE_KINDS, "push": PUSH_KINDS, "mqtt": MQTT_KINDS, "sql": frozenset({DOWN}),
}  # fmt: skip
CLOCK_SHIFT = 3 * 3600.0
RETRY_AFTER = 30
COPIES = {"duplicates": 2, "flood": 2000}
MAX_ITEMS = 40_000  # limit of a flood, so that a long list of large items fits into memory
GARBAGE = bytes(range(128, 256)) * 8
HTML = "<!doctype html><title>Đăng nhập</title><h1>Vui lòng đăng nhập</h1>".encode()


_LIST_KEYS = {"data", "roads", "soLieu", "value", "Observations", "phanAnh", "features", "cameras", "soDo", "tinhHuong",
          "diemNgap"}  # fmt: skip


class FaultRejectedError(Exception):
    """The simulated city rejected a fault. The message is its answer."""


class UnknownFaultError(ValueError):
    """The kind does not exist or does not apply to this source."""


def allowed_kinds(payload_format: str) -> frozenset[str]:
    """The kinds that a source of this payload format may have, and `ok`."""
    return KINDS_BY_FORMAT.get(payload_format, frozenset(KINDS)) | {NO_FAULT}


def parse_duration(seconds: object) -> float | None:
    """Seconds of a fault; None unless it is a number above 0 and at most MAX_SECONDS."""
    try:
        duration = float(seconds) if isinstance(seconds, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return None
    return duration if 0 < duration <= MAX_SECONDS else None


@dataclass(slots=True)
class FaultRegistry:
    """The active faults: source -> (kind, time at which it ends in seconds since 1970)."""

    faults: dict[str, tuple[str, float]] = field(default_factory=dict)

    def set_fault(self, source: str, kind: str, until: float, payload_format: str = "") -> None:
        """Sets a fault, or clears it with "ok". UnknownFaultError for a kind that does not apply."""
        if kind not in allowed_kinds(payload_format):
            raise UnknownFaultError(
                f"fault {kind!r} does not apply here; these do: {', '.join(sorted(allowed_kinds(payload_format)))}"
            )
        self.faults.pop(source, None)
        if kind != NO_FAULT:
            self.faults[source] = (kind, until)

    def fault_of(self, source: str, now: float) -> str:
        """The fault of `source` at `now`, "" for none."""
        kind, until = self.faults.get(source, ("", 0.0))
        return kind if now < until else ""

    def active_faults(self, now: float) -> list[dict[str, Any]]:
        """The active faults at `now`, each with the seconds until its end."""
        return [
            {"source": source, "fault": kind, "left": round(until - now, 1)}
            for source, (kind, until) in sorted(self.faults.items())
            if now < until
        ]


def multiplied(document: Any, copies: int) -> Any:
    """`document` with every list of items repeated `copies` times, up to MAX_ITEMS."""
    if isinstance(document, list):
        return document * max(2, min(copies, MAX_ITEMS // max(1, len(document))))
    if isinstance(document, dict):
        return {key: multiplied(part, copies) if key in _LIST_KEYS else part for key, part in document.items()}
    return document


def send_fault(base_url: str, source: str, kind: str, seconds: float = DEFAULT_SECONDS) -> None:
    """Sets a fault at the simulated city. FaultRejectedError when it rejects it, OSError when it does not answer."""
    body = json.dumps({"source": source, "fault": kind, "for": seconds}).encode()
    request = Request(f"{base_url.rstrip('/')}/faults", body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=5) as answer:  # our own simulated city # nosec B310
            answer.read()
    except HTTPError as error:
        raise FaultRejectedError(error.read().decode(errors="replace")[:400]) from None

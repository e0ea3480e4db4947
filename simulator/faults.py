"""What can go wrong with a source, by command and for a while; and the command itself."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

# fault: what the source does.
KINDS = {
    "down": "cuts the connection without an answer",
    "slow": "takes the question and never answers",
    "429": "answers 429 with Retry-After: 30",
    "401": "answers 401",
    "half": "cuts the answer in the middle",
    "garbage": "answers bytes that mean nothing, as application/json",
    "wrong-clock": "tells times three hours ahead",
    "duplicates": "tells everything twice",
    "flood": "tells everything two thousand times over",
    "html": "answers 200 with a log-in page",
}
NO_FAULT = "ok"
DEFAULT_SECONDS = 120.0  # seconds
MAX_SECONDS = 86_400
FILE_KINDS = frozenset({"half", "garbage", "html"})  # what can happen to a file in a folder
PUSH_KINDS = frozenset({"down", "half", "garbage", "html", "wrong-clock", "duplicates"})  # to what is sent to others
KINDS_BY_FORMAT = {"sheet": FILE_KINDS, "tt10": FILE_KINDS, "push": PUSH_KINDS}
CLOCK_SHIFT = 3 * 3600.0
RETRY_AFTER = 30
COPIES = {"duplicates": 2, "flood": 2000}
MAX_ITEMS = 40_000  # of a flood, so that one of long items stays within what a machine can hold
GARBAGE = bytes(range(128, 256)) * 8
HTML = "<!doctype html><title>Đăng nhập</title><h1>Vui lòng đăng nhập</h1>".encode()


_LIST_KEYS = {"data", "roads", "soLieu", "value", "Observations", "phanAnh", "features", "cameras", "soDo", "tinhHuong",
          "diemNgap"}  # fmt: skip


class FaultRejectedError(Exception):
    """What the simulated city said when it did not take a fault."""


class UnknownFaultError(ValueError):
    """A kind that there is not, or not for this source."""


def allowed_kinds(payload_format: str) -> frozenset[str]:
    """What a source may be given, by the shape of its feed."""
    return KINDS_BY_FORMAT.get(payload_format, frozenset(KINDS)) | {NO_FAULT}


def parse_duration(seconds: object) -> float | None:
    """For how long a fault holds; None for what is no such time."""
    try:
        found = float(seconds) if isinstance(seconds, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return None
    return found if 0 < found <= MAX_SECONDS else None


@dataclass(slots=True)
class FaultRegistry:
    """The faults that are set: source -> kind and the time at which it ends."""

    faults: dict[str, tuple[str, float]] = field(default_factory=dict)

    def set_fault(self, source: str, kind: str, until: float, payload_format: str = "") -> None:
        """Sets a fault, or clears it with "ok"."""
        if kind not in allowed_kinds(payload_format):
            raise UnknownFaultError(
                f"fault {kind!r} is not known here; known are: {', '.join(sorted(allowed_kinds(payload_format)))}"
            )
        self.faults.pop(source, None)
        if kind != NO_FAULT:
            self.faults[source] = (kind, until)

    def fault_of(self, source: str, now: float) -> str:
        """The fault of `source` at `now`, "" for none."""
        kind, until = self.faults.get(source, ("", 0.0))
        return kind if now < until else ""

    def active_faults(self, now: float) -> list[dict[str, Any]]:
        """Every fault that holds, with the seconds that it has left."""
        return [
            {"source": source, "fault": kind, "left": round(until - now, 1)}
            for source, (kind, until) in sorted(self.faults.items())
            if now < until
        ]


def multiplied(document: Any, copies: int) -> Any:
    """`document` with every list of items in it repeated."""
    if isinstance(document, list):
        return document * max(2, min(copies, MAX_ITEMS // max(1, len(document))))
    if isinstance(document, dict):
        return {key: multiplied(one, copies) if key in _LIST_KEYS else one for key, one in document.items()}
    return document


def send_fault(base_url: str, source: str, kind: str, seconds: float = DEFAULT_SECONDS) -> None:
    """Sets a fault at the simulated city. FaultRefused when it does not take it, OSError when it does not answer."""
    body = json.dumps({"source": source, "fault": kind, "for": seconds}).encode()
    request = Request(f"{base_url.rstrip('/')}/faults", body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=5) as answer:  # our own simulated city # nosec B310
            answer.read()
    except HTTPError as error:
        raise FaultRejectedError(error.read().decode(errors="replace")[:400]) from None

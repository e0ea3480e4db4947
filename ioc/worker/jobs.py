"""What is to be printed, what came of it, and why it could not be: what the web and the worker agree on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ioc.domain.base.times import CITY_ZONE, Clock

JOB_KIND = "print"
PDF_FOLDER = "pdf"  # of the data folder: where the worker puts what the web hands out

# Why there is no paper; each is a message paper.<reason>. Of these, the first two may pass: they are tried again once.
NOT_READY, BROWSER_DIED = "not_ready", "browser_died"
NO_BROWSER, PAGE_FAILED, CANNOT_WRITE = "no_browser", "page_failed", "cannot_write"
REASONS = frozenset({NOT_READY, BROWSER_DIED, NO_BROWSER, PAGE_FAILED, CANNOT_WRITE})
TRANSIENT_REASONS = frozenset({NOT_READY, BROWSER_DIED})


class PrintError(Exception):
    """No paper came of it. `reason` is one of REASONS."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A page of ours: its path, its parameters, the language. `name` begins the file's name."""

    path: str
    params: Mapping[str, str]
    lang: str
    name: str

    def body(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {**asdict(self), "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class PrintResult:
    """A file of IOC_DATA/pdf. `content_hash`: of what the page showed, `file_sha256`: of the file's bytes."""

    file: str
    file_sha256: str
    content_hash: str
    size: int


def file_timestamp(clock: Clock) -> str:
    """20261124-1432, as file names carry it."""
    return clock().astimezone(CITY_ZONE).strftime("%Y%m%d-%H%M")

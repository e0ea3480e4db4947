"""Print jobs: the order, its result and its failures, as the web application and the worker exchange them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ioc.domain.base.failure import ErrorCode, FailureError
from ioc.domain.base.times import CITY_ZONE, Clock

JOB_KIND = "print"
PDF_FOLDER = "paper"  # in the data folder: the worker writes there, the web application serves from there


class PrintCode(ErrorCode):
    """Why a print job failed. Texts: components/messages/errors/print.toml."""

    NOT_READY = "print.not_ready"
    BROWSER_DIED = "print.browser_died"
    NO_BROWSER = "print.no_browser"
    PAGE_FAILED = "print.page_failed"
    CANNOT_WRITE = "print.cannot_write"


TRANSIENT_CODES = frozenset({PrintCode.NOT_READY, PrintCode.BROWSER_DIED})  # these are tried again once


class PrintError(FailureError):
    """A print job failed. `detail`: for the log alone, since it may hold addresses."""

    def __init__(self, code: PrintCode, /, detail: str = "") -> None:
        super().__init__(code)
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.failure.code}: {self.detail}" if self.detail else self.failure.code


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
    """A file of IOC_DATA/paper. `content_hash`: of what the page showed, `file_sha256`: of the file's bytes."""

    file: str
    file_sha256: str
    content_hash: str
    size: int


def file_timestamp(clock: Clock) -> str:
    """20261124-1432, as file names carry it."""
    return clock().astimezone(CITY_ZONE).strftime("%Y%m%d-%H%M")

"""Print jobs, their results and the codes of their failures: what the web and the worker share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ioc.domain.base.failure import ErrorCode, FailureError
from ioc.domain.base.times import CITY_ZONE, Clock

JOB_KIND = "print"
PDF_FOLDER = "pdf"  # of the data folder: where the worker puts what the web hands out


class PrintCode(ErrorCode):
    """Why a page could not be printed. Texts: components/messages/errors/print.toml."""

    NOT_READY = "print.not_ready"  # external: what the browser says
    BROWSER_DIED = "print.browser_died"  # external: what the browser says
    NO_BROWSER = "print.no_browser"
    PAGE_NOT_FOUND = "print.page_not_found"
    PAGE_FAILED = "print.page_failed"  # status: of the page's answer, 0 for none
    WRITE_FAILED = "print.write_failed"  # cause: of the operating system


TRANSIENT_CODES = frozenset({PrintCode.NOT_READY, PrintCode.BROWSER_DIED})  # worth a second attempt


class PrintError(FailureError):
    """The page could not be printed."""


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A page to print: its path, its parameters, the language. `name` begins the file's name.

    `origin`: scheme and host under which it was asked for, printed with the address of the page.
    """

    path: str
    params: Mapping[str, str]
    lang: str
    name: str
    origin: str = ""

    def body(self) -> dict[str, Any]:
        """The parameters of the job in the store."""
        return {**asdict(self), "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class PrintResult:
    """A file of IOC_DATA/pdf. `content_hash`: of what the page showed; `file_sha256`: of the file; `size`: in bytes."""

    file: str
    file_sha256: str
    content_hash: str
    size: int


def file_timestamp(clock: Clock) -> str:
    """20261124-1432, as file names carry it."""
    return clock().astimezone(CITY_ZONE).strftime("%Y%m%d-%H%M")

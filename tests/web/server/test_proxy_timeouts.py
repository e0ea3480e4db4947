"""deploy/nginx.conf waits longer than the program works for an answer: its own sentence reaches the reader."""

import re
from pathlib import Path

import pytest

from ioc.submissions import uploads
from ioc.web import task_sheet_process
from ioc.web.exports import table_process
from ioc.web.middleware.dash_guard import UPDATE_PATH
from ioc.web.pdf import endpoint

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "nginx.conf"
DEFAULT = "/"
# The longest that the program works for an answer and waits before, in seconds.
LIMITS = {
    DEFAULT: endpoint.WAIT_SECONDS,
    "/xuat/": table_process.WAIT_SECONDS + table_process.MAX_SECONDS,
    UPDATE_PATH: max(task_sheet_process.MAX_SECONDS, uploads.WAIT_SECONDS + uploads.MAX_SECONDS),
}


def timeouts() -> dict[str, float]:
    """Seconds by the path of the location; under DEFAULT those of the server."""
    parts = re.split(r"location (?:= )?(\S+) \{", CONFIGURATION.read_text("utf-8"))
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True)) | {DEFAULT: parts[0]}
    found = {path: re.findall(r"proxy_read_timeout (\d+)s;", body) for path, body in bodies.items()}
    return {path: float(seconds[0]) for path, seconds in found.items() if seconds}


@pytest.mark.parametrize("path", LIMITS)
def test_the_proxy_waits_longer_than_the_program_works(path: str) -> None:
    assert timeouts()[path] > LIMITS[path]


def test_the_proxy_waits_longer_only_where_the_program_does() -> None:
    assert timeouts().keys() == LIMITS.keys()

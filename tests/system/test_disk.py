"""The disk of the store is full: the poller runs without a heartbeat, screens report it, and it recovers with space."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.system.conftest import running
from tests.system.disk import fill, small_disk
from tests.system.program import Program, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 48 MB."""
    with small_disk(tmp_path_factory.mktemp("disk"), 48) as place:
        yield place


@pytest.fixture(scope="module")
def cramped(small: Path, quick_config: Path) -> Iterator[Program]:
    """A centre whose store is on the small disk, and its log elsewhere."""
    program = Program(small / "data", IOC_CONFIG=str(quick_config))
    program.log_path = quick_config.parent / "cramped.log"
    yield from running(program)


def attention(program: Program) -> set[str]:
    """Component and severity of the host's conditions, and the attention page as screens get it."""
    conditions = {f"{item['component']}-{item['severity']}" for item in program.json("/api/v1/machine")["conditions"]}
    page = program.ask("/live/attention")[2].decode()
    return conditions if "(0 %): dọn bớt tệp" in page else set()


@pytest.mark.browser
def test_full_disk_is_reported_and_survived(cramped: Program, small: Path, page: Page) -> None:
    page.goto(f"{cramped.base}/chi-so")
    page.wait_for_function("() => window.iocReady === true")
    pid, ballast = cramped.child("poll"), small / "ballast"
    until(lambda: len(cramped.kpis()) and cramped.kpis()["bridge-flow"]["state"] == "ok", 20, "figures are shown")
    fill(ballast)
    until(lambda: "the store cannot be written" in cramped.log, 60, "the poller notices")
    page.wait_for_function("() => document.documentElement.dataset.link === 'frozen'")
    until(lambda: cramped.ask("/readyz")[0] == 503, 6, "it is not ready")
    named_at_once = (b"readiness.data_not_writable", b"readiness.disk_full")
    until(lambda: any(code in cramped.ask("/readyz")[2] for code in named_at_once), 6, "a reason is named")
    until(lambda: b"readiness.disk_full" in cramped.ask("/readyz")[2], 45, "the reason is named")
    until(lambda: "disk-critical" in attention(cramped), 15, "the attention list names it")
    assert cramped.child("poll") == pid, "the poller lives"
    ballast.unlink()
    until(cramped.ready, 15, "the heart beats again")
    page.wait_for_function("() => document.documentElement.dataset.link === 'ok'")
    assert cramped.child("poll") == pid and os.path.exists(cramped.data / "ioc.db")
    assert "the store can be written again" in cramped.log
    assert "Traceback" not in cramped.log

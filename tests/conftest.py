"""Shared fixtures: one Chromium per test process, stores, pages; no deadline for property tests."""

import gc
import os
import shutil
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from ioc.domain.base import reader_process
from ioc.storage.db.dialect import open_engine
from ioc.storage.db.store import Store
from ioc.worker.read_file import READERS
from simulator.free_ports import use_part

# Compiled modules are kept even where PYTHONDONTWRITEBYTECODE is set: each process of a program that a test starts
# would compile all it imports, which takes half as long again as the import.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("ioc", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ioc")

use_part(
    int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
    int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
)  # two processes of one run are given different ports

# Files whose tests use the demonstration or the centre that needs a login. One process runs them all, one after the
# other: another process would start both once more, fill a year of history once more and poll until it ends. Tests that
# change something come last.
DEMONSTRATION_FILES = (
    "system/test_pdf.py", "system/test_displays.py", "system/test_composition.py", "system/test_commands.py",
    "system/test_submissions.py", "system/test_gate.py", "system/test_api_keys.py", "system/test_history.py",
)  # fmt: skip
# The longest first: a run of several processes lasts until the last file has ended. Others by their number of tests.
LONGEST_FILES = (
    "browser/test_working_pages.py", "system/test_random_faults.py", "benchmarks/test_chaos.py",
    "browser/test_page_pairs.py", "browser/test_axe.py", "browser/test_streams.py", "system/test_webhooks.py",
    "system/test_protocols.py", "browser/test_map.py", "browser/test_live.py", "browser/test_layout.py",
    "system/test_killed_processes.py", "system/test_faults.py", "browser/test_map_events.py",
    "system/test_nginx.py", "system/test_secrets.py", "browser/test_access.py", "system/test_backup.py",
    "system/test_past.py", "system/test_database_server.py", "storage/test_paused_leader.py", "peers/test_prism.py",
    "worker/test_pdf.py", "web/server/test_serve.py", "storage/db/test_hanging_server.py",
)  # fmt: skip


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Without garbage collection, which takes more than half of the time; later it skips what is there now."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Orders the files: DEMONSTRATION_FILES, LONGEST_FILES, others; tests of one file keep their order."""
    first = (*DEMONSTRATION_FILES, *LONGEST_FILES)
    rank = {Path(__file__).parent / name: number for number, name in enumerate(first)}
    count = Counter(item.path for item in items)
    items.sort(key=lambda item: (rank.get(item.path, len(rank)), -count[item.path], item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of `--dist loadfile`, to which DEMONSTRATION_FILES are one file."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class Scheduler(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path: str = super()._split_scope(nodeid)
            return DEMONSTRATION_FILES[0] if path.endswith(DEMONSTRATION_FILES) else path

    return Scheduler(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Closes the test's page before its server ends, in whatever order their fixtures were set up.

    A page that goes on asking a server which is being stopped says so in its console: connection refused, or "socket
    not connected" where the server had not taken the connection yet. The test has not caused it.
    """
    opened = getattr(item, "funcargs", {}).get("page")
    if isinstance(opened, Page):
        with suppress(Error):  # the browser has already closed
            opened.context.close()


_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP ioc.test 127.0.0.1",
)  # fmt: skip


DRAWING_MS = 60_000  # in which a page is drawn: two runs on two slow cores without a graphics card may take 20 s
expect.set_options(timeout=DRAWING_MS)


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A context of its own, whose pages wait DRAWING_MS for what they wait for."""
    context = browser.new_context(**options)
    context.set_default_timeout(DRAWING_MS)
    return context


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one the test is skipped, in CI it fails."""
    path = os.environ.get("IOC_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None
    )
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: browser tests are left out (apt install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in the process of the test: a server takes half a second to start. Its own tests override this."""
    monkeypatch.setattr(
        reader_process.ReaderProcess,
        "_exchange",
        lambda process, request: resolve_name(READERS[process._reader].function)(request),
    )


@pytest.fixture(scope="session", autouse=True)
def pages_imported_once() -> Iterator[None]:
    """All applications of the process share one import of the pages; nothing to do where no test makes one."""
    registry = sys.modules.get("ioc.web.live.page_registry")
    with pytest.MonkeyPatch.context() as patch:
        if registry is not None:
            from tests.imported_pages import load_once

            patch.setattr(registry, "load_pages", load_once)
        yield


class _Compiled(LRUCache[Any, Any]):
    """Compiled statements of all engines of one kind of database: their keys without the engine's own dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """All stores of the process share what is compiled: most of a test's statements have been run by another test."""
    compiled = {name: _Compiled(1000) for name in ("sqlite", "postgresql")}

    def opened(*args: Any) -> Engine:
        engine = open_engine(*args)
        engine._compiled_cache = compiled[engine.dialect.name]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ioc.storage.db.store.open_engine", opened)
        yield


@cache
def _migrated() -> bytes:
    """An empty SQLite store: to copy it takes a hundredth of the time of the migrations."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ioc.db"
        with closing(Store(f"sqlite:///{path}")) as opened:
            opened.migrate()
        return path.read_bytes()


def empty_store(folder: Path | str) -> Store:
    """An empty store in `folder`."""
    path = Path(folder) / "ioc.db"
    path.write_bytes(_migrated())
    return Store(f"sqlite:///{path}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store; some folders override this fixture."""
    with closing(empty_store(tmp_path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that all examples of a property share; each example uses its own sources."""
    with closing(empty_store(tmp_path_factory.mktemp("one"))) as opened:
        yield opened


class PageLog:
    """Errors, warnings and requests of a page."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.warnings: list[str] = []
        self.requests: list[str] = []
        self.loads = 0


@pytest.fixture
def page_log() -> PageLog:
    return PageLog()


@pytest.fixture
def page(browser: Browser, page_log: PageLog) -> Page:
    """A page in a context of its own, which is closed when the test ends (pytest_runtest_teardown)."""
    new_page = new_context(browser, viewport={"width": 1180, "height": 820}).new_page()

    def record(request: Request) -> None:
        page_log.requests.append(request.url)
        page_log.loads += request.is_navigation_request()

    def hear(message: ConsoleMessage) -> None:
        heard = {"error": page_log.faults, "warning": page_log.warnings}.get(message.type)
        if heard is not None:
            heard.append(message.text)

    new_page.on("console", hear)
    new_page.on("pageerror", lambda error: page_log.faults.append(str(error)))
    new_page.on("request", record)
    return new_page

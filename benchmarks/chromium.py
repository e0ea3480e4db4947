"""A headless Chromium as a child of the benchmark: its pages by Playwright, its CPU from /proc, ended in any case."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.installation import terminate_all, wait_until
from simulator import server_guard

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server",
    "--remote-debugging-port=0", "--window-size=1920,1080",
)  # fmt: skip
WALL = (1920, 1080)


@dataclass(frozen=True, slots=True)
class Chromium:
    """`pid`: of the guard, whose descendants are the browser's processes."""

    pid: int
    browser: Browser

    @contextmanager
    def screen(self, size: tuple[int, int] = WALL) -> Iterator[tuple[Page, CDPSession]]:
        """A page in a new context, so that its cache is cold, and its DevTools session."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="vi-VN")
        try:
            yield new_page(context)
        finally:
            context.close()


def new_page(context: BrowserContext) -> tuple[Page, CDPSession]:
    """A new page of `context`, which shares its cache, and its DevTools session."""
    page = context.new_page()
    return page, context.new_cdp_session(page)


def find_chromium() -> str | None:
    """The path of Chromium; None when it is not installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def run_chromium(path: str) -> Iterator[Chromium]:
    """Runs Chromium with an empty profile, which is removed at the end."""
    profile = Path(tempfile.mkdtemp(prefix="ioc-bench-browser-"))
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root it cannot make its sandbox
    command = [path, *FLAGS, *root, f"--user-data-dir={profile}", "about:blank"]
    child = server_guard.start(command, subprocess.DEVNULL)
    try:
        port_file = profile / "DevToolsActivePort"
        wait_until(lambda: port_file.exists() and bool(port_file.read_text().strip()), 30, "Chromium starts")
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port_file.read_text().split()[0]}")
            try:
                yield Chromium(child.pid, browser)
            finally:
                browser.close()
    finally:
        terminate_all([child])
        shutil.rmtree(profile, ignore_errors=True)

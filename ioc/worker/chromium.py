"""A warm Chromium: started on demand, restarted when it died, closed when it is idle."""

import os
import shutil
from collections.abc import Callable
from time import monotonic
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from ioc.worker.jobs import PrintCode, PrintError

EXECUTABLE_NAMES = ("chromium", "chromium-browser", "google-chrome")
IDLE_SECONDS = 600.0
_FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server",
    # Whatever a page contains: names of other hosts do not resolve.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip


def find_executable() -> str | None:
    """The path of Chromium; None when it is not installed."""
    return next((path for name in EXECUTABLE_NAMES if (path := shutil.which(name))), None)


class WarmChromium:
    """One browser context for all prints, so that scripts and fonts are loaded once. For one thread only."""

    def __init__(self, find: Callable[[], str | None] = find_executable) -> None:
        self._find = find
        self._playwright: Any = None
        self._context: BrowserContext | None = None
        self._last_used = monotonic()

    def new_page(self) -> Page:
        """Opens a page. PrintError (NO_BROWSER) when no browser is installed."""
        self._last_used = monotonic()
        if self._context is not None and not self._is_alive():
            self.close()
        if self._context is None:
            self._context = self._start()
        return self._context.new_page()

    def _is_alive(self) -> bool:
        browser = self._context.browser if self._context else None
        return browser is not None and browser.is_connected()

    def _start(self) -> BrowserContext:
        path = self._find()
        if path is None:
            raise PrintError(PrintCode.NO_BROWSER)
        self._playwright = sync_playwright().start()
        # As root Chromium cannot create its sandbox.
        root_flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = self._playwright.chromium.launch(executable_path=path, headless=True, args=[*_FLAGS, *root_flags])
        context: BrowserContext = browser.new_context(
            bypass_csp=True, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", color_scheme="light"
        )
        return context

    def close_if_idle(self) -> None:
        """Closes the browser when nothing was printed for IDLE_SECONDS."""
        if self._context is not None and monotonic() - self._last_used > IDLE_SECONDS:
            self.close()

    def close(self) -> None:
        """Closes the browser; the next page starts another one."""
        playwright, self._playwright, context, self._context = self._playwright, None, self._context, None
        if playwright is None:
            return
        try:
            if context is not None and context.browser is not None:
                context.browser.close()
        except Error:
            pass  # it has died
        finally:
            playwright.stop()

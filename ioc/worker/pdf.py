"""Renders a page of this program as PDF: the panels of the screen as vectors and text, on A4."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Error, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from ioc.auth.print_token import HEADER, PrintToken
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.durable_files import write_durably
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.times import Clock, parse_time
from ioc.worker import page_css
from ioc.worker.chromium import WarmChromium
from ioc.worker.jobs import PDF_FOLDER, PrintCode, PrintError, PrintJob, PrintResult

LAYOUT_VERSION = 2  # of the sheet's layout; part of the content hash
READY_SECONDS = 20.0
_RETRY_MS = 250

_PRINT_MODE_SCRIPT = """new MutationObserver((_, seen) => {
  if (document.documentElement) { document.documentElement.dataset.paper = ''; seen.disconnect(); }
}).observe(document, { childList: true });"""
_WAIT_SETTLED_SCRIPT = """async () => {
  await document.fonts.ready;
  if (window.iocPrintMaps) await window.iocPrintMaps();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_READ_PAGE_SCRIPT = """() => {
  const text = (name) => { const node = document.querySelector(name); return node ? node.textContent : ''; };
  const badges = [...document.querySelectorAll('.head-status .badge:not(.head-past)')];
  const marks = badges.map((node) => node.textContent).join(' · ');
  const lines = [text('.head-centre'), text('.head-page'), marks];
  return { frame: window.iocShown || null, text: document.body.innerText, lines };
}"""


@dataclass(frozen=True, slots=True)
class PrintSite:
    """Address of this program's pages, and the token that opens them."""

    base_url: str
    print_token: PrintToken | None = None

    @classmethod
    def from_settings(cls, settings: EnvironmentSettings, print_token: PrintToken | None = None) -> "PrintSite":
        """The web processes of these settings, as this machine reaches them."""
        return cls(settings.base_url, print_token)

    def authorize(self, page: Page) -> None:
        """Adds a token to every request of `page`; its browser reaches no other host."""
        if self.print_token:
            page.set_extra_http_headers({HEADER: self.print_token.issue()})


class PdfRenderer:
    """Renders pages of `site` into files of `folder`/pdf. For one thread only."""

    def __init__(self, site: PrintSite, folder: Path, clock: Clock, browser: WarmChromium | None = None) -> None:
        self._site, self._folder, self._clock = site, folder / PDF_FOLDER, clock
        self._browser = browser or WarmChromium()

    def render(self, print_job: PrintJob, job_id: int) -> PrintResult:
        """Prints a page into a file named after the job. PrintError."""
        try:
            page = self._browser.new_page()
            try:
                body, content = self._render_page(page, print_job, job_id)
            finally:
                page.close()
        except PlaywrightTimeout as error:
            raise PrintError(PrintCode.NOT_READY, external=str(error).splitlines()[0]) from None
        except Error as error:
            self._browser.close()
            raise PrintError(PrintCode.BROWSER_DIED, external=str(error).splitlines()[0]) from None
        return self._save(f"{print_job.name}-{job_id}.pdf", body, content)

    def _render_page(self, page: Page, print_job: PrintJob, job_id: int) -> tuple[bytes, str]:
        self._site.authorize(page)
        page.add_init_script(_PRINT_MODE_SCRIPT)
        width, height = page_css.content_size()
        page.set_viewport_size({"width": width, "height": height})
        self._open_page(page, print_job)
        page_content, now = page.evaluate(_READ_PAGE_SCRIPT), self._clock()
        content = _content_hash(print_job, page_content)
        frame = page_content["frame"]
        shown = parse_time(frame["moment"]) if frame else now
        page.add_style_tag(
            content=page_css.page_css(
                print_job, job_id, page_css.PageHeading(*page_content["lines"]), shown, now, content
            )
        )
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True), content

    def _open_page(self, page: Page, print_job: PrintJob) -> None:
        query = urlencode({**print_job.params, "lang": print_job.lang, "giay": "1", "theme": "light"})
        page.set_default_timeout(READY_SECONDS * 1000)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            response = page.goto(f"{self._site.base_url}{print_job.path}?{query}", wait_until="domcontentloaded")
            if response is not None and response.status == 404:
                raise PrintError(PrintCode.PAGE_NOT_FOUND)
            if response is None or response.status >= 400:
                raise PrintError(PrintCode.PAGE_FAILED, status=str(response.status) if response else "0")
            page.wait_for_function("() => window.iocReady === true")
            if _shows_requested_moment(page, print_job):
                break
            if time.monotonic() > deadline:
                raise PrintError(PrintCode.NOT_READY)
            page.wait_for_timeout(_RETRY_MS)
        page.evaluate(_WAIT_SETTLED_SCRIPT)

    def _save(self, name: str, body: bytes, content: str) -> PrintResult:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            write_durably(self._folder / name, body)
        except OSError as error:
            raise PrintError(PrintCode.WRITE_FAILED, cause=system_failure(error)) from None
        return PrintResult(name, sha256(body).hexdigest(), content, len(body))

    def close_if_idle(self) -> None:
        """Closes the browser when it is idle; to be called between jobs."""
        self._browser.close_if_idle()

    def close(self) -> None:
        """Closes the browser."""
        self._browser.close()


def _shows_requested_moment(page: Page, print_job: PrintJob) -> bool:
    """Whether the page shows the requested moment.

    A moment of a second ago may not be known yet, while its data are being written: until then the page shows the
    present.
    """
    shown = page.evaluate("() => window.iocShown ? window.iocShown.moment : null")
    if "luc" not in print_job.params or shown is None:
        return True
    return abs(parse_time(shown) - parse_time(print_job.params["luc"])) < timedelta(milliseconds=1)


def _content_hash(print_job: PrintJob, page_content: Mapping[str, Any]) -> str:
    """SHA-256 over the hashes of all panels of the page, or over its text where it has none."""
    frame = page_content["frame"]
    content: object = {"build": frame["build"], "panels": frame["panels"]} if frame else page_content["text"]
    hashed = {
        "layout": LAYOUT_VERSION,
        "path": print_job.path,
        "params": dict(print_job.params),
        "lang": print_job.lang,
        "content": content,
    }
    return sha256(json.dumps(hashed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

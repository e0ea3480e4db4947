"""Prints a page of our own: the same panels as on the screen, as vector and text, on A4."""

import json
import os
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
from ioc.domain.base.times import Clock, parse_time
from ioc.worker import page_css
from ioc.worker.chromium import WarmChromium
from ioc.worker.jobs import PDF_FOLDER, PrintCode, PrintError, PrintJob, PrintResult

LAYOUT_VERSION = 2  # version of how a sheet is laid out; part of the content hash
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
  const said = (name) => { const node = document.querySelector(name); return node ? node.textContent : ''; };
  const badges = [...document.querySelectorAll('.head-trust .badge:not(.head-past)')];
  const marks = badges.map((node) => node.textContent).join(' · ');
  const lines = [said('.head-centre'), said('.head-page'), marks];
  return { held: window.iocShown || null, text: document.body.innerText, lines };
}"""


@dataclass(frozen=True, slots=True)
class PrintSite:
    """Where our own pages are, and the pass that opens them."""

    base_url: str
    print_token: PrintToken | None = None

    @classmethod
    def from_settings(cls, settings: EnvironmentSettings, print_token: PrintToken | None = None) -> "PrintSite":
        """The web workers of these settings, as this machine reaches them."""
        return cls(settings.base_url, print_token)

    def authorize(self, page: Page) -> None:
        """A pass for this print: `page` shows it with whatever it asks, and its browser reaches no other machine."""
        if self.print_token:
            page.set_extra_http_headers({HEADER: self.print_token.issue()})


class PdfRenderer:
    """Makes files of `folder`/paper from pages of `site`. For one thread only."""

    def __init__(self, site: PrintSite, folder: Path, clock: Clock, browser: WarmChromium | None = None) -> None:
        self._site, self._folder, self._clock = site, folder / PDF_FOLDER, clock
        self._browser = browser or WarmChromium()

    def render(self, print_job: PrintJob, job_id: int) -> PrintResult:
        """The page as a file, named after job `number`. PrintError."""
        try:
            page = self._browser.new_page()
            try:
                body, content = self._render_page(page, print_job, job_id)
            finally:
                page.close()
        except PlaywrightTimeout as error:
            raise PrintError(PrintCode.NOT_READY, str(error).splitlines()[0]) from None
        except Error as error:
            self._browser.close()
            raise PrintError(PrintCode.BROWSER_DIED, str(error).splitlines()[0]) from None
        return self._save(f"{print_job.name}-{job_id}.pdf", body, content)

    def _render_page(self, page: Page, print_job: PrintJob, job_id: int) -> tuple[bytes, str]:
        self._site.authorize(page)
        page.add_init_script(_PRINT_MODE_SCRIPT)
        width, height = page_css.content_size()
        page.set_viewport_size({"width": width, "height": height})
        self._open_page(page, print_job)
        seen, now = page.evaluate(_READ_PAGE_SCRIPT), self._clock()
        content = _content_hash(print_job, seen)
        shown = parse_time(seen["held"]["moment"]) if seen["held"] else now
        page.add_style_tag(
            content=page_css.page_css(print_job, job_id, page_css.PageHeading(*seen["lines"]), shown, now, content)
        )
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True), content

    def _open_page(self, page: Page, print_job: PrintJob) -> None:
        query = urlencode({**print_job.params, "lang": print_job.lang, "giay": "1", "theme": "light"})
        page.set_default_timeout(READY_SECONDS * 1000)
        until = time.monotonic() + READY_SECONDS
        while True:
            answer = page.goto(f"{self._site.base_url}{print_job.path}?{query}", wait_until="domcontentloaded")
            if answer is None or answer.status >= 400:
                raise PrintError(PrintCode.PAGE_FAILED, str(answer.status if answer else "no answer"))
            page.wait_for_function("() => window.iocReady === true")
            if _shows_requested_moment(page, print_job):
                break
            if time.monotonic() > until:
                raise PrintError(PrintCode.NOT_READY, "nobody knows that moment yet")
            page.wait_for_timeout(_RETRY_MS)
        page.evaluate(_WAIT_SETTLED_SCRIPT)

    def _save(self, name: str, body: bytes, content: str) -> PrintResult:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f".{name}.part"
            with part.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as error:
            raise PrintError(PrintCode.CANNOT_WRITE, str(error)) from None
        return PrintResult(name, sha256(body).hexdigest(), content, len(body))

    def close_if_idle(self) -> None:
        """Between jobs: an idle browser is closed."""
        self._browser.close_if_idle()

    def close(self) -> None:
        """Ends the browser."""
        self._browser.close()


def _shows_requested_moment(page: Page, print_job: PrintJob) -> bool:
    """Whether the page shows the moment that is asked for.

    One of a second ago may not be known yet, as what was under way then is still being kept: a screen shows the present
    until it is.
    """
    shown = page.evaluate("() => window.iocShown ? window.iocShown.moment : null")
    if "luc" not in print_job.params or shown is None:
        return True
    return abs(parse_time(shown) - parse_time(print_job.params["luc"])) < timedelta(milliseconds=1)


def _content_hash(print_job: PrintJob, page_content: Mapping[str, Any]) -> str:
    """Of the hashes of all panels that the page holds (their canonical content), or of its text where it has none."""
    held = page_content["held"]
    content: object = {"build": held["build"], "panels": held["panels"]} if held else page_content["text"]
    whole = {
        "layout": LAYOUT_VERSION,
        "path": print_job.path,
        "params": dict(print_job.params),
        "lang": print_job.lang,
        "content": content,
    }
    return sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

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

from ioc.auth.print_token import HEADER, Pass
from ioc.config.settings import Settings
from ioc.domain.base.times import Clock, parse_time
from ioc.worker import page_css
from ioc.worker.chromium import Browser
from ioc.worker.jobs import BROWSER_DIED, CANNOT_WRITE, FOLDER, NOT_READY, PAGE_FAILED, Order, Printed, PrintError

LAYOUT = 2  # version of how a sheet is laid out; part of the content hash
READY_SECONDS = 20.0
_AGAIN_MS = 250

_ON_PAPER = """new MutationObserver((_, seen) => {
  if (document.documentElement) { document.documentElement.dataset.paper = ''; seen.disconnect(); }
}).observe(document, { childList: true });"""
_SETTLED = """async () => {
  await document.fonts.ready;
  if (window.iocPrintMaps) await window.iocPrintMaps();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_SHOWN = """() => {
  const said = (name) => { const node = document.querySelector(name); return node ? node.textContent : ''; };
  const badges = [...document.querySelectorAll('.head-trust .badge:not(.head-past)')];
  const marks = badges.map((node) => node.textContent).join(' · ');
  const lines = [said('.head-centre'), said('.head-page'), marks];
  return { held: window.iocShown || null, text: document.body.innerText, lines };
}"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where our own pages are, and the pass that opens them."""

    base: str
    entry: Pass | None = None

    @classmethod
    def of(cls, settings: Settings, entry: Pass | None = None) -> "Site":
        """The web workers of these settings, as this machine reaches them."""
        return cls(settings.home, entry)

    def greet(self, page: Page) -> None:
        """A pass for this print: `page` shows it with whatever it asks, and its browser reaches no other machine."""
        if self.entry:
            page.set_extra_http_headers({HEADER: self.entry.made()})


class Printer:
    """Makes files of `folder`/paper from pages of `site`. For one thread only."""

    def __init__(self, site: Site, folder: Path, clock: Clock, browser: Browser | None = None) -> None:
        self._site, self._folder, self._clock = site, folder / FOLDER, clock
        self._browser = browser or Browser()

    def print(self, order: Order, number: int) -> Printed:
        """The page as a file, named after job `number`. PrintError."""
        try:
            page = self._browser.page()
            try:
                body, content = self._sheets(page, order, number)
            finally:
                page.close()
        except PlaywrightTimeout as error:
            raise PrintError(NOT_READY, str(error).splitlines()[0]) from None
        except Error as error:
            self._browser.close()
            raise PrintError(BROWSER_DIED, str(error).splitlines()[0]) from None
        return self._kept(f"{order.name}-{number}.pdf", body, content)

    def _sheets(self, page: Page, order: Order, number: int) -> tuple[bytes, str]:
        self._site.greet(page)
        page.add_init_script(_ON_PAPER)
        width, height = page_css.inside()
        page.set_viewport_size({"width": width, "height": height})
        self._open(page, order)
        seen, now = page.evaluate(_SHOWN), self._clock()
        content = _content_hash(order, seen)
        shown = parse_time(seen["held"]["moment"]) if seen["held"] else now
        page.add_style_tag(content=page_css.style(order, number, page_css.Heading(*seen["lines"]), shown, now, content))
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True), content

    def _open(self, page: Page, order: Order) -> None:
        query = urlencode({**order.params, "lang": order.lang, "giay": "1", "theme": "light"})
        page.set_default_timeout(READY_SECONDS * 1000)
        until = time.monotonic() + READY_SECONDS
        while True:
            answer = page.goto(f"{self._site.base}{order.path}?{query}", wait_until="domcontentloaded")
            if answer is None or answer.status >= 400:
                raise PrintError(PAGE_FAILED, str(answer.status if answer else "no answer"))
            page.wait_for_function("() => window.iocReady === true")
            if _is_of(page, order):
                break
            if time.monotonic() > until:
                raise PrintError(NOT_READY, "nobody knows that moment yet")
            page.wait_for_timeout(_AGAIN_MS)
        page.evaluate(_SETTLED)

    def _kept(self, name: str, body: bytes, content: str) -> Printed:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f".{name}.part"
            with part.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as error:
            raise PrintError(CANNOT_WRITE, str(error)) from None
        return Printed(name, sha256(body).hexdigest(), content, len(body))

    def rest(self) -> None:
        """Between jobs: an idle browser is closed."""
        self._browser.rest()

    def close(self) -> None:
        """Ends the browser."""
        self._browser.close()


def _is_of(page: Page, order: Order) -> bool:
    """Whether the page shows the moment that is asked for.

    One of a second ago may not be known yet, as what was under way then is still being kept: a screen shows the present
    until it is.
    """
    shown = page.evaluate("() => window.iocShown ? window.iocShown.moment : null")
    if "luc" not in order.params or shown is None:
        return True
    return abs(parse_time(shown) - parse_time(order.params["luc"])) < timedelta(milliseconds=1)


def _content_hash(order: Order, seen: Mapping[str, Any]) -> str:
    """Of the hashes of all panels that the page holds (their canonical content), or of its text where it has none."""
    held = seen["held"]
    content: object = {"build": held["build"], "panels": held["panels"]} if held else seen["text"]
    whole = {"layout": LAYOUT, "path": order.path, "params": dict(order.params), "lang": order.lang, "content": content}
    return sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

"""Prints a page of our own: the same panels as on the screen, as vector and text, on A4."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Error, Page, Response
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from components.format import clock as hours
from components.format import day
from components.text import say
from config.settings import Settings, is_loopback
from domain.times import Clock
from jobs.browser import Browser
from jobs.order import BROWSER_DIED, CANNOT_WRITE, FOLDER, NOT_READY, PAGE_FAILED, Order, Printed, PrintError

LAYOUT = 1  # version of how a sheet is laid out; part of the content hash
READY_SECONDS = 20.0

# Millimetres of the sheet and of its margins: the page is laid out at the width that remains.
_SHEET, _SIDE, _TOP, _FOOT = (210, 297), 14, 14, 18
_PX_PER_MM = 96 / 25.4

_ON_PAPER = """new MutationObserver((_, seen) => {
  if (document.documentElement) { document.documentElement.dataset.paper = ''; seen.disconnect(); }
}).observe(document, { childList: true });"""
_SETTLED = """async () => {
  await document.fonts.ready;
  if (window.iocPrintMaps) await window.iocPrintMaps();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_SHOWN = """() => {
  const boot = document.getElementById('ioc-boot');
  return { boot: boot && JSON.parse(boot.textContent), text: document.body.innerText };
}"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where our own pages are, and the token that opens them where loopback alone does not."""

    base: str
    token: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Site":
        """The web workers of these settings, as this machine reaches them."""
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host
        base = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        return cls(base, "" if is_loopback(host) else settings.token)

    def greet(self, context: BrowserContext) -> None:
        """Shows the token once; its cookie stays with the browser."""
        if self.token:
            context.request.get(f"{self.base}/?{urlencode({'ma': self.token})}")


class Printer:
    """Makes files of `folder`/paper from pages of `site`. For one thread only."""

    def __init__(self, site: Site, folder: Path, clock: Clock, browser: Browser | None = None) -> None:
        self._site, self._folder, self._clock = site, folder / FOLDER, clock
        self._browser = browser or Browser(greet=site.greet)

    def print(self, order: Order, number: int) -> Printed:
        """The page as a file, named after job `number`. PrintError."""
        try:
            page = self._browser.page()
            try:
                body, content = self._sheets(page, order)
            finally:
                page.close()
        except PlaywrightTimeout as error:
            raise PrintError(NOT_READY, str(error).splitlines()[0]) from None
        except Error as error:
            self._browser.close()
            raise PrintError(BROWSER_DIED, str(error).splitlines()[0]) from None
        return self._kept(f"{order.name}-{number}.pdf", body, content)

    def _sheets(self, page: Page, order: Order) -> tuple[bytes, str]:
        live: list[Response] = []
        page.on("response", lambda one: live.append(one) if "/live/" in one.url and one.status == 200 else None)
        page.add_init_script(_ON_PAPER)
        width, height = _SHEET if not order.landscape else _SHEET[::-1]
        inside = [round((side - cut) * _PX_PER_MM) for side, cut in ((width, 2 * _SIDE), (height, _TOP + _FOOT))]
        page.set_viewport_size({"width": inside[0], "height": inside[1]})
        self._open(page, order)
        content = _content_hash(order, page.evaluate(_SHOWN), [one.json() for one in live])
        page.add_style_tag(content=self._style(order, content))
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True), content

    def _open(self, page: Page, order: Order) -> None:
        query = urlencode({**order.params, "lang": order.lang, "giay": "1", "theme": "light"})
        page.set_default_timeout(READY_SECONDS * 1000)
        answer = page.goto(f"{self._site.base}{order.path}?{query}", wait_until="domcontentloaded")
        if answer is None or answer.status >= 400:
            raise PrintError(PAGE_FAILED, str(answer.status if answer else "no answer"))
        page.wait_for_function("() => window.iocReady === true")
        page.evaluate(_SETTLED)

    def _style(self, order: Order, content: str) -> str:
        now = self._clock()
        footer = say("paper.footer", order.lang, time=f"{hours(now)} {day(now)}", hash=content[:16])
        lying = "landscape" if order.landscape else "portrait"
        font = 'font: 8pt "Be Vietnam Pro", sans-serif; color: #3d4b54; white-space: nowrap;'
        return (
            f"@page {{ size: A4 {lying}; margin: {_TOP}mm {_SIDE}mm {_FOOT}mm; @bottom-center {{ content: none; }} "
            f"@bottom-left {{ content: {_css(footer)}; {font} }} "
            f"@bottom-right {{ content: {_css(say('paper.pages', order.lang) + ' ')} counter(page) '/' counter(pages); "
            f"{font} }} }}"
        )

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


def _css(text: str) -> str:
    return '"' + "".join(one if one.isalnum() or one in " .,:·/-" else f"\\{ord(one):x} " for one in text) + '"'


def _content_hash(order: Order, shown: Mapping[str, Any], live: list[Any]) -> str:
    """Of the hashes of all panels that the page holds (their canonical content), or of its text where it has none."""
    boot = shown.get("boot") or {}
    panels = dict(boot.get("hashes") or {})
    for frame in live:
        panels |= frame.get("hashes", {})
        panels |= {key: mark for key, (mark, *_) in frame.get("patches", {}).items()}
    held: object = {"build": boot.get("build", ""), "panels": panels} if panels else shown["text"]
    whole = {"layout": LAYOUT, "path": order.path, "params": dict(order.params), "lang": order.lang, "content": held}
    return sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

"""Pictures of every page of a new demonstration: `make pictures`. docs/screens.md says what comes of it.

Pages are those that the program itself names, so that a new one is in it; of a page with a variable in its path the
first link to one is followed.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from html import escape
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from playwright.async_api import Error as BrowserError

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.chromium import find_chromium
from benchmarks.installation import fetch, terminate_all, wait_until
from benchmarks.process import process_environment
from benchmarks.working import NAME, sign_in
from ioc.domain.directives.acts import PositionKind
from ioc.storage.db.store import Store
from ioc.storage.directives import positions
from simulator import server_guard
from simulator.free_ports import free_port

ROOT = Path(__file__).parents[1]
SIZES = {"desk": (1920, 1080), "tablet": (1180, 820), "upright": (820, 1180), "phone": (390, 844)}
THEMES, LANGS = ("dark", "light"), ("vi", "en")
PLAIN_PAGES = {"sign-in": "/dang-nhap?lai=1", "public": "/cong-khai", "enrolment": "/man-hinh"}
WORKERS = 2
_READY_MS, _SETTLE_MS, _COLUMNS = 20_000, 300, 4
_SEEDING_SECONDS = 15.0
_TASKS_ARE_THERE = "the simulated tasks are played"  # of simulator/tasks.py: until then it needs its positions itself
_BUSY = ".skeleton, .list-loading, .ag-overlay-loading-wrapper"  # what says that a page is still on the way


@dataclass
class Gallery:
    """What was taken into `folder`. `missing`: pages to which no page has a link. `faults`: what a console said."""

    folder: Path
    taken: dict[tuple[str, str, str], list[tuple[str, str]]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def path(self, name: str, size: str, theme: str, lang: str) -> Path:
        """Where a picture goes; it is in the gallery from then on."""
        file = f"{name}.{size}.{theme}.{lang}.png"
        self.taken.setdefault((size, theme, lang), []).append((name, file))
        return self.folder / file


def addresses(pages: list[list[Any]], links: set[str]) -> dict[str, str | None]:
    """name -> an address of the page: that of a link where the path has variables or every link gives parameters.

    None for a path with variables to which there is no link. `pages`: as PageRegistry.for_client gives them; `links`:
    path and query. A link to the other language is none: the picture would be in that one.
    """
    found: dict[str, str | None] = {}
    links = {link for link in links if "lang" not in parse_qs(link.partition("?")[2])}
    for name, path, *_rest in pages:
        pattern = re.compile("[^/]+".join(map(re.escape, re.split(r"<[a-z_]+>", path))))
        matching = sorted(link for link in links if pattern.fullmatch(link.partition("?")[0]))
        is_fixed = "<" not in path
        found[name] = path if is_fixed and (path in matching or not matching) else next(iter(matching), None)
    return found


def links_of(path: str, links: Iterable[str]) -> set[str]:
    """The addresses to which the page at `path` links: not itself, as the link past its navigation does."""
    return {link.partition("#")[0] for link in links} - {path}


def plain_address(path: str, lang: str) -> str:
    """The address of a page without navigation in a language: the public page asks no cookie."""
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"


@contextmanager
def demonstration() -> Iterator[tuple[str, Path]]:
    """Runs a new demonstration; yields its address and its folder, which is removed at the end."""
    folder, port = Path(tempfile.mkdtemp(prefix="ioc-pictures-")), free_port()
    environment = process_environment(folder, PORT=str(port), HOST="127.0.0.1")
    environment.pop("IOC_CONFIG")
    os.environ.update(environment)
    with (folder / "log").open("wb") as log:
        child = server_guard.start([sys.executable, str(ROOT / "app.py"), "run"], log, cwd=ROOT)
    try:
        wait_until(lambda: _answers(port), 120, "the demonstration answers", [(child, folder / "log")])
        wait_until(lambda: _TASKS_ARE_THERE in (folder / "log").read_text(), 300, "the tasks are there", [])
        time.sleep(_SEEDING_SECONDS)  # its submissions and events are written meanwhile
        yield f"http://127.0.0.1:{port}", folder
    finally:
        terminate_all([child])
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        return bool(fetch(port, "/live/overview"))
    except OSError:
        return False


def _hold_positions(store: Store, holder: str) -> None:
    """Gives the simulated positions of the pages of directives to `holder`: who has none sees only who may."""
    wanted = (PositionKind.OFFICE_LEADER, PositionKind.CHAIRMAN)

    def give_positions() -> int:
        with store.write() as conn:
            found = [each for each in positions.load_positions(conn).by_key.values() if each.kind in wanted]
            for position in found:
                positions.put_position(conn, replace(position, holder=holder))
        return len(found)

    wait_until(lambda: give_positions() >= len(wanted), 120, "the simulated positions are there", [])


@asynccontextmanager
async def _context(browser: Browser, cookies: list[dict[str, str]], size: str) -> AsyncIterator[BrowserContext]:
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="vi-VN", has_touch=size != "desk"
    )
    try:
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        yield context
    finally:
        await context.close()


async def _open(page: Page, address: str) -> None:
    await page.goto(address, wait_until="load")
    if await page.locator("#ioc-boot").count():
        await page.wait_for_selector("html[data-ready]", state="attached", timeout=_READY_MS)
        await page.locator(_BUSY).filter(visible=True).first.wait_for(state="hidden", timeout=_READY_MS)
    await page.wait_for_timeout(_SETTLE_MS)


async def find_pages(browser: Browser, base: str, cookie: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """name -> address of every page, and the names of those to which no page has a link."""
    async with _context(browser, [cookie], "desk") as context:
        page = await context.new_page()
        await page.goto(base)
        boot = json.loads(await page.text_content("#ioc-boot") or "{}")
        pages, links = boot["pages"], set[str]()
        for _ in range(2):  # what is found leads further
            for path in {path for path in addresses(pages, links).values() if path}:
                with suppress(BrowserError):  # its picture will tell
                    await _open(page, base + path)
                hrefs = await page.eval_on_selector_all("a[href]", "all => all.map((each) => each.href)")
                links |= links_of(path, [href.removeprefix(base) for href in hrefs if href.startswith(base + "/")])
    found = addresses(pages, links)
    return {name: path for name, path in found.items() if path}, [name for name, path in found.items() if not path]


def _note_faults(page: Page, label: str, faults: list[str]) -> None:
    def note(kind: str, text: str) -> None:
        if kind == "error":
            faults.append(f"{label}: {text[:200]}")

    page.on("console", lambda message: note(message.type, message.text))
    page.on("pageerror", lambda error: note("error", str(error)))


async def _take(
    browser: Browser, base: str, cookie: dict[str, str], look: tuple[str, str, str], paths: dict[str, str],
    gallery: Gallery, until: float,
) -> None:  # fmt: skip
    """The pictures of all pages in one size, theme and language."""
    size, theme, lang = look
    cookies = [{"name": "theme", "value": theme, "url": base}, {"name": "lang", "value": lang, "url": base}]
    async with _context(browser, cookies, size) as anonymous, _context(browser, [*cookies, cookie], size) as signed_in:
        for name, path in paths.items():
            if time.monotonic() > until:
                return
            page = await (anonymous if name in PLAIN_PAGES else signed_in).new_page()
            label = f"{name} {size} {theme} {lang}"
            _note_faults(page, label, gallery.faults)
            # A machine that is too busy fails one page; its picture is worth taking, and the others are.
            address = base + (plain_address(path, lang) if name in PLAIN_PAGES else path)
            for step in (_open(page, address), page.screenshot(path=gallery.path(name, *look))):
                try:
                    await step
                except BrowserError as error:
                    gallery.faults.append(f"{label}: {str(error).splitlines()[0][:200]}")
            await page.close()


async def _sheets(browser: Browser, gallery: Gallery) -> None:
    """index.html, and each size, theme and language as one picture."""
    parts = []
    page = await browser.new_page()
    for look, files in sorted(gallery.taken.items()):
        width = SIZES[look[0]][0] // 3
        cells = "".join(
            f'<figure><a href="{file}"><img src="{file}" width="{width}"></a>{escape(name)}</figure>'
            for name, file in sorted(files)
        )
        title = " ".join(look)
        parts.append(f"<h2>{title}</h2><section>{cells}</section>")
        sheet = gallery.folder / "sheet.html"
        sheet.write_text(_HTML.format(body=parts[-1]), "utf-8")
        columns = _COLUMNS * (1 if look[0] == "desk" else 2)
        await page.set_viewport_size({"width": columns * (width + 16), "height": 800})
        await page.goto(sheet.as_uri())
        await page.screenshot(path=gallery.folder / f"sheet.{'.'.join(look)}.png", full_page=True)
        sheet.unlink()
    notes = [*(f"{name}: no page has a link to one" for name in gallery.missing), *gallery.faults]
    body = "".join([f"<pre>{escape(chr(10).join(notes))}</pre>", *parts])
    (gallery.folder / "index.html").write_text(_HTML.format(body=body), "utf-8")


_HTML = """<!doctype html><meta charset="utf-8"><title>Pictures</title><style>body{{font:14px sans-serif;margin:8px}}
section{{display:flex;flex-wrap:wrap;gap:8px}}figure{{margin:0}}
img{{border:1px solid #888;display:block}}</style>{body}"""


async def take_all(
    base: str, cookie: dict[str, str], looks: list[tuple[str, str, str]], gallery: Gallery, seconds: float
) -> None:
    """Takes all pictures, WORKERS at a time, within `seconds`."""
    until = time.monotonic() + seconds
    async with async_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root it cannot make its sandbox
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=["--disable-gpu", *root])
        paths, gallery.missing = await find_pages(browser, base, cookie)
        todo = list(looks)

        async def work() -> None:
            while todo:
                await _take(browser, base, cookie, todo.pop(0), {**paths, **PLAIN_PAGES}, gallery, until)

        await asyncio.gather(*(work() for _ in range(WORKERS)))
        await _sheets(browser, gallery)
        await browser.close()


def main() -> int:
    """Takes the pictures; 1 when some are missing or a console was not empty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".build" / "pictures")
    parser.add_argument("--seconds", type=float, default=1500.0, help="at most (1500)")
    for name, values in (("size", SIZES), ("theme", THEMES), ("lang", LANGS)):
        parser.add_argument(f"--{name}", choices=list(values), action="append", help="these only")
    options = parser.parse_args()
    looks = list(product(options.size or SIZES, options.theme or THEMES, options.lang or LANGS))
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    gallery = Gallery(options.folder)
    with demonstration() as (base, folder):
        store = Store(f"sqlite:///{folder / 'data' / 'ioc.db'}")
        cookie = sign_in(store, base)
        _hold_positions(store, NAME)
        store.close()
        asyncio.run(take_all(base, cookie, looks, gallery, options.seconds))
    count = sum(map(len, gallery.taken.values()))
    sys.stdout.write(
        f"{count} pictures in {options.folder}/index.html\n" + "".join(f"{each}\n" for each in gallery.faults)
    )
    return int(bool(gallery.faults))


if __name__ == "__main__":
    sys.exit(main())

"""What is wrong with a page once it has come to rest."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

REST_SECONDS = 15.0  # within which a page comes to rest on a busy machine
# Until buttons, heads and cells have kept their places for six frames, or 15 s: a grid fits its columns to a new size.
_STILL = """() => new Promise((done) => {
  const ends = performance.now() + 15000;
  let last = '', frames = 0;
  (function look() {
    const all = document.querySelectorAll('.btn, .ag-header-cell, .ag-cell');
    const places = JSON.stringify([...all].map((one) => one.getBoundingClientRect()));
    frames = places === last ? frames + 1 : 0;
    last = places;
    if (frames < 6 && performance.now() < ends) requestAnimationFrame(look); else done();
  })();
})"""


def wait_until_still(page: Page) -> None:
    """Waits until what is laid out after a change of the window's size has its place."""
    page.evaluate(_STILL)


def lasting(page: Page, find: Callable[[], list[str]]) -> list[str]:
    """What `find` finds as long as it finds something: a grid sets widths and heights after its rows are there."""
    ends = time.monotonic() + REST_SECONDS
    while (found := find()) and time.monotonic() < ends:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    return found

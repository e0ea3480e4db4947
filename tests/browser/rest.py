"""What is wrong with a page once it has come to rest."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

REST_SECONDS = 15.0  # within which a page comes to rest on a busy machine


def lasting(page: Page, find: Callable[[], list[str]]) -> list[str]:
    """What `find` finds as long as it finds something: a grid sets widths and heights after its rows are there."""
    ends = time.monotonic() + REST_SECONDS
    while (found := find()) and time.monotonic() < ends:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    return found

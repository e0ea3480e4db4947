"""The figure of paper: the overview as PDF from the worker's warm browser."""

import time
from http.client import HTTPException

from benchmarks.figures import Figure
from benchmarks.installation import House

PRINTS = 3


def figures(house: House) -> list[Figure]:
    """The first print starts the browser; the middle of the others is the figure."""
    taken, size = [], 0
    for _ in range(PRINTS + 1):
        begun = time.monotonic()
        try:
            body = house.get("/pdf/overview")
        except (OSError, HTTPException) as error:
            return [Figure("a page as PDF, warm browser", None, 4, "s", str(error))]
        taken.append(time.monotonic() - begun)
        size = len(body)
    first, *others = taken
    note = f"middle of {PRINTS}, {size / 1000:.0f} kB; the first {first:.1f} s"
    return [Figure("a page as PDF, warm browser", sorted(others)[PRINTS // 2], 4, "s", note)]

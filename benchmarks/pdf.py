"""The figure of paper: the overview as PDF from the worker's warm browser."""

import time
from http.client import HTTPException

from benchmarks.figures import BenchmarkFigure
from benchmarks.installation import Installation

PRINTS = 3


def figures(installation: Installation) -> list[BenchmarkFigure]:
    """The first print starts the browser; the middle of the others is the figure."""
    taken, size = [], 0
    for _ in range(PRINTS + 1):
        begun = time.monotonic()
        try:
            body = installation.get("/pdf/overview")
        except (OSError, HTTPException) as error:
            return [BenchmarkFigure("a page as PDF, warm browser", None, 4, "s", str(error))]
        taken.append(time.monotonic() - begun)
        size = len(body)
    first, *others = taken
    note = f"middle of {PRINTS}, {size / 1000:.0f} kB; the first {first:.1f} s"
    return [BenchmarkFigure("a page as PDF, warm browser", sorted(others)[PRINTS // 2], 4, "s", note)]

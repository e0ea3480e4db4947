"""A figure beside its goal, and the table in which they are printed."""

import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BenchmarkFigure:
    """`measured` None: it could not be measured, `note` says why. `goal` None: printed for comparison, without a goal.

    A goal is an upper bound; with `is_minimum`, a lower bound.
    """

    name: str
    measured: float | None
    goal: float | None
    unit: str
    note: str = ""
    is_minimum: bool = False

    @property
    def verdict(self) -> str:
        """ "ok", "MISSED", "none" when nothing was measured, "" when there is no goal."""
        if self.measured is None:
            return "none"
        if self.goal is None:
            return ""
        met = self.measured >= self.goal if self.is_minimum else self.measured <= self.goal
        return "ok" if met else "MISSED"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that `share` (0..1) of them do not exceed. ValueError for no values."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def format_value(value: float | None) -> str:
    """Three digits, no exponent: 0.0123, 4.56, 123, 12,345."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 if abs(value) >= 1 else 4
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") or "0"


TABLE_HEAD = ("figure", "measured", "goal", "unit", "", "how, what with")


def table(figures: Iterable[BenchmarkFigure]) -> str:
    """The figures in columns, numbers at the right."""
    rows = [
        (figure.name, format_value(figure.measured), _goal_text(figure), figure.unit, figure.verdict, figure.note)
        for figure in figures
    ]
    widths = [max(len(row[n]) for row in (TABLE_HEAD, *rows)) for n in range(len(TABLE_HEAD))]
    return "\n".join(_line(row, widths) for row in (TABLE_HEAD, *rows))


def _goal_text(figure: BenchmarkFigure) -> str:
    return "" if figure.goal is None else f"{'≥' if figure.is_minimum else '≤'} {format_value(figure.goal)}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if n in (1, 2) else cell.ljust(width)
        for n, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def summary(figures: Sequence[BenchmarkFigure]) -> str:
    """How many goals were met."""
    with_goal = [figure for figure in figures if figure.goal is not None]
    met = sum(figure.verdict == "ok" for figure in with_goal)
    return f"{met} of {len(with_goal)} goals met"


def machine_description() -> str:
    """The machine of the figures in one line."""
    model = next((text for key, text in _read_pairs("/proc/cpuinfo") if key == "model name"), platform.machine())
    memory = next((int(text.split()[0]) / 1e6 for key, text in _read_pairs("/proc/meminfo") if key == "MemTotal"), 0.0)
    cpu_share = f"of one core {available_cpu_share():.0%} was ours"
    return f"{os.cpu_count()} × {model}, {memory:.0f} GB, Python {platform.python_version()}; {cpu_share}"


def available_cpu_share(seconds: float = 1.0) -> float:
    """The share of one core that a busy program gets now; below 1, measured times are too long."""
    started, cpu_start = time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        sum(range(10_000))
    return min(1.0, (time.process_time() - cpu_start) / (time.perf_counter() - started))


def _read_pairs(path: str) -> list[tuple[str, str]]:
    if not Path(path).exists():
        return []
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return [(key.strip(), value.strip()) for key, _, value in lines]

"""`python -m bench`: every figure beside its goal. Ends with 0 whatever the figures say."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import browsing, freshness, hanging, lines, mqtt, pdf, polling, serving, write_rate
from benchmarks.chaos import figures as chaos
from benchmarks.chromium import find_chromium, run_chromium
from benchmarks.figures import BenchmarkFigure, available_cpu_share, machine_description, summary, table
from benchmarks.installation import Installation, run_installation

INSTALLATION_PARTS = ("serving", "delivery", "browser", "paper")
PARTS = (*INSTALLATION_PARTS, "lines", "polling", "hanging", "pouring", "mqtt", "chaos")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, return 0."""
    asked = _asked(arguments)
    begun = time.monotonic()
    what = machine_description()
    print_progress(what)
    bench = BenchmarkRun(asked)
    try:
        bench.run()
    except KeyboardInterrupt:
        print_progress("stopped: what was measured until then")
    sys.stdout.write(
        f"\n{what}, {available_cpu_share():.0%} at the end\n\n{table(bench.figures)}\n\n{summary(bench.figures)}, "
    )
    sys.stdout.write(f"{time.monotonic() - begun:.0f} s\n")
    return 0


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--long", action="store_true", help="watch the browser for 10 minutes instead of 3")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each watch of the server (30)")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; may be given again")
    return parser.parse_args(arguments)


def print_progress(text: str) -> None:
    """Progress, apart from the figures."""
    sys.stderr.write(f"bench: {text}\n")


class BenchmarkRun:
    """Collects the figures; a part that fails is told and leaves the others alone."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._asked = asked
        self._parts = asked.only or PARTS
        self.figures: list[BenchmarkFigure] = []

    def run(self) -> None:
        """All parts that were asked for."""
        if set(self._parts) & set(INSTALLATION_PARTS):
            with self._record_failure("house"), run_installation() as built:
                self._measure_installation(built)
        self._part("lines", "lines: filling a month by the second and a year by the minute", lines.figures)
        self._part("polling", "polls alone", lambda: polling.figures(max(30.0, self._asked.seconds)))
        self._part("hanging", "1,000 sources of which 50 hang, for two minutes", hanging.figures)
        self._part("pouring", "readings alone: SQLite, PostgreSQL, a minute each", write_rate.figures)
        self._part("mqtt", "MQTT: 10,000 messages a second for a minute, then a flood", mqtt.figures)
        self._part(
            "chaos",
            "five servers that die and come back, for ten minutes",
            lambda: chaos.figures(print_progress=print_progress),
        )

    def _measure_installation(self, built: Installation) -> None:
        seconds = self._asked.seconds
        self._part(
            "serving", f"server: no, one and {serving.MANY_SCREENS} screens", lambda: serving.figures(built, seconds)
        )
        self._part("delivery", "source to screen", lambda: freshness.figures(built, max(45.0, seconds)))
        self._part("browser", "browser", lambda: self._browser(built))
        self._part("paper", "paper", lambda: pdf.figures(built))

    def _browser(self, built: Installation) -> list[BenchmarkFigure]:
        path = find_chromium()
        if path is None:
            print_progress("no Chromium is installed: the browser's figures are left out")
            return []
        with run_chromium(path) as browser:
            return browsing.figures(built, browser, 10.0 if self._asked.long else 3.0, print_progress)

    def _part(self, name: str, text: str, measure: Callable[[], list[BenchmarkFigure]]) -> None:
        if name in self._parts:
            print_progress(text)
            with self._record_failure(name):
                self.figures += measure()

    @contextmanager
    def _record_failure(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (a bench tells what it could not measure and goes on)
            traceback.print_exc()
            self.figures.append(BenchmarkFigure(name, None, None, "", f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    sys.exit(main())

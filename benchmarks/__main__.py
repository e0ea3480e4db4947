"""`python -m benchmarks`: every figure beside its goal. The exit code is 0 whatever the figures are."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import (
    browsing,
    directives,
    freshness,
    import_load,
    lines,
    mqtt,
    overload,
    poller_run,
    serving,
    working,
    write_rate,
)
from benchmarks.chaos.run import chaos_figures
from benchmarks.chromium import find_chromium, run_chromium
from benchmarks.figures import BenchmarkFigure, available_cpu_share, machine_description, summary, table
from benchmarks.installation import Installation, run_installation

INSTALLATION_PARTS = ("serving", "overload", "freshness", "import", "browser", "working", "pdf")
PARTS = (*INSTALLATION_PARTS, "lines", "polling", "hanging", "write_rate", "directives", "mqtt", "chaos")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, return 0."""
    options = _parse_arguments(arguments)
    started = time.monotonic()
    machine = machine_description()
    print_progress(machine)
    bench = BenchmarkRun(options)
    try:
        bench.run()
    except KeyboardInterrupt:
        print_progress("stopped: showing what was measured so far")
    sys.stdout.write(
        f"\n{machine}, {available_cpu_share():.0%} at the end\n\n{table(bench.figures)}\n\n{summary(bench.figures)}, "
    )
    sys.stdout.write(f"{time.monotonic() - started:.0f} s\n")
    return 0


def _parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--long", action="store_true", help="watch the browser for 10 minutes instead of 3")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each watch of the server (30)")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; may be given again")
    return parser.parse_args(arguments)


def print_progress(text: str) -> None:
    """Progress, apart from the figures."""
    sys.stderr.write(f"bench: {text}\n")


class BenchmarkRun:
    """Collects the figures. A part that fails becomes a figure without value; the others go on."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._parts = options.only or PARTS
        self.figures: list[BenchmarkFigure] = []

    def run(self) -> None:
        """Measures the chosen parts."""
        if set(self._parts) & set(INSTALLATION_PARTS):
            with self._record_failure("installation"), run_installation() as installation:
                self._measure_installation(installation)
        self._part("lines", "lines: filling a month by the second and a year by the minute", lines.figures)
        self._part("polling", "polls alone", lambda: poller_run.polling_figures(max(30.0, self._options.seconds)))
        self._part("hanging", "1,000 sources, 50 of them hanging, for two minutes", poller_run.hanging_figures)
        self._part("write_rate", "writing only: SQLite, PostgreSQL, a minute each", write_rate.figures)
        self._part("directives", "directives: filling 60,000 tasks with 800,000 acts", directives.figures)
        self._part("mqtt", "MQTT: 10,000 messages a second for a minute, then a flood", mqtt.figures)
        self._part(
            "chaos",
            "five servers killed and restarted for ten minutes",
            lambda: chaos_figures(print_progress=print_progress),
        )

    def _measure_installation(self, installation: Installation) -> None:
        seconds = self._options.seconds
        self._part(
            "serving",
            f"server: none, one, {serving.MANY_SCREENS} and {serving.CROWD} screens",
            lambda: serving.figures(installation, seconds),
        )
        self._part("overload", "server: overload", lambda: overload.figures(installation, seconds))
        self._part("freshness", "source to screen", lambda: freshness.figures(installation, max(45.0, seconds)))
        self._part("import", "imports of sheets beside a screen", lambda: import_load.figures(installation))
        self._part("browser", "browser", lambda: self._browser(installation))
        self._part("working", "working pages: 200 accounts, 100,000 audit entries", lambda: self._working(installation))
        self._part("pdf", "PDF", lambda: serving.pdf_figures(installation))

    def _browser(self, installation: Installation) -> list[BenchmarkFigure]:
        path = find_chromium()
        if path is None:
            print_progress("no Chromium is installed: the browser's figures are left out")
            return []
        with run_chromium(path) as browser:
            return browsing.figures(installation, browser, 10.0 if self._options.long else 3.0, print_progress)

    def _working(self, installation: Installation) -> list[BenchmarkFigure]:
        path = find_chromium()
        if path is None:
            print_progress("no Chromium is installed: the figures of working pages are left out")
            return []
        with run_chromium(path) as browser:
            return working.figures(installation, browser)

    def _part(self, name: str, text: str, measure: Callable[[], list[BenchmarkFigure]]) -> None:
        if name in self._parts:
            print_progress(text)
            with self._record_failure(name):
                self.figures += measure()

    @contextmanager
    def _record_failure(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (the benchmark reports it and goes on)
            traceback.print_exc()
            self.figures.append(BenchmarkFigure(name, None, None, "", f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    sys.exit(main())

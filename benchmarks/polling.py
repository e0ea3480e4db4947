"""What a poll costs by itself: fetch, parse, store with roll-ups; no KPI, no screen."""

from benchmarks.figures import BenchmarkFigure
from benchmarks.poller_run import READINGS, run_poller

SOURCES, EVERY = 500, 5.0


def figures(seconds: float) -> list[BenchmarkFigure]:
    """On a store of its own; polls are counted by the server that is asked."""
    found = run_poller(SOURCES, 0, EVERY, seconds, kpis=False)
    end = found.started_at + found.duration
    polls = sum(found.started_at <= at < end for times in found.poll_times.values() for at in times)
    rate = polls / found.duration
    what = f"{READINGS} readings, {rate:.0f} polls a second; fetch, parse, store, roll-ups"
    return [BenchmarkFigure("poll CPU per poll", found.cpu_cores / rate * 1000, 0.6, "ms", what)]

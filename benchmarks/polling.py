"""What a poll costs by itself: fetch, parse, store with roll-ups; no KPI, no screen."""

from benchmarks.alone import READINGS, watch
from benchmarks.figures import Figure

SOURCES, EVERY = 500, 5.0


def figures(seconds: float) -> list[Figure]:
    """On a store of its own; polls are counted by the server that is asked."""
    found = watch(SOURCES, 0, EVERY, seconds, kpis=False)
    end = found.begun + found.taken
    polls = sum(found.begun <= at < end for times in found.asked.values() for at in times)
    rate = polls / found.taken
    what = f"{READINGS} readings, {rate:.0f} polls a second; fetch, parse, store, roll-ups"
    return [Figure("poll CPU per poll", found.used / rate * 1000, 0.6, "ms", what)]

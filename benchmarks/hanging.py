"""Figures of many sources of which some hang: the others are asked in time, by one core at most."""

from itertools import pairwise

from benchmarks.alone import Watched, watch
from benchmarks.figures import Figure, percentile, spare

SOURCES, HANGING, EVERY = 1_000, 50, 10.0
SECONDS = 120.0


def figures(share: float = 1.0) -> list[Figure]:
    """On a store of its own. `share` < 1 watches for a shorter time, for a look at whether it works."""
    found = watch(SOURCES, HANGING, EVERY, max(3 * EVERY, SECONDS * share))
    healthy = {
        name: [at for at in times if at >= found.begun - EVERY]
        for name, times in found.asked.items()
        if int(name) < SOURCES - HANGING
    }
    # Later than one interval after the question before: the start of a poll may be put off by 5 % of it on purpose.
    late = {name: [two - one - EVERY for one, two in pairwise(times)] for name, times in healthy.items()}
    return _told(late, found)


def _told(late: dict[str, list[float]], found: Watched) -> list[Figure]:
    every = [one for some in late.values() for one in some]
    worst = max(percentile(some, 0.99) for some in late.values())
    polls = len(every) / found.taken
    what = (
        f"{len(late)} healthy of {SOURCES:,}, {HANGING} hang; {len(every):,} polls; of one core {spare():.0%} was ours"
    )
    return [
        Figure("lateness p99, worst healthy source", worst, 1, "s", what),
        Figure("lateness p99, all healthy polls", percentile(every, 0.99), 1, "s", "0 to 0.5 s of it on purpose"),
        Figure(
            "CPU of the poller with them", 100 * found.used, 100, "%", f"of one core, {polls:.0f} good polls a second"
        ),
    ]

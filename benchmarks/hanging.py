"""Figures of many sources of which some hang: the others are asked in time, by one core at most."""

from itertools import pairwise

from benchmarks.figures import BenchmarkFigure, available_cpu_share, percentile
from benchmarks.poller_run import PollerRun, run_poller

SOURCES, HANGING, EVERY = 1_000, 50, 10.0
SECONDS = 120.0


def figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """On a store of its own. `share` < 1 watches for a shorter time, for a look at whether it works."""
    found = run_poller(SOURCES, HANGING, EVERY, max(3 * EVERY, SECONDS * share))
    healthy = {
        name: [at for at in times if at >= found.started_at - EVERY]
        for name, times in found.poll_times.items()
        if int(name) < SOURCES - HANGING
    }
    # Later than one interval after the question before: the start of a poll may be put off by 5 % of it on purpose.
    late = {name: [two - one - EVERY for one, two in pairwise(times)] for name, times in healthy.items()}
    return _lateness_figures(late, found)


def _lateness_figures(late: dict[str, list[float]], found: PollerRun) -> list[BenchmarkFigure]:
    every = [one for some in late.values() for one in some]
    worst = max(percentile(some, 0.99) for some in late.values())
    polls = len(every) / found.duration
    share = available_cpu_share()
    what = f"{len(late)} healthy of {SOURCES:,}, {HANGING} hang; {len(every):,} polls; of one core {share:.0%} was ours"
    return [
        BenchmarkFigure("lateness p99, worst healthy source", worst, 1, "s", what),
        BenchmarkFigure(
            "lateness p99, all healthy polls", percentile(every, 0.99), 1, "s", "0 to 0.5 s of it on purpose"
        ),
        BenchmarkFigure(
            "CPU of the poller with them",
            100 * found.cpu_cores,
            100,
            "%",
            f"of one core, {polls:.0f} good polls a second",
        ),
    ]

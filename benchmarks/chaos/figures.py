"""The figures of the play."""

from collections.abc import Callable

from benchmarks.chaos.run import ChaosOutcome, run_chaos
from benchmarks.chaos.servers import missing_programs
from benchmarks.figures import BenchmarkFigure

SECONDS, SEED = 600.0, 2322


def figures(share: float = 1.0, print_progress: Callable[[str], None] = lambda _: None) -> list[BenchmarkFigure]:
    """`share` < 1 plays for a shorter time, for a look at whether it works."""
    if missing := missing_programs():
        return [BenchmarkFigure("chaos: wrong states", None, 0, "", f"not installed: {', '.join(missing)}")]
    return outcome_figures(run_chaos(SECONDS * share, SEED, print_progress))


def outcome_figures(outcome: ChaosOutcome) -> list[BenchmarkFigure]:
    """An outcome beside its goals."""
    looks = f"{outcome.checks} looks at 5 sources and 5 figures, {outcome.kills} kills"
    held = f"of {outcome.offered:,} that the sources offered"
    return [
        BenchmarkFigure(
            "chaos: wrong states", len(outcome.violations), 0, "", "; ".join([looks, *outcome.violations[:3]])
        ),
        BenchmarkFigure(
            "chaos: readings lost", len(outcome.lost), 0, "", "; ".join([held, *map(str, outcome.lost[:3])])
        ),
        BenchmarkFigure(
            "chaos: readings twice", outcome.duplicates + len(outcome.altered), 0, "", "kept again, or as never served"
        ),
        BenchmarkFigure(
            "chaos: slowest return", max(outcome.returns, default=None), None, "s", "from its answer to live"
        ),
        BenchmarkFigure("chaos: CPU of the poller", 100 * outcome.poller_cpu_cores, None, "%", "of one core"),
    ]

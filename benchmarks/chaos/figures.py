"""The figures of the play."""

from collections.abc import Callable

from benchmarks.chaos.play import Outcome, play
from benchmarks.chaos.servers import lacking
from benchmarks.figures import Figure

SECONDS, SEED = 600.0, 2322


def figures(share: float = 1.0, say: Callable[[str], None] = lambda _: None) -> list[Figure]:
    """`share` < 1 plays for a shorter time, for a look at whether it works."""
    if missing := lacking():
        return [Figure("chaos: wrong states", None, 0, "", f"not installed: {', '.join(missing)}")]
    return told(play(SECONDS * share, SEED, say))


def told(outcome: Outcome) -> list[Figure]:
    """An outcome beside its goals."""
    looks = f"{outcome.looks} looks at 5 sources and 5 figures, {outcome.kills} kills"
    held = f"of {outcome.offered:,} that the sources offered"
    return [
        Figure("chaos: wrong states", len(outcome.wrong), 0, "", "; ".join([looks, *outcome.wrong[:3]])),
        Figure("chaos: readings lost", len(outcome.lost), 0, "", "; ".join([held, *map(str, outcome.lost[:3])])),
        Figure("chaos: readings twice", outcome.twice + len(outcome.strange), 0, "", "kept again, or as never served"),
        Figure("chaos: slowest return", max(outcome.returns, default=None), None, "s", "from its answer to live"),
        Figure("chaos: CPU of the poller", 100 * outcome.used, None, "%", "of one core"),
    ]

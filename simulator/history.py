"""The past of a source in one compact answer, so that a store can be filled within seconds.

GET /history/<source>?from=&to=[&step=] answers {"source": key, "series": {series: [[ms, value], …]}}: times rising,
from ≤ time < to, each value the very one that the source told live at that time. `from` and `to` are milliseconds
since 1970 or ISO 8601; `step` is in seconds: without it the last two days are fine, the last thirty coarser, the rest
coarsest.
"""

from simulator.city import SimulatedFeed

HistoryValues = dict[str, list[list[float]]]
MAX_VALUES = 1_500_000  # values in one answer


def history_values(
    feed: SimulatedFeed, seed: int, start: float, end: float, now: float, step: float | None = None
) -> HistoryValues:
    """The values of every series of `feed` within start ≤ t < end, none later than `now`."""
    moments = list(feed.history_times(start, min(end, now + 0.001), now, step))
    if len(moments) * len(feed.series_models) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values: ask for a shorter time or a longer step")
    found: HistoryValues = {key: [] for key in feed.series_models}
    # Moment by moment: lines that share a tally of one moment find it still warm.
    pairs = [(found[key], line.model, line.decimals) for key, line in feed.series_models.items()]
    for t in moments:
        ms = round(t * 1000)
        for values, model, decimals in pairs:
            values.append([ms, round(model(seed, t), decimals) + 0.0])
    return found

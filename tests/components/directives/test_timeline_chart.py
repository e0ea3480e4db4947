"""The timeline chart: labels do not overlap the lines."""

from datetime import date, timedelta
from typing import Any

import pytest

from components.directives.timeline_chart import timeline_figure
from ioc.domain.directives.timeline import ProgressTimeline

TODAY = date(2026, 11, 24)


def label(days_ahead: int, done: float, plan: float, word: str) -> dict[str, Any]:
    start = TODAY - timedelta(days=100)
    course = ProgressTimeline(
        TODAY, TODAY + timedelta(days=days_ahead), ((start, 0.0), (TODAY, done)), ((start, 0.0), (TODAY, plan)), None
    )
    annotations = timeline_figure(course, "mp-1", "vi", simulated=True)["layout"]["annotations"]
    return next(annotation for annotation in annotations if annotation["text"].startswith(word))


@pytest.mark.parametrize(("done", "plan", "upper", "lower"), [(62, 71, "kế hoạch", "thực"), (80, 71, "thực", "kế")])
def test_the_lower_label_stands_right_of_today_below_its_line(done: float, plan: float, upper: str, lower: str) -> None:
    above, below = label(100, done, plan, upper), label(100, done, plan, lower)
    assert (above["xanchor"], above["yanchor"]) == ("right", "bottom")
    assert (below["xanchor"], below["yanchor"]) == ("left", "top")


def test_lower_label_ends_at_the_edge_when_today_is_near_it() -> None:
    below = label(5, 62, 71, "thực")
    assert (below["xref"], below["x"], below["xanchor"], below["yanchor"]) == ("paper", 1, "right", "top")

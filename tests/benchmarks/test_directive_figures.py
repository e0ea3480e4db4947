"""The benchmark of directives fills stores and measures every figure of its goals."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks import directives
from simulator import postgres

GOALS = [150] * 7 + [300] * 5 + [50] + [150] * 6 + [10, None] * 2 + [1500] + [300] * 3


@pytest.mark.postgres
def test_every_figure_is_measured_on_a_small_store_of_each_database() -> None:
    with ThreadPoolExecutor(1) as thread:  # its browser must not meet the event loop of the browser of other tests
        found = thread.submit(directives.figures, share=0.001).result()
    assert postgres.find_programs() is not None
    assert [figure.goal for figure in found] == GOALS * 2
    assert all(figure.measured is not None and figure.measured > 0 for figure in found)
    assert len({figure.name for figure in found}) == len(found)

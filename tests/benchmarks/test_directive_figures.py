"""The benchmark of directives fills a store and measures every figure of its goals."""

from benchmarks import directives


def test_every_figure_is_measured_on_a_small_store() -> None:
    found = directives.figures(share=0.001)
    assert [figure.goal for figure in found] == [150] * 6 + [300] * 3 + [50] + [150] * 6 + [10]
    assert all(figure.measured is not None and figure.measured > 0 for figure in found)

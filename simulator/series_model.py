"""A line of the simulated city: how its value follows from the seed and the time, and how exactly it is told."""

from collections.abc import Callable
from typing import NamedTuple

Model = Callable[[int, float], float]  # seed, seconds since 1970


class SeriesModel(NamedTuple):
    """`unit` as the source tells it."""

    model: Model
    decimals: int
    unit: str

    def value_at(self, seed: int, t: float) -> float:
        """The value told at `t`."""
        return round(self.model(seed, t), self.decimals) + 0.0

"""A simulated series: its value as a function of seed and time, its number of decimals, its unit."""

from collections.abc import Callable
from typing import NamedTuple

Model = Callable[[int, float], float]  # seed, seconds since 1970


class SeriesModel(NamedTuple):
    """`unit`: as the source writes it."""

    model: Model
    decimals: int
    unit: str

    def value_at(self, seed: int, t: float) -> float:
        """The value at `t` (seconds since 1970), rounded to `decimals`."""
        return round(self.model(seed, t), self.decimals) + 0.0

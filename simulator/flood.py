"""Gauges on streets that the tide and heavy rain put under water, and the streets that are."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from simulator import tide
from simulator.noise import smooth_noise
from simulator.series_model import SeriesModel
from simulator.water import rain_rate

FLOODED_CM = 10.0  # centimetres from which a street is called so
DEEP_CM = 25.0


class GaugedStreet(NamedTuple):
    """`low`: the level of the river in metres at which water comes up."""

    name: str
    point: tuple[float, float]
    unit: str
    flood_level: float


STREETS = {
    "bo-ke": GaugedStreet("Đường bờ kè rạch (điểm đo 1)", (105.7712, 10.0395), "31135", 1.58),
    "cho": GaugedStreet("Khu chợ ven sông (điểm đo 2)", (105.7830, 10.0500), "31120", 1.66),
    "hem": GaugedStreet("Hẻm trũng (điểm đo 3)", (105.7640, 10.0170), "31147", 1.74),
    "ben-do": GaugedStreet("Bến đò (điểm đo 4)", (105.7500, 10.0010), "31186", 1.62),
}


def depth(key: str, seed: int, t: float) -> float:
    """Centimetres of water on a street."""
    over = 100 * (tide.level(seed, t - 900) - STREETS[key].flood_level) + 0.7 * rain_rate(0, seed, t - 1200)
    return max(0.0, over + 1.5 * smooth_noise(seed, "flood/" + key, t, 600) if over > 0 else 0.0)


def flooded_streets(seed: int, t: float) -> Iterator[tuple[str, float]]:
    """The streets that are flooded, and how deep."""
    for key in STREETS:
        centimetres = round(depth(key, seed, t), 1)
        if centimetres >= FLOODED_CM:
            yield key, centimetres


def _count_flooded(seed: int, t: float) -> float:
    return sum(1 for _ in flooded_streets(seed, t))


def series_models() -> dict[str, SeriesModel]:
    """The series of the street gauges by key."""
    models: dict[str, Callable[[int, float], float]] = {f"flood-{key}-depth": partial(depth, key) for key in STREETS}
    series = {key: SeriesModel(model, 1, "cm") for key, model in models.items()}
    return series | {"flood-streets": SeriesModel(_count_flooded, 0, "")}

"""Gauges on streets that the tide and heavy rain put under water, and the streets that are."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from simulator import tide
from simulator.chance import drift
from simulator.line import Line
from simulator.water import rain_rate

FLOODED = 10.0  # centimetres from which a street is called so
DEEP = 25.0


class Street(NamedTuple):
    """`low`: the level of the river in metres at which water comes up."""

    name: str
    point: tuple[float, float]
    unit: str
    low: float


STREETS = {
    "bo-ke": Street("Đường bờ kè rạch (điểm đo 1)", (105.7712, 10.0395), "31135", 1.58),
    "cho": Street("Khu chợ ven sông (điểm đo 2)", (105.7830, 10.0500), "31120", 1.66),
    "hem": Street("Hẻm trũng (điểm đo 3)", (105.7640, 10.0170), "31147", 1.74),
    "ben-do": Street("Bến đò (điểm đo 4)", (105.7500, 10.0010), "31186", 1.62),
}


def depth(key: str, seed: int, t: float) -> float:
    """Centimetres of water on a street."""
    over = 100 * (tide.level(seed, t - 900) - STREETS[key].low) + 0.7 * rain_rate(0, seed, t - 1200)
    return max(0.0, over + 1.5 * drift(seed, "flood/" + key, t, 600) if over > 0 else 0.0)


def under_water(seed: int, t: float) -> Iterator[tuple[str, float]]:
    """The streets that are flooded, and how deep."""
    for key in STREETS:
        found = round(depth(key, seed, t), 1)
        if found >= FLOODED:
            yield key, found


def _count(seed: int, t: float) -> float:
    return sum(1 for _ in under_water(seed, t))


def lines() -> dict[str, Line]:
    """Every line of the streets."""
    models: dict[str, Callable[[int, float], float]] = {f"flood-{key}-depth": partial(depth, key) for key in STREETS}
    found = {key: Line(model, 1, "cm") for key, model in models.items()}
    return found | {"flood-streets": Line(_count, 0, "")}

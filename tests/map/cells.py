"""What the tests of the map share: the 103 units, the layers of the schematic, a city of many points."""

import random
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import yaml

from config.layers import load
from domain.kpi import Severity, State
from domain.map_layers import MapLayers
from domain.place import Station, Unit
from domain.snapshot import MapPoint, SeriesView, Snapshot
from domain.source import Series
from domain.text import Text
from tests.city import full_city

ROOT = Path(__file__).parents[2]


@cache
def units() -> dict[str, Unit]:
    """units.yaml, as it is written."""
    rows = yaml.safe_load((ROOT / "config/cantho/units.yaml").read_text("utf-8"))["units"]
    return {row["code"]: Unit(**row) for row in rows}


@cache
def schematic() -> MapLayers:
    """The layers that are shipped."""
    return load(None, units())


def crowded(count: int, values: int = 0) -> Snapshot:
    """A city of `count` points; `values` seeds what they measure, and nothing else."""
    where, measured, city = random.Random(1), random.Random(values), full_city()
    made = []
    for n in range(count):
        unit = where.choice(list(units().values()))
        fate = where.random()
        state = State.STALE if fate < 0.1 else State.OK
        severity = Severity.CRITICAL if fate > 0.95 else Severity.ATTENTION if fate > 0.9 else Severity.NORMAL
        series = Series(f"level-{n}", Text(f"Mực nước {unit.name}"), "m", place=unit.code, station=f"s{n}")
        value = round(measured.uniform(0.2, 2), 2) if state is State.OK else None
        at = city.at - timedelta(seconds=4)
        seen = SeriesView(series, state, value, 1.2, at, True, "sim-tide", 2, severity)
        lon, lat = unit.lon + where.uniform(-0.03, 0.03), unit.lat + where.uniform(-0.02, 0.02)
        station = Station(f"s{n}", Text(f"Trạm {unit.name} {n}"), "water", lon, lat, unit.code)
        made.append(MapPoint(station, (seen,), state, severity, True))
    return replace(city, units=units(), points=tuple(made))

"""Shared by tests of the map: the 103 units, the schematic layers, cities with many points and events."""

import random
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import yaml

from ioc.config.layers import load
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Area
from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.source import EventKind, Series
from ioc.domain.kpis.kpi import FigureState, Severity
from ioc.domain.snapshot import EventView, MapPoint, SeriesView, Snapshot
from tests.city import HOUR, NOW, event_view, full_city

ROOT = Path(__file__).parents[3]


@cache
def units() -> dict[str, AdminUnit]:
    """units.yaml, as it is written."""
    rows = yaml.safe_load((ROOT / "config/cantho/units.yaml").read_text("utf-8"))["units"]
    return {
        row["code"]: AdminUnit(
            row["code"], row["name"], row["kind"], row["area_km2"], row["lon"], row["lat"], row["former"]
        )
        for row in rows
    }


@cache
def schematic() -> MapLayers:
    """The layers that are shipped."""
    return load(None, units())


def crowded(count: int, values: int = 0) -> Snapshot:
    """A city of `count` points; `values` seeds what they measure, and nothing else."""
    where, measured, city = random.Random(1), random.Random(values), full_city()
    points = []
    for n in range(count):
        unit = where.choice(list(units().values()))
        fate = where.random()
        state = FigureState.STALE if fate < 0.1 else FigureState.OK
        severity = Severity.CRITICAL if fate > 0.95 else Severity.ATTENTION if fate > 0.9 else Severity.NORMAL
        series = Series(f"level-{n}", LocalizedText(f"Mực nước {unit.name}"), "m", place=unit.code, station=f"s{n}")
        value = round(measured.uniform(0.2, 2), 2) if state is FigureState.OK else None
        at = city.at - timedelta(seconds=4)
        series_view = SeriesView(series, state, value, 1.2, at, True, "sim-tide", 2, severity)
        lon, lat = unit.lon + where.uniform(-0.03, 0.03), unit.lat + where.uniform(-0.02, 0.02)
        station = Station(f"s{n}", LocalizedText(f"Trạm {unit.name} {n}"), "water", lon, lat, unit.code)
        points.append(MapPoint(station, (series_view,), state, severity, True))
    return replace(city, units=units(), map_points=tuple(points))


KINDS = ("report", "works", "incident", "alert", "closure", "vehicle", "camera", "press")


def eventful(count: int = 40, step: int = 0) -> Snapshot:
    """A crowded city with `count` events of every kind; `step` moves its vehicles."""
    where, city = random.Random(5), crowded(60)
    names = tuple(EventKind(key, LocalizedText(f"Loại {key}", f"Kind {key}")) for key in KINDS)
    sources = tuple(replace(view, source=replace(view.source, events=names)) for view in city.sources)
    views = [_event(n, where, step) for n in range(count)]
    return replace(city, sources=sources, events=(alarm(), drilled(), closed_road(), *views))


def _event(n: int, where: random.Random, step: int) -> EventView:
    unit, kind = where.choice(list(units().values())), KINDS[n % len(KINDS)]
    severity = where.choice([Severity.NORMAL] * 8 + [Severity.ATTENTION, Severity.CRITICAL])
    lon, lat = unit.lon + where.uniform(-0.03, 0.03), unit.lat + where.uniform(-0.02, 0.02)
    lon += 0.002 * step if kind == "vehicle" else 0
    view = event_view(f"{kind}-{n}")
    area = None if kind == "press" else Area(lon, lat)
    return replace(view, event=replace(view.event, kind=kind, severity=severity, area=area, place=unit.code))


def alarm() -> EventView:
    """An alert over an outline and a circle of 12 km."""
    view, ring = event_view("alarm"), ((105.9, 9.5), (106.1, 9.5), (106.1, 9.7), (105.9, 9.5))
    area = Area(105.97, 9.6, (ring,), 12.0)
    event = replace(view.event, kind="alert", title="Cảnh báo dông", severity=Severity.CRITICAL, area=area, due=None)
    return replace(view, event=replace(event, expires=NOW + 3 * HOUR, place="31507"))


def drilled() -> EventView:
    """An incident of an exercise."""
    view = event_view("drill", is_drill=True)
    event = replace(
        view.event, kind="incident", title="Diễn tập sự cố hóa chất", is_drill=True, area=Area(105.47, 9.78, (), 4)
    )
    return replace(view, event=event)


def closed_road() -> EventView:
    """A closure along a line, reported by two sources that disagree."""
    view, line = event_view("road"), ((105.75, 10.0), (105.78, 10.03), (105.8, 10.02))
    event = replace(view.event, kind="closure", title="Cấm đường", area=Area(105.78, 10.03, (line,)))
    return replace(view, event=event, sources=("sim-tide", "sim-beds"), disagreements=("due",))

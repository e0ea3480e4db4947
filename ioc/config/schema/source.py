"""sources.yaml checked and turned into Sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from ioc.config import cross_checks
from ioc.config.errors import Fault, instead
from ioc.config.folder import told
from ioc.config.located_rows import At, Names, Rows
from ioc.config.row_templates import Brought, Places, address, brought, kind_of, mismatched, nowhere, secrets, unset
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import SeriesRow, SourceRow
from ioc.config.ssrf_check import barred, private, unlike
from ioc.config.unreadable import READABLE
from ioc.domain.base.units import UnknownUnit, known
from ioc.domain.ingest.source import Series, Source


@dataclass(frozen=True, slots=True)
class World:
    """What source rows may refer to."""

    environment: Mapping[str, str]
    protocols: Mapping[str, Any]
    places: Places
    owners: Owners
    classes: Names


@dataclass(slots=True)
class AllSeries:
    """Every series that is brought, by which row; of which units and places are sure, which are simulated, drills."""

    known: dict[str, Series] = field(default_factory=dict)
    by: dict[str, At[SourceRow]] = field(default_factory=dict)
    sure: set[str] = field(default_factory=set)
    simulated: set[str] = field(default_factory=set)
    drills: set[str] = field(default_factory=set)
    complete: bool = True


def check(rows: Rows[SourceRow], world: World, faults: list[Fault]) -> AllSeries:
    """All that is brought. `faults` grows by what is wrong."""
    faults += [*cross_checks.unique(rows), *cross_checks.apart(rows)]
    every = AllSeries(complete=rows.complete)
    for at in rows:
        faults += _row(at, world)
        for n, one in _series_rows(at, every):
            made = brought(one, world.places)
            every.complete &= made.complete
            faults += _series_row(at, n, one, made, world)
            for series in made.series:
                if series.key in every.by:
                    faults.append(_again(at, n, series.key, every.by[series.key]))
                _keep(at, series, made, every)
    for key, at in every.by.items():
        faults += _same(at, every.known[key], every)
    return every


def _series_rows(at: At[SourceRow], every: AllSeries) -> Iterator[tuple[int, SeriesRow]]:
    with READABLE:
        return iter(list(enumerate(at.row.series)))
    every.complete = False
    return iter(())


def _again(at: At[SourceRow], n: int, key: str, first: At[SourceRow]) -> Fault:
    place = f"{first.file.name}:{first.file.line(first.where)}"
    return at.fault(f"series {key!r} is brought already by the source at {place}", "", "series", n)


def _keep(at: At[SourceRow], series: Series, made: Brought, every: AllSeries) -> None:
    unit = _spelt(series.unit)
    every.known.setdefault(series.key, replace(series, unit=unit or series.unit))
    every.by.setdefault(series.key, at)
    with READABLE:
        if at.row.simulated and at.row.enabled:
            every.simulated.add(series.key)
    with READABLE:
        if at.row.drill:
            every.drills.add(series.key)
        if made.sure and unit is not None:
            every.sure.add(series.key)


def _same(at: At[SourceRow], one: Series, every: AllSeries) -> list[Fault]:
    """A series that is the same as another's names one of another source, in a unit that converts."""
    if not one.same_as:
        return []
    if one.same_as not in every.known:
        return cross_checks.named(at, "series", one.same_as, Names.of(every.known, every.complete), "series")
    if every.by[one.same_as] is at:
        return [at.fault(f"{one.key!r} is the same as one of its own source", "", "series")]
    other = every.known[one.same_as]
    if {one.key, other.key} <= every.sure and not cross_checks.converts(one.unit, other.unit):
        return [at.fault(f"{one.key!r} is in {one.unit}, {other.key!r} in {other.unit}", "", "series")]
    return []


def _row(at: At[SourceRow], world: World) -> list[Fault]:
    """What is wrong with a row beside its series."""
    row, faults = at.row, cross_checks.times(at)
    with READABLE:
        faults += cross_checks.named(at, "protocol", row.protocol, Names.of(world.protocols), "protocol")
    with READABLE:
        faults += world.owners.faults(at, row.owner)
        faults += world.owners.honest(at, row.owner, row.simulated)
    with READABLE:
        faults += _options(at, world)
    for part in ("address", "options"):
        with READABLE:
            faults += unset(at, part, world.environment)
    with READABLE:
        faults += nowhere(at)
    with READABLE:
        faults += barred(at, world.environment)
    with READABLE:
        faults += unlike(at, getattr(world.protocols.get(row.protocol), "ADDRESSES", ()))
    with READABLE:
        faults += _events(at, world)
    return faults


def _options(at: At[SourceRow], world: World) -> list[Fault]:
    module = world.protocols.get(at.row.protocol)
    if module is None:
        return []
    try:
        module.Options.model_validate(at.row.options)
    except ValidationError as error:
        return told(at.file, (*at.where, "options"), error.errors(include_url=False), module.Options)
    return []


def _events(at: At[SourceRow], world: World) -> list[Fault]:
    kinds, faults = list[str](), list[Fault]()
    for n, event in enumerate(at.row.events):
        with READABLE:
            faults += cross_checks.named(at, "retention class", event.keep, world.classes, "events", n, "keep")
        with READABLE:
            if event.kind in kinds:
                faults.append(at.fault(f"the kind {event.kind!r} stands twice", "", "events", n, "kind"))
            kinds.append(event.kind)
    there = Names.of(kinds, len(kinds) == len(at.row.events))
    for n, one in enumerate(at.row.series):
        with READABLE:
            if one.tally is not None:
                faults += cross_checks.named(at, "kind of events", one.tally.kind, there, "series", n, "tally", "kind")
    return faults


def _series_row(at: At[SourceRow], n: int, row: SeriesRow, made: Brought, world: World) -> list[Fault]:
    """What is wrong with a row of series."""
    inner, faults, places = ("series", n), list[Fault](), world.places
    with READABLE:
        if mismatched(row):
            faults.append(at.fault("key holds {each} exactly when the row has each", "", *inner, "key"))
    with READABLE:
        faults += cross_checks.unit(at, row.unit, *inner, "unit")
    with READABLE:
        faults += cross_checks.named(at, "retention class", row.keep, world.classes, *inner, "keep")
    with READABLE:
        faults += cross_checks.named(at, "place", row.place, places.unit_names, *inner, "place") if row.place else []
    with READABLE:
        faults += (
            cross_checks.named(at, "station", row.station, places.station_names, *inner, "station")
            if row.station
            else []
        )
    with READABLE:
        faults += _kind(at, n, row, places)
    wrong = next((one.key for one in made.series if one.key.startswith(cross_checks.DERIVED)), "")
    if wrong:
        faults.append(
            at.fault(f"series {wrong!r}: {cross_checks.DERIVED} is kept for KPI histories", "", *inner, "key")
        )
    return faults


def _kind(at: At[SourceRow], n: int, row: SeriesRow, places: Places) -> list[Fault]:
    kind, kinds = kind_of(row), {one.kind for one in places.stations.values()}
    if not kind or kind in kinds or not places.station_names.complete:
        return []
    return [at.fault(f"each: there is no station of kind {kind!r}", instead(kind, kinds), "series", n, "each")]


def _spelt(unit: str) -> str | None:
    try:
        return known(unit)
    except UnknownUnit:
        return None


def sources(rows: Rows[SourceRow], world: World) -> tuple[Source, ...]:
    """The sources of rows without faults."""
    return tuple(_source(at.row, world) for at in rows)


def _source(row: SourceRow, world: World) -> Source:
    series = [one for each in row.series for one in brought(each, world.places).series]
    source = Source(
        row.key, row.name.text(), row.protocol, address(row, world.environment), row.every, row.deadline,
        row.age_limit, world.owners.of(row.owner), row.licence.text(), row.simulated, row.enabled, "",
        tuple(row.hosts), tuple(replace(one, unit=known(one.unit)) for one in series), dict(row.options),
        tuple(one.made() for one in row.events),
        row.drill, tuple(one.window() for one in row.maintenance),
        private(row),
    )  # fmt: skip
    return replace(source, fingerprint=_fingerprint(source, secrets(row, world.environment)))


def _fingerprint(source: Source, secrets: list[str]) -> str:
    return sha256(repr((source, secrets)).encode()).hexdigest()[:16]

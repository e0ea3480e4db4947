"""sources.yaml checked and turned into Sources."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from config import checks
from config.expand import Places, address, secrets, series
from config.faults import Fault
from config.folder import At, told
from config.rows import SourceRow
from domain.agency import Agency
from domain.source import EventKind, Series, Source
from domain.units import UnknownUnit, known


@dataclass(frozen=True, slots=True)
class World:
    """What source rows may refer to."""

    environment: Mapping[str, str]
    protocols: Mapping[str, Any]
    places: Places
    agencies: Mapping[str, Agency]
    owners: Mapping[str, str]
    classes: Collection[str]


def sources(rows: Sequence[At[SourceRow]], world: World, faults: list[Fault]) -> list[tuple[At[SourceRow], Source]]:
    """Each row with its source. `faults` grows by what is wrong."""
    faults += [*checks.unique(rows), *checks.apart(rows)]
    made = [(at, _source(at, world, faults)) for at in rows]
    taken: dict[str, str] = {}
    for at, source in made:
        for one in source.series:
            if one.key in taken:
                faults.append(at.fault(f"series {one.key!r} is brought already by {taken[one.key]!r}", "", "series"))
            taken.setdefault(one.key, source.key)
    there = {one.key: (source, one) for _, source in made for one in source.series}
    for at, source in made:
        faults += checks.same(at, source, there)
    return made


def _source(at: At[SourceRow], world: World, faults: list[Fault]) -> Source:
    row = at.row
    owner = world.owners.get(row.owner, row.owner)
    faults += checks.times(at)
    faults += checks.named(at, "protocol", row.protocol, world.protocols, "protocol")
    faults += checks.named(at, "owner", owner, world.agencies, "owner")
    faults += checks.honest(at, owner, row.simulated, world.agencies)
    faults += _options(at, world)
    faults += _events(at, world)
    expanded = series(at, world.places, faults)
    for one, n in expanded:
        faults += _series(at, one, n, world)
    source = Source(
        row.key, row.name.text(), row.protocol, address(at, world.environment, faults), row.every, row.deadline,
        row.age_limit, owner, row.licence.text(), row.simulated, row.enabled, "", tuple(row.hosts),
        tuple(replace(one, unit=_spelt(one.unit)) for one, _ in expanded), dict(row.options),
        tuple(EventKind(one.kind, one.name.text(), one.keep) for one in row.events),
        row.drill, tuple(one.window() for one in row.maintenance),
    )  # fmt: skip
    return replace(source, fingerprint=_fingerprint(source, secrets(at, world.environment)))


def _options(at: At[SourceRow], world: World) -> list[Fault]:
    module = world.protocols.get(at.row.protocol)
    if module is None:
        return []
    try:
        module.Options.model_validate(at.row.options)
    except ValidationError as error:
        where = (*at.where, "options")
        return [told(at.file, where, one, module.Options) for one in error.errors(include_url=False)]
    return []


def _series(at: At[SourceRow], one: Series, n: int, world: World) -> list[Fault]:
    inner = ("series", n)
    faults = checks.unit(at, one.unit, *inner, "unit")
    faults += checks.named(at, "retention class", one.keep, world.classes, *inner, "keep")
    if one.place and at.row.series[n].place:
        faults += checks.named(at, "place", one.place, world.places.units, *inner, "place")
    if one.station and at.row.series[n].station:
        faults += checks.named(at, "station", one.station, world.places.stations, *inner, "station")
    if one.key.startswith(checks.DERIVED):
        faults.append(at.fault(f"series {one.key!r}: {checks.DERIVED} is kept for KPI histories", "", *inner, "key"))
    return faults


def _events(at: At[SourceRow], world: World) -> list[Fault]:
    kinds, faults = [one.kind for one in at.row.events], list[Fault]()
    for n, event in enumerate(at.row.events):
        faults += checks.named(at, "retention class", event.keep, world.classes, "events", n, "keep")
        if event.kind in kinds[:n]:
            faults.append(at.fault(f"the kind {event.kind!r} stands twice", "", "events", n, "kind"))
    for n, one in enumerate(at.row.series):
        if one.tally is not None:
            faults += checks.named(at, "kind of events", one.tally.kind, kinds, "series", n, "tally", "kind")
    return faults


def _spelt(unit: str) -> str:
    try:
        return known(unit)
    except UnknownUnit:
        return unit


def _fingerprint(source: Source, secrets: list[str]) -> str:
    return sha256(repr((source, secrets)).encode()).hexdigest()[:16]

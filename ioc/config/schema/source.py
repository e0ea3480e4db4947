"""sources.yaml checked and turned into Sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault, suggest
from ioc.config.folder import validation_faults
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.row_templates import (
    ExpandedSeries,
    PlaceIndex,
    check_environment,
    check_has_address,
    expand_series,
    has_each_mismatch,
    resolve_address,
    secret_values,
    station_kind,
)
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import SeriesRow, SourceRow
from ioc.config.ssrf_check import check_address_form, check_not_private, is_private_allowed
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.domain.base.units import UnknownUnitError, canonical_unit
from ioc.domain.ingest.source import Series, Source


@dataclass(frozen=True, slots=True)
class SourceReferences:
    """What source rows may refer to."""

    environment: Mapping[str, str]
    protocols: Mapping[str, Any]
    places: PlaceIndex
    owners: Owners
    retention_classes: KnownNames


@dataclass(slots=True)
class SeriesIndex:
    """Every series that is brought, by which row; of which units and places are sure, which are simulated, drills."""

    series: dict[str, Series] = field(default_factory=dict)
    rows: dict[str, LocatedRow[SourceRow]] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    simulated: set[str] = field(default_factory=set)
    drills: set[str] = field(default_factory=set)
    is_complete: bool = True


def check(rows: RowList[SourceRow], references: SourceReferences, faults: list[ConfigFault]) -> SeriesIndex:
    """All that is brought. `faults` grows by what is wrong."""
    faults += [*cross_checks.check_unique(rows), *cross_checks.check_not_mixed(rows)]
    every = SeriesIndex(is_complete=rows.is_complete)
    for at in rows:
        faults += _check_row(at, references)
        for n, one in _series_rows(at, every):
            made = expand_series(one, references.places)
            every.is_complete &= made.is_complete
            faults += _check_series_row(at, n, one, made, references)
            for series in made.series:
                if series.key in every.rows:
                    faults.append(_duplicate_fault(at, n, series.key, every.rows[series.key]))
                _add_series(at, series, made, every)
    for key, at in every.rows.items():
        faults += _check_same_as(at, every.series[key], every)
    return every


def _series_rows(at: LocatedRow[SourceRow], every: SeriesIndex) -> Iterator[tuple[int, SeriesRow]]:
    with SKIP_UNREADABLE:
        return iter(list(enumerate(at.row.series)))
    every.is_complete = False
    return iter(())


def _duplicate_fault(at: LocatedRow[SourceRow], n: int, key: str, first: LocatedRow[SourceRow]) -> ConfigFault:
    place = f"{first.file.name}:{first.file.line(first.path)}"
    return at.fault(f"series {key!r} is brought already by the source at {place}", "", "series", n)


def _add_series(at: LocatedRow[SourceRow], series: Series, made: ExpandedSeries, every: SeriesIndex) -> None:
    unit = _known_unit(series.unit)
    every.series.setdefault(series.key, replace(series, unit=unit or series.unit))
    every.rows.setdefault(series.key, at)
    with SKIP_UNREADABLE:
        if at.row.simulated and at.row.enabled:
            every.simulated.add(series.key)
    with SKIP_UNREADABLE:
        if at.row.drill:
            every.drills.add(series.key)
        if made.is_resolved and unit is not None:
            every.resolved.add(series.key)


def _check_same_as(at: LocatedRow[SourceRow], one: Series, every: SeriesIndex) -> list[ConfigFault]:
    """A series that is the same as another's names one of another source, in a unit that converts."""
    if not one.redundant_with:
        return []
    if one.redundant_with not in every.series:
        return cross_checks.check_exists(
            at, "series", one.redundant_with, KnownNames.of(every.series, every.is_complete), "series"
        )
    if every.rows[one.redundant_with] is at:
        return [at.fault(f"{one.key!r} is the same as one of its own source", "", "series")]
    other = every.series[one.redundant_with]
    if {one.key, other.key} <= every.resolved and not cross_checks.is_convertible(one.unit, other.unit):
        return [at.fault(f"{one.key!r} is in {one.unit}, {other.key!r} in {other.unit}", "", "series")]
    return []


def _check_row(at: LocatedRow[SourceRow], references: SourceReferences) -> list[ConfigFault]:
    """What is wrong with a row beside its series."""
    row, faults = at.row, cross_checks.check_times(at)
    with SKIP_UNREADABLE:
        faults += cross_checks.check_exists(
            at, "protocol", row.protocol, KnownNames.of(references.protocols), "protocol"
        )
    with SKIP_UNREADABLE:
        faults += references.owners.check_exists(at, row.owner)
        faults += references.owners.check_owner_simulated(at, row.owner, row.simulated)
    with SKIP_UNREADABLE:
        faults += _check_options(at, references)
    for part in ("address", "options"):
        with SKIP_UNREADABLE:
            faults += check_environment(at, part, references.environment)
    with SKIP_UNREADABLE:
        faults += check_has_address(at)
    with SKIP_UNREADABLE:
        faults += check_not_private(at, references.environment)
    with SKIP_UNREADABLE:
        faults += check_address_form(at, getattr(references.protocols.get(row.protocol), "ADDRESSES", ()))
    with SKIP_UNREADABLE:
        faults += _check_events(at, references)
    return faults


def _check_options(at: LocatedRow[SourceRow], references: SourceReferences) -> list[ConfigFault]:
    module = references.protocols.get(at.row.protocol)
    if module is None:
        return []
    try:
        module.Options.model_validate(at.row.options)
    except ValidationError as error:
        return validation_faults(at.file, (*at.path, "options"), error.errors(include_url=False), module.Options)
    return []


def _check_events(at: LocatedRow[SourceRow], references: SourceReferences) -> list[ConfigFault]:
    kinds, faults = list[str](), list[ConfigFault]()
    for n, event in enumerate(at.row.events):
        with SKIP_UNREADABLE:
            faults += cross_checks.check_exists(
                at, "retention class", event.keep, references.retention_classes, "events", n, "keep"
            )
        with SKIP_UNREADABLE:
            if event.kind in kinds:
                faults.append(at.fault(f"the kind {event.kind!r} stands twice", "", "events", n, "kind"))
            kinds.append(event.kind)
    there = KnownNames.of(kinds, len(kinds) == len(at.row.events))
    for n, one in enumerate(at.row.series):
        with SKIP_UNREADABLE:
            if one.tally is not None:
                faults += cross_checks.check_exists(
                    at, "kind of events", one.tally.kind, there, "series", n, "tally", "kind"
                )
    return faults


def _check_series_row(
    at: LocatedRow[SourceRow], n: int, row: SeriesRow, made: ExpandedSeries, references: SourceReferences
) -> list[ConfigFault]:
    """What is wrong with a row of series."""
    inner, faults, places = ("series", n), list[ConfigFault](), references.places
    with SKIP_UNREADABLE:
        if has_each_mismatch(row):
            faults.append(at.fault("key holds {each} exactly when the row has each", "", *inner, "key"))
    with SKIP_UNREADABLE:
        faults += cross_checks.check_unit(at, row.unit, *inner, "unit")
    with SKIP_UNREADABLE:
        faults += cross_checks.check_exists(
            at, "retention class", row.keep, references.retention_classes, *inner, "keep"
        )
    with SKIP_UNREADABLE:
        faults += (
            cross_checks.check_exists(at, "place", row.place, places.unit_names, *inner, "place") if row.place else []
        )
    with SKIP_UNREADABLE:
        faults += (
            cross_checks.check_exists(at, "station", row.station, places.station_names, *inner, "station")
            if row.station
            else []
        )
    with SKIP_UNREADABLE:
        faults += _check_station_kind(at, n, row, places)
    wrong = next((one.key for one in made.series if one.key.startswith(cross_checks.KPI_SERIES_PREFIX)), "")
    if wrong:
        faults.append(
            at.fault(f"series {wrong!r}: {cross_checks.KPI_SERIES_PREFIX} is kept for KPI histories", "", *inner, "key")
        )
    return faults


def _check_station_kind(at: LocatedRow[SourceRow], n: int, row: SeriesRow, places: PlaceIndex) -> list[ConfigFault]:
    kind, kinds = station_kind(row), {one.kind for one in places.stations.values()}
    if not kind or kind in kinds or not places.station_names.is_complete:
        return []
    return [at.fault(f"each: there is no station of kind {kind!r}", suggest(kind, kinds), "series", n, "each")]


def _known_unit(unit: str) -> str | None:
    try:
        return canonical_unit(unit)
    except UnknownUnitError:
        return None


def to_sources(rows: RowList[SourceRow], references: SourceReferences) -> tuple[Source, ...]:
    """The sources of rows without faults."""
    return tuple(_to_source(at.row, references) for at in rows)


def _to_source(row: SourceRow, references: SourceReferences) -> Source:
    series = [one for each in row.series for one in expand_series(each, references.places).series]
    source = Source(
        row.key, row.name.text(), row.protocol, resolve_address(row, references.environment), row.every, row.deadline,
        row.age_limit, references.owners.resolve(row.owner), row.licence.text(), row.simulated, row.enabled, "",
        tuple(row.hosts), tuple(replace(one, unit=canonical_unit(one.unit)) for one in series), dict(row.options),
        tuple(one.to_domain() for one in row.events),
        row.drill, tuple(one.to_domain() for one in row.maintenance),
        is_private_allowed(row),
    )  # fmt: skip
    return replace(source, fingerprint=_fingerprint(source, secret_values(row, references.environment)))


def _fingerprint(source: Source, secrets: list[str]) -> str:
    return sha256(repr((source, secrets)).encode()).hexdigest()[:16]

"""sources.yaml checked and turned into Sources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from data_sources._mapping import RequestOptions
from ioc.config import cross_checks
from ioc.config.errors import ConfigFault, suggest
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.row_codes import RowCode
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
from ioc.config.validation import validation_faults
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnknownUnitError, canonical_unit
from ioc.domain.ingest.source import Series, Source

HTTP_ADDRESSES = ("https://host/path", "http://host/path")


@dataclass(frozen=True, slots=True)
class SourceReferences:
    """What source rows may refer to."""

    environment: Mapping[str, str]
    protocols: Mapping[str, Any]
    places: PlaceIndex
    owners: Owners
    retention_classes: KnownNames
    unavailable: Mapping[str, Failure] = field(default_factory=dict)  # names of `environment` without a server


@dataclass(slots=True)
class SeriesIndex:
    """Every series with the row that brings it.

    `resolved`: whose unit and place could be read; `simulated` and `drills`: which of them are. Unless `is_complete`,
    there are others that could not be read.
    """

    series: dict[str, Series] = field(default_factory=dict)
    rows: dict[str, LocatedRow[SourceRow]] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    simulated: set[str] = field(default_factory=set)
    drills: set[str] = field(default_factory=set)
    is_complete: bool = True


def check(rows: RowList[SourceRow], references: SourceReferences, faults: list[ConfigFault]) -> SeriesIndex:
    """All series of the rows. `faults` grows by what is wrong."""
    faults += [*cross_checks.check_unique(rows), *cross_checks.check_not_mixed(rows)]
    index = SeriesIndex(is_complete=rows.is_complete)
    for located in rows:
        faults += _check_row(located, references)
        for n, row in _series_rows(located, index):
            expanded = expand_series(row, references.places)
            index.is_complete &= expanded.is_complete
            faults += _check_series_row(located, n, row, expanded, references)
            for series in expanded.series:
                if series.key in index.rows:
                    params = {"series": series.key, "place": index.rows[series.key].place}
                    faults.append(located.fault(Failure(RowCode.SERIES_TAKEN, params), None, "series", n))
                _add_series(located, series, expanded, index)
    for key, located in index.rows.items():
        faults += _check_redundant_with(located, index.series[key], index)
    return index


def _series_rows(located: LocatedRow[SourceRow], index: SeriesIndex) -> Iterator[tuple[int, SeriesRow]]:
    with SKIP_UNREADABLE:
        return iter(list(enumerate(located.row.series)))
    index.is_complete = False
    return iter(())


def _add_series(located: LocatedRow[SourceRow], series: Series, expanded: ExpandedSeries, index: SeriesIndex) -> None:
    unit = _known_unit(series.unit)
    index.series.setdefault(series.key, replace(series, unit=unit or series.unit))
    index.rows.setdefault(series.key, located)
    with SKIP_UNREADABLE:
        if located.row.simulated and located.row.enabled:
            index.simulated.add(series.key)
    with SKIP_UNREADABLE:
        if located.row.drill:
            index.drills.add(series.key)
        if expanded.is_resolved and unit is not None:
            index.resolved.add(series.key)


def _check_redundant_with(located: LocatedRow[SourceRow], series: Series, index: SeriesIndex) -> list[ConfigFault]:
    """A redundant series names one of another source, in a unit that converts."""
    key = series.redundant_with
    if not key:
        return []
    if key not in index.series:
        names = KnownNames.of(index.series, index.is_complete)
        return cross_checks.check_exists(located, RowCode.UNKNOWN_SERIES, key, names, "series")
    if index.rows[key] is located:
        return [located.fault(Failure(RowCode.REDUNDANT_WITH_OWN_SOURCE, {"series": series.key}), None, "series")]
    other = index.series[key]
    if {series.key, other.key} <= index.resolved and not cross_checks.is_convertible(series.unit, other.unit):
        params = {"series": series.key, "unit": series.unit, "other": other.key, "other_unit": other.unit}
        return [located.fault(Failure(RowCode.REDUNDANT_WITH_OTHER_UNIT, params), None, "series")]
    return []


def _check_row(located: LocatedRow[SourceRow], references: SourceReferences) -> list[ConfigFault]:
    """What is wrong with a row beside its series."""
    row, faults = located.row, cross_checks.check_times(located)
    with SKIP_UNREADABLE:
        protocols = KnownNames.of(references.protocols)
        faults += cross_checks.check_exists(located, RowCode.UNKNOWN_PROTOCOL, row.protocol, protocols, "protocol")
    with SKIP_UNREADABLE:
        faults += references.owners.check_exists(located, row.owner)
        faults += references.owners.check_owner_simulated(located, row.owner, row.simulated)
    with SKIP_UNREADABLE:
        faults += _check_options(located, references)
    for part in ("address", "options"):
        with SKIP_UNREADABLE:
            faults += check_environment(located, part, references.environment)
    with SKIP_UNREADABLE:
        faults += check_has_address(located)
    with SKIP_UNREADABLE:
        faults += check_not_private(located, references.environment)
    with SKIP_UNREADABLE:
        faults += check_address_form(located, _address_examples(row, references.protocols.get(row.protocol)))
    with SKIP_UNREADABLE:
        faults += _check_events(located, references)
    return faults


def _address_examples(row: SourceRow, module: Any) -> Sequence[str]:
    """Examples of addresses of the row's protocol; none where any address may be right."""
    options = getattr(module, "Options", object)
    is_polled_over_http = issubclass(options, RequestOptions) and not row.options.get("push")
    return getattr(module, "ADDRESSES", HTTP_ADDRESSES if is_polled_over_http else ())


def _check_options(located: LocatedRow[SourceRow], references: SourceReferences) -> list[ConfigFault]:
    module = references.protocols.get(located.row.protocol)
    if module is None:
        return []
    try:
        module.Options.model_validate(located.row.options)
    except ValidationError as error:
        path = (*located.path, "options")
        return validation_faults(located.file, path, error.errors(include_url=False), module.Options)
    return []


def _check_events(located: LocatedRow[SourceRow], references: SourceReferences) -> list[ConfigFault]:
    kinds, faults = list[str](), list[ConfigFault]()
    for n, event in enumerate(located.row.events):
        with SKIP_UNREADABLE:
            faults += _check_retention(located, event.retention, references, "events", n, "retention")
        with SKIP_UNREADABLE:
            if event.kind in kinds:
                failure = Failure(RowCode.EVENT_KIND_TWICE, {"kind": event.kind})
                faults.append(located.fault(failure, None, "events", n, "kind"))
            kinds.append(event.kind)
    known = KnownNames.of(kinds, len(kinds) == len(located.row.events))
    for n, series in enumerate(located.row.series):
        with SKIP_UNREADABLE:
            if series.event_count is not None:
                path = ("series", n, "event_count", "kind")
                kind = series.event_count.kind
                faults += cross_checks.check_exists(located, RowCode.UNKNOWN_EVENT_KIND, kind, known, *path)
    return faults


def _check_retention(
    located: LocatedRow[SourceRow], name: str, references: SourceReferences, *path: str | int
) -> list[ConfigFault]:
    classes = references.retention_classes
    return cross_checks.check_exists(located, RowCode.UNKNOWN_RETENTION_CLASS, name, classes, *path)


def _check_series_row(
    located: LocatedRow[SourceRow], n: int, row: SeriesRow, expanded: ExpandedSeries, references: SourceReferences
) -> list[ConfigFault]:
    """What is wrong with a row of series."""
    path, faults, places = ("series", n), list[ConfigFault](), references.places
    with SKIP_UNREADABLE:
        if has_each_mismatch(row):
            faults.append(located.fault(Failure(RowCode.EACH_MISMATCH), None, *path, "key"))
    with SKIP_UNREADABLE:
        faults += cross_checks.check_unit(located, row.unit, *path, "unit")
    with SKIP_UNREADABLE:
        faults += _check_retention(located, row.retention, references, *path, "retention")
    with SKIP_UNREADABLE:
        if row.place:
            names = places.unit_names
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_PLACE, row.place, names, *path, "place")
    with SKIP_UNREADABLE:
        if row.station:
            names = places.station_names
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_STATION, row.station, names, *path, "station")
    with SKIP_UNREADABLE:
        faults += _check_station_kind(located, n, row, places)
    prefix = cross_checks.KPI_SERIES_PREFIX
    reserved = next((series.key for series in expanded.series if series.key.startswith(prefix)), "")
    if reserved:
        failure = Failure(RowCode.RESERVED_PREFIX, {"series": reserved, "prefix": prefix})
        faults.append(located.fault(failure, None, *path, "key"))
    return faults


def _check_station_kind(
    located: LocatedRow[SourceRow], n: int, row: SeriesRow, places: PlaceIndex
) -> list[ConfigFault]:
    kind, kinds = station_kind(row), {station.kind for station in places.stations.values()}
    if not kind or kind in kinds or not places.station_names.is_complete:
        return []
    failure = Failure(RowCode.UNKNOWN_STATION_KIND, {"name": kind})
    return [located.fault(failure, suggest(kind, kinds), "series", n, "each")]


def _known_unit(unit: str) -> str | None:
    try:
        return canonical_unit(unit)
    except UnknownUnitError:
        return None


def to_sources(rows: RowList[SourceRow], references: SourceReferences) -> tuple[Source, ...]:
    """The sources of rows without faults."""
    return tuple(_to_source(located.row, references) for located in rows)


def _to_source(row: SourceRow, references: SourceReferences) -> Source:
    every_series = [series for part in row.series for series in expand_series(part, references.places).series]
    off_reason = next((why for name, why in references.unavailable.items() if f"${{{name}}}" in row.address), None)
    source = Source(
        row.key, row.name.text(), row.protocol, resolve_address(row, references.environment), row.every, row.deadline,
        row.age_limit, references.owners.resolve(row.owner), row.licence.text(), row.simulated,
        row.enabled and off_reason is None, "",
        tuple(row.hosts), tuple(replace(series, unit=canonical_unit(series.unit)) for series in every_series),
        dict(row.options), tuple(event.to_domain() for event in row.events),
        row.drill, tuple(window.to_domain() for window in row.maintenance),
        row.duplicates, is_private_allowed(row),
        references.protocols[row.protocol].Options.model_validate(row.options).has_own_time,
        off_reason,
    )  # fmt: skip
    return replace(source, fingerprint=_fingerprint(source, secret_values(row, references.environment)))


def _fingerprint(source: Source, secrets: list[str]) -> str:
    return sha256(repr((source, secrets)).encode()).hexdigest()[:16]

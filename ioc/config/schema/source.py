"""sources.yaml checked and turned into Sources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

import yaml
from pydantic import ValidationError

from data_sources._mapping import RequestOptions, option_names
from ioc.config.errors import ConfigFault, suggest
from ioc.config.row_codes import RowCode
from ioc.config.row_templates import (
    check_environment,
    check_has_address,
    expand_series,
    has_each_mismatch,
    resolve_address,
    secret_values,
    station_kind,
)
from ioc.config.rows import LocatedRow, Rows, check_exists, check_unique
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import SeriesRow, SourceRow
from ioc.config.schema.event_options import check_kinds, check_places
from ioc.config.schema.place import PlaceIndex
from ioc.config.ssrf_check import check_address_form, check_not_private, is_private_allowed
from ioc.config.validation import validation_faults
from ioc.config.yaml_file import LocatedValue, fault_at, find_node
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnknownUnitError, convert
from ioc.domain.ingest.source import KEPT_CLASS, Series, Source

HTTP_ADDRESSES = ("https://host/path", "http://host/path")
KPI_SERIES_PREFIX = "kpi-"  # of the series in which KPI histories are stored
_MAY_EQUAL_DEADLINE = timedelta(seconds=10)  # up to this interval a poll may take all of it


@dataclass(frozen=True, slots=True)
class SourceEnvironment:
    """What the program and this machine offer to sources: values of ${NAME}, protocols by name.

    `unavailable`: each NAME whose server is not here, with the reason.
    """

    variables: Mapping[str, str]
    protocols: Mapping[str, Any]
    unavailable: Mapping[str, Failure] = field(default_factory=dict)

    def check(self, located: LocatedRow[SourceRow]) -> list[ConfigFault]:
        """What is wrong with a row in itself, and with what it expects of the program and of this machine."""
        row = located.row
        module = self.protocols.get(row.protocol)
        return [
            *_check_times(located),
            *check_exists(located, RowCode.UNKNOWN_PROTOCOL, row.protocol, self.protocols, "protocol"),
            *check_environment(located, "address", self.variables),
            *check_environment(located, "options", self.variables),
            *check_has_address(located),
            *check_not_private(located, self.variables),
            *check_address_form(located, _address_examples(row, module)),
            *_check_events(located),
            *check_kinds(located, module),
            *(
                located.fault(Failure(RowCode.EACH_MISMATCH), None, "series", n, "key")
                for n, series in enumerate(row.series)
                if has_each_mismatch(series)
            ),
        ]

    def check_options(self, located: LocatedValue) -> list[ConfigFault]:
        """What the protocol of a source says against its options, whatever else is wrong with the row."""
        row = located.value if isinstance(located.value, dict) else {}
        protocol, options = row.get("protocol"), row.get("options", {})
        module = self.protocols.get(protocol) if isinstance(protocol, str) else None
        if module is None or not isinstance(options, dict):
            return []
        try:
            module.Options.model_validate(options)
        except ValidationError as error:
            return validation_faults(located.node, ("options",), error, module.Options)
        return []


def _check_times(located: LocatedRow[SourceRow]) -> list[ConfigFault]:
    """A source's interval, deadline and age limit agree."""
    row, faults = located.row, list[ConfigFault]()
    if row.age_limit < row.every:
        failure = Failure(RowCode.AGE_LIMIT_BELOW_INTERVAL)
        faults.append(located.fault(failure, Failure(RowCode.RAISE_AGE_LIMIT)))
    if row.deadline > row.every or (row.deadline == row.every and row.every > _MAY_EQUAL_DEADLINE):
        failure = Failure(RowCode.DEADLINE_NOT_BELOW_INTERVAL)
        faults.append(located.fault(failure, Failure(RowCode.USUAL_DEADLINE), "deadline"))
    return faults


def _address_examples(row: SourceRow, module: Any) -> Sequence[str]:
    """Examples of addresses of the row's protocol; none where any address may be right."""
    options = getattr(module, "Options", object)
    is_polled_over_http = issubclass(options, RequestOptions) and not row.options.get("push")
    return getattr(module, "ADDRESSES", HTTP_ADDRESSES if is_polled_over_http else ())


def _check_events(located: LocatedRow[SourceRow]) -> list[ConfigFault]:
    """No kind of events twice; the kinds that series count are among them."""
    kinds = [event.kind for event in located.row.events]
    faults = [
        located.fault(Failure(RowCode.EVENT_KIND_TWICE, {"kind": kind}), None, "events", n, "kind")
        for n, kind in enumerate(kinds)
        if kind in kinds[:n]
    ]
    for n, series in enumerate(located.row.series):
        if series.event_count is not None:
            path = ("series", n, "event_count", "kind")
            faults += check_exists(located, RowCode.UNKNOWN_EVENT_KIND, series.event_count.kind, kinds, *path)
    return faults


@dataclass(frozen=True, slots=True)
class SourceReferences:
    """What source rows may refer to. `retention`: its classes. `protocols`: by name."""

    places: PlaceIndex
    owners: Owners
    retention: frozenset[str]
    protocols: Mapping[str, Any]


@dataclass(slots=True)
class SeriesIndex:
    """Every series with the row that brings it, and its number in it.

    `lacking`: patterns of series whose stations nobody knows, since their kind is misspelt.
    """

    series: dict[str, Series] = field(default_factory=dict)
    rows: dict[str, LocatedRow[SourceRow]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)

    def may_lack(self, pattern: str) -> bool:
        """Whether a series that `pattern` names may be one of those that are lacking."""
        start = pattern.partition("*")[0]
        return any(
            fnmatchcase(pattern, other)
            or ("*" in pattern and (other.startswith(start) or start.startswith(other.partition("*")[0])))
            for other in self.lacking
        )

    def is_simulated(self, key: str) -> bool:
        """Whether an enabled simulated source brings the series `key`."""
        row = self.rows[key].row
        return row.simulated and row.enabled

    def patterns(self) -> set[str]:
        """Patterns of all series of a row with `each`, as it is written in its file."""
        nodes = (
            find_node(located.node, ("series", n, "key")).node
            for located in {id(located): located for located in self.rows.values()}.values()
            for n in range(len(located.row.series))
        )
        keys = (node.value for node in nodes if isinstance(node, yaml.ScalarNode))
        return {key.replace("{each}", "*") for key in keys if "{each}" in key}

    def is_drill(self, key: str) -> bool:
        """Whether an exercise brings the series `key`."""
        return self.rows[key].row.drill


def check_not_mixed(rows: Rows[SourceRow]) -> list[ConfigFault]:
    """Simulated and real readings never share a store; the rarer kind is the fault."""
    enabled = [located for located in rows if located.row.enabled]
    kinds = [[located for located in enabled if located.row.simulated is kind] for kind in (False, True)]
    failure, suggestion = Failure(RowCode.SIMULATED_BESIDE_REAL), Failure(RowCode.SEPARATE_STORES)
    return [located.fault(failure, suggestion) for located in min(kinds, key=len)]


def check_references(rows: Rows[SourceRow], references: SourceReferences, faults: list[ConfigFault]) -> SeriesIndex:
    """All series of the rows. `faults` grows by what is wrong between the rows and with what they name."""
    index = SeriesIndex()
    faults += check_unique(rows)
    for located in rows:
        faults += references.owners.check(located, located.row.owner, located.row.simulated)
        faults += check_places(located, references.protocols.get(located.row.protocol), references.places)
        for n, event in enumerate(located.row.events):
            faults += _check_retention(located, event.retention, references, "events", n)
        for n, row in enumerate(located.row.series):
            every_series = expand_series(row, references.places)
            unknown_kind = _check_station_kind(located, n, row, references.places)
            index.lacking += [row.key.replace("{each}", "*") for _ in unknown_kind]
            faults += [*unknown_kind, *_check_series_row(located, n, row, every_series, references)]
            for series in every_series:
                faults += _add_series(located, n, series, index)
    for key, located in index.rows.items():
        faults += _check_redundant_with(located, index.series[key], index)
    return index


def _check_retention(
    located: LocatedRow[SourceRow], name: str, references: SourceReferences, *path: str | int
) -> list[ConfigFault]:
    return check_exists(located, RowCode.UNKNOWN_RETENTION_CLASS, name, references.retention, *path, "retention")


def _check_station_kind(
    located: LocatedRow[SourceRow], n: int, row: SeriesRow, places: PlaceIndex
) -> list[ConfigFault]:
    kind, kinds = station_kind(row), {station.kind for station in places.stations.values()}
    return check_exists(located, RowCode.UNKNOWN_STATION_KIND, kind, kinds, "series", n, "each") if kind else []


def _check_series_row(
    located: LocatedRow[SourceRow], n: int, row: SeriesRow, every_series: list[Series], references: SourceReferences
) -> list[ConfigFault]:
    """What a row of series names exists; none of its series has a reserved key."""
    path, places = ("series", n), references.places
    faults = [] if row.retention == KEPT_CLASS else _check_retention(located, row.retention, references, *path)
    if row.place:
        faults += check_exists(located, RowCode.UNKNOWN_PLACE, row.place, places.units, *path, "place")
    if row.station:
        faults += check_exists(located, RowCode.UNKNOWN_STATION, row.station, places.stations, *path, "station")
    reserved = next((series.key for series in every_series if series.key.startswith(KPI_SERIES_PREFIX)), "")
    if reserved:
        failure = Failure(RowCode.RESERVED_PREFIX, {"series": reserved, "prefix": KPI_SERIES_PREFIX})
        faults.append(located.fault(failure, None, *path, "key"))
    return faults


def _add_series(located: LocatedRow[SourceRow], n: int, series: Series, index: SeriesIndex) -> list[ConfigFault]:
    """Adds a series to the index. No two rows bring one; of two rows with one key that is the fault already."""
    first = index.rows.setdefault(series.key, located)
    if index.series.setdefault(series.key, series) is series:
        index.numbers[series.key] = n
        return []
    if first is not located and first.row.key == located.row.key:
        return []
    params = {"series": series.key, "place": first.place}
    return [located.fault(Failure(RowCode.SERIES_TAKEN, params), None, "series", n)]


def _check_redundant_with(located: LocatedRow[SourceRow], series: Series, index: SeriesIndex) -> list[ConfigFault]:
    """A redundant series names one of another source, in a unit that converts."""
    key = series.redundant_with
    if not key:
        return []
    path = ("series", index.numbers[series.key], "redundant_with")
    if key not in index.series:
        failure = Failure(RowCode.UNKNOWN_SERIES, {"name": key})
        is_told = not index.may_lack(key)
        return [fault_at(located.node, failure, suggest(key, index.series), path, path)] if is_told else []
    if index.rows[key] is located:
        failure = Failure(RowCode.REDUNDANT_WITH_OWN_SOURCE, {"series": series.key})
        return [fault_at(located.node, failure, None, path, path)]
    other = index.series[key]
    if not _is_convertible(series.unit, other.unit):
        params = {"series": series.key, "unit": series.unit, "other": other.key, "other_unit": other.unit}
        return [fault_at(located.node, Failure(RowCode.REDUNDANT_WITH_OTHER_UNIT, params), None, path, path)]
    return []


def _is_convertible(unit: str, other: str) -> bool:
    """Whether values in `unit` can be converted to `other`."""
    try:
        convert(1.0, unit, other)
    except UnknownUnitError:
        return False
    return True


def to_sources(rows: Rows[SourceRow], references: SourceReferences, environment: SourceEnvironment) -> Iterator[Source]:
    """The sources of rows without faults."""
    for located in rows:
        row = located.row
        source = _to_source(row, references, environment)
        fingerprint = _fingerprint(source, secret_values(row, environment.variables))
        yield replace(source, fingerprint=fingerprint)


def _to_source(row: SourceRow, references: SourceReferences, environment: SourceEnvironment) -> Source:
    unavailable = environment.unavailable.items()
    model = environment.protocols[row.protocol].Options
    options = model.model_validate(row.options)
    off_reason = next((why for name, why in unavailable if f"${{{name}}}" in row.address), None)
    return Source(
        row.key, row.name.text(), row.protocol, resolve_address(row, environment.variables), row.every, row.deadline,
        row.age_limit, references.owners.resolve(row.owner), row.licence.text(), row.simulated,
        row.enabled and off_reason is None, "", tuple(row.hosts),
        tuple(series for part in row.series for series in expand_series(part, references.places)),
        dict(row.options), tuple(event.to_domain() for event in row.events),
        row.drill, tuple(window.to_domain() for window in row.maintenance),
        row.duplicates, is_private_allowed(row),
        options.has_own_time, off_reason, option_names(model), options.may_lack_time,
    )  # fmt: skip


def _fingerprint(source: Source, secrets: list[str]) -> str:
    return sha256(repr((source, secrets)).encode()).hexdigest()[:16]

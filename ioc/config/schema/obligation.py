"""duties.yaml: which figures an agency hands in itself. Each duty is a source too, and is judged as one."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.partial_models import build_partial
from ioc.config.schema.base import BilingualText, Row, SourceRow, TextRow
from ioc.config.schema.field_types import Duration, Finite, Id, Range, Template, Word
from ioc.config.schema.task import EMPTY_TEXT, TransferRow
from ioc.config.unreadable import SKIP_UNREADABLE, UnreadableFieldError
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Transfer
from ioc.domain.ingest.source import Source
from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingCadence

PROTOCOL = "submissions"
_VALUE_COLUMN = BilingualText(vi="Giá trị", en="Value")


class DueRow(Row):
    """Due on the `day`-th day after the period at a time; with `workday` moved off days of rest."""

    day: Annotated[int, Field(ge=1, le=90)] = 1
    at: time = time(17)
    workday: bool = False


class CellRow(Row):
    """A figure of the form; `row` and `column`: where it stands in it."""

    key: Template
    name: TextRow
    unit: str
    range: Range
    row: TextRow | None = None
    column: TextRow = _VALUE_COLUMN
    whole: bool = False
    optional: bool = False
    place: Word = ""
    station: Word = ""
    keep: Id = "normal"
    same_as: Template | None = None
    tolerance: Annotated[Finite, Field(ge=0)] = 0.0


class ObligationRow(Row):
    """A row of duties.yaml; `each` repeats it over agencies."""

    key: Template
    name: TextRow
    agency: Template
    each: Annotated[list[Id], Field(min_length=1, max_length=500)] | None = None
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "any"]
    due: DueRow = DueRow()
    closes: Annotated[int, Field(ge=0, le=28)] = 0
    soon: Duration = timedelta(days=2)
    since: date
    until: date | None = None
    age_limit: Duration
    every: Duration = timedelta(seconds=10)
    release: bool = False
    phone: bool = False
    enabled: bool = True
    simulated: bool = False
    licence: TextRow
    basis: TextRow = EMPTY_TEXT
    transfers: tuple[TransferRow, ...] = ()
    series: Annotated[list[CellRow], Field(min_length=1, max_length=500)]


def expand_rows(rows: RowList[ObligationRow], agency_names: Mapping[str, LocalizedText]) -> RowList[ObligationRow]:
    """Each row once for every agency that it names."""
    found: list[LocatedRow[ObligationRow]] = []
    complete = rows.is_complete
    for at in rows:
        try:
            found += _expand_row(at, agency_names)
        except UnreadableFieldError:
            complete = False
    return RowList(tuple(found), complete)


def _expand_row(
    at: LocatedRow[ObligationRow], names: Mapping[str, LocalizedText]
) -> Iterator[LocatedRow[ObligationRow]]:
    if at.row.each is None:
        yield at
        return
    for agency in at.row.each:
        name = names.get(agency, LocalizedText(agency))
        made = {one: _fill_template(getattr(at.row, one), agency, name) for one in ("key", "name", "agency", "series")}
        yield LocatedRow(at.row.model_copy(update=made), at.file, at.path)


def _fill_template(given: Any, agency: str, name: LocalizedText) -> Any:
    if isinstance(given, str):
        return given.replace("{each}", agency)
    if isinstance(given, BilingualText):
        said = {"vi": given.vi.replace("{name}", name.vi), "en": given.en.replace("{name}", name.get("en"))}
        return BilingualText(vi=said["vi"], en=said["en"])
    if isinstance(given, CellRow):
        made = {one: _fill_template(getattr(given, one), agency, name) for one in ("key", "name", "row", "same_as")}
        return given.model_copy(update=made)
    return None if given is None else [_fill_template(one, agency, name) for one in given]


def to_source_rows(rows: RowList[ObligationRow]) -> RowList[SourceRow]:
    """The same rows as those of sources, with as much as can be read."""
    return RowList(tuple(LocatedRow(_to_source_row(at.row), at.file, at.path) for at in rows), rows.is_complete)


def _to_source_row(row: ObligationRow) -> SourceRow:
    told: dict[str, Any] = {"protocol": PROTOCOL, "deadline": timedelta(seconds=5), "options": {}}
    for name in ("key", "name", "every", "age_limit", "licence", "simulated", "enabled"):
        with SKIP_UNREADABLE:
            told[name] = getattr(row, name)
    with SKIP_UNREADABLE:
        told["owner"] = row.agency
    with SKIP_UNREADABLE:
        told["address"] = f"/nhap-so-lieu/{row.key}"
    with SKIP_UNREADABLE:
        told["series"] = [_to_series_fields(one) for one in row.series]
    return build_partial(SourceRow, told)


def _to_series_fields(row: CellRow) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in ("key", "name", "unit", "range", "place", "station", "keep", "same_as", "tolerance"):
        with SKIP_UNREADABLE:
            told[name] = getattr(row, name)
    return told


def check(rows: RowList[ObligationRow], agencies: KnownNames) -> list[ConfigFault]:
    """What is wrong with the rows beside what is wrong with them as sources."""
    faults: list[ConfigFault] = []
    for at in rows:
        for judged in (_check_each, _check_age_limit, _check_dates, _check_cells):
            with SKIP_UNREADABLE:
                faults += judged(at)
        with SKIP_UNREADABLE:
            for n, one in enumerate(at.row.transfers):
                faults += cross_checks.check_exists(at, "agency", one.to, agencies, "transfers", n, "to")
    return faults


def _check_each(at: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    if "{each}" not in at.row.key + at.row.agency + "".join(one.key for one in at.row.series):
        return []
    return [at.fault("key holds {each} exactly when the row has each", "", "key")]


def _check_age_limit(at: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    """Figures that were sent in time must not be too old before the next ones are due."""
    days = ReportingCadence(at.row.cadence).max_days + at.row.due.day
    if at.row.cadence == "any" or at.row.age_limit >= timedelta(days=days):
        return []
    what = "age_limit is shorter than a period and its time to hand in: good figures would be stale"
    return [at.fault(what, f"set age_limit to at least {days}d", "age_limit")]


def _check_dates(at: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    found = []
    if at.row.until and at.row.until < at.row.since:
        found.append(at.fault("until lies before since", "", "until"))
    if at.row.closes and at.row.cadence not in ("monthly", "quarterly"):
        found.append(at.fault("closes belongs to months and quarters", "leave it out", "closes"))
    return found


def _check_cells(at: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    seen: set[tuple[str, str]] = set()
    found = []
    for n, one in enumerate(at.row.series):
        place = ((one.row or one.name).vi, one.column.vi)
        if place in seen:
            what = f"two figures stand in row {place[0]!r}, column {place[1]!r}"
            found.append(at.fault(what, "give them a row or a column of their own", "series", n))
        seen.add(place)
    return found


def to_obligations(rows: RowList[ObligationRow], sources: Mapping[str, Source]) -> tuple[Obligation, ...]:
    """The duties of rows without faults; `made`: their sources."""
    return tuple(_to_obligation(at.row, sources[at.row.key]) for at in rows)


def _to_obligation(row: ObligationRow, source: Source) -> Obligation:
    cells = tuple(
        FormCell(series, (one.row or one.name).text(), one.column.text(), one.whole, one.optional)
        for one, series in zip(row.series, source.series, strict=True)
    )
    return Obligation(
        row.key,
        row.name.text(),
        source.owner,
        ReportingCadence(row.cadence),
        row.since,
        cells,
        row.due.day,
        row.due.at,
        row.due.workday,
        row.closes,
        row.soon,
        row.release,
        row.phone,
        row.enabled,
        row.simulated,
        row.until,
        tuple(Transfer(one.on, one.to, one.basis.text()) for one in row.transfers),
        row.basis.text(),
    )

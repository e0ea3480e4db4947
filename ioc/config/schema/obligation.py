"""obligations.yaml: figures that an agency submits itself. Each obligation is a source too, and is checked as one."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.partial_models import build_partial
from ioc.config.row_codes import RowCode
from ioc.config.schema.base import BilingualText, Row, SourceRow, TextRow
from ioc.config.schema.field_types import Duration, Finite, Id, Range, Template, Word
from ioc.config.schema.task import EMPTY_TEXT, TransferRow
from ioc.config.unreadable import SKIP_UNREADABLE, UnreadableFieldError
from ioc.domain.base.failure import Failure
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
    """A figure of the form; `row` and `column`: headings of its cell."""

    key: Template
    name: TextRow
    unit: str
    range: Range
    row: TextRow | None = None
    column: TextRow = _VALUE_COLUMN
    integer: bool = False
    optional: bool = False
    place: Word = ""
    station: Word = ""
    retention: Id = "normal"
    redundant_with: Template | None = None
    tolerance: Annotated[Finite, Field(ge=0)] = 0.0


class ObligationRow(Row):
    """A row of obligations.yaml; `each` repeats it over agencies."""

    key: Template
    name: TextRow
    agency: Template
    each: Annotated[list[Id], Field(min_length=1, max_length=500)] | None = None
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "any"]
    due: DueRow = DueRow()
    closing_day: Annotated[int, Field(ge=0, le=28)] = 0
    due_soon: Duration = timedelta(days=2)
    since: date
    until: date | None = None
    age_limit: Duration
    every: Duration = timedelta(seconds=10)
    approval: bool = False
    phone: bool = False
    enabled: bool = True
    simulated: bool = False
    licence: TextRow
    basis: TextRow = EMPTY_TEXT
    transfers: tuple[TransferRow, ...] = ()
    series: Annotated[list[CellRow], Field(min_length=1, max_length=500)]


def expand_rows(rows: RowList[ObligationRow], agency_names: Mapping[str, LocalizedText]) -> RowList[ObligationRow]:
    """Each row once for every agency that its `each` names."""
    expanded: list[LocatedRow[ObligationRow]] = []
    is_complete = rows.is_complete
    for located in rows:
        try:
            expanded += _expand_row(located, agency_names)
        except UnreadableFieldError:
            is_complete = False
    return RowList(tuple(expanded), is_complete)


def _expand_row(
    located: LocatedRow[ObligationRow], names: Mapping[str, LocalizedText]
) -> Iterator[LocatedRow[ObligationRow]]:
    row = located.row
    if row.each is None:
        yield located
        return
    for agency in row.each:
        name = names.get(agency, LocalizedText(agency))
        fields = {
            field: _fill_template(getattr(row, field), agency, name) for field in ("key", "name", "agency", "series")
        }
        yield LocatedRow(row.model_copy(update=fields), located.file, located.path)


def _fill_template(template: Any, agency: str, name: LocalizedText) -> Any:
    match template:
        case None:
            return None
        case str():
            return template.replace("{each}", agency)
        case BilingualText():
            vi, en = template.vi.replace("{name}", name.vi), template.en.replace("{name}", name.get("en"))
            return BilingualText(vi=vi, en=en)
        case CellRow():
            fields = {
                field: _fill_template(getattr(template, field), agency, name)
                for field in ("key", "name", "row", "redundant_with")
            }
            return template.model_copy(update=fields)
        case _:
            return [_fill_template(item, agency, name) for item in template]


def to_source_rows(rows: RowList[ObligationRow]) -> RowList[SourceRow]:
    """The same rows as those of sources, with as much as can be read."""
    source_rows = (LocatedRow(_to_source_row(located.row), located.file, located.path) for located in rows)
    return RowList(tuple(source_rows), rows.is_complete)


def _to_source_row(row: ObligationRow) -> SourceRow:
    fields: dict[str, Any] = {"protocol": PROTOCOL, "deadline": timedelta(seconds=5), "options": {}}
    for name in ("key", "name", "every", "age_limit", "licence", "simulated", "enabled"):
        with SKIP_UNREADABLE:
            fields[name] = getattr(row, name)
    with SKIP_UNREADABLE:
        fields["owner"] = row.agency
    with SKIP_UNREADABLE:
        fields["address"] = f"/nhap-so-lieu/{row.key}"
    with SKIP_UNREADABLE:
        fields["series"] = [_to_series_fields(cell) for cell in row.series]
    return build_partial(SourceRow, fields)


def _to_series_fields(cell: CellRow) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in ("key", "name", "unit", "range", "place", "station", "retention", "redundant_with", "tolerance"):
        with SKIP_UNREADABLE:
            fields[name] = getattr(cell, name)
    return fields


def check(rows: RowList[ObligationRow], agencies: KnownNames) -> list[ConfigFault]:
    """What is wrong with the rows beside what is wrong with them as sources."""
    faults: list[ConfigFault] = []
    for located in rows:
        for check_part in (_check_each, _check_age_limit, _check_dates, _check_cells):
            with SKIP_UNREADABLE:
                faults += check_part(located)
        with SKIP_UNREADABLE:
            for n, transfer in enumerate(located.row.transfers):
                path = ("transfers", n, "to")
                faults += cross_checks.check_exists(located, RowCode.UNKNOWN_AGENCY, transfer.to, agencies, *path)
    return faults


def _check_each(located: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    row = located.row
    if "{each}" not in row.key + row.agency + "".join(cell.key for cell in row.series):
        return []
    return [located.fault(Failure(RowCode.EACH_MISMATCH), None, "key")]


def _check_age_limit(located: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    """Figures that were sent in time must not be too old before the next ones are due."""
    row = located.row
    days = ReportingCadence(row.cadence).max_days + row.due.day
    if row.cadence == "any" or row.age_limit >= timedelta(days=days):
        return []
    suggestion = Failure(RowCode.AGE_LIMIT_DAYS, {"days": str(days)})
    return [located.fault(Failure(RowCode.AGE_LIMIT_BELOW_PERIOD), suggestion, "age_limit")]


def _check_dates(located: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    row, faults = located.row, list[ConfigFault]()
    if row.until and row.until < row.since:
        faults.append(located.fault(Failure(RowCode.UNTIL_BEFORE_SINCE), None, "until"))
    if row.closing_day and row.cadence not in ("monthly", "quarterly"):
        failure, suggestion = Failure(RowCode.CLOSING_DAY_OF_SHORT_PERIOD), Failure(RowCode.LEAVE_OUT)
        faults.append(located.fault(failure, suggestion, "closing_day"))
    return faults


def _check_cells(located: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    taken: set[tuple[str, str]] = set()
    faults = []
    for n, cell in enumerate(located.row.series):
        headings = ((cell.row or cell.name).vi, cell.column.vi)
        if headings in taken:
            failure = Failure(RowCode.CELL_TAKEN, {"row": headings[0], "column": headings[1]})
            faults.append(located.fault(failure, Failure(RowCode.SEPARATE_CELL), "series", n))
        taken.add(headings)
    return faults


def to_obligations(rows: RowList[ObligationRow], sources: Mapping[str, Source]) -> tuple[Obligation, ...]:
    """The obligations of rows without faults; `sources`: the sources made of them, by key."""
    return tuple(_to_obligation(located.row, sources[located.row.key]) for located in rows)


def _to_obligation(row: ObligationRow, source: Source) -> Obligation:
    cells = tuple(
        FormCell(series, (cell.row or cell.name).text(), cell.column.text(), cell.integer, cell.optional)
        for cell, series in zip(row.series, source.series, strict=True)
    )
    transfers = tuple(Transfer(transfer.on, transfer.to, transfer.basis.text()) for transfer in row.transfers)
    return Obligation(
        row.key, row.name.text(), source.owner, ReportingCadence(row.cadence), row.since, cells, row.due.day,
        row.due.at, row.due.workday, row.closing_day, row.due_soon, row.approval, row.phone, row.enabled, row.simulated,
        row.until, transfers, row.basis.text(),
    )  # fmt: skip

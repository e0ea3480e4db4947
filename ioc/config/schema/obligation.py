"""obligations.yaml: figures that an agency submits itself. Each obligation is a source too, and is checked as one."""

from collections.abc import Collection, Iterator, Mapping
from datetime import time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from ioc.config.errors import ConfigFault
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, Rows, check_exists
from ioc.config.schema.base import BilingualText, Row, TextRow
from ioc.config.schema.field_types import Day, Duration, Finite, Id, Range, Template, Unit, Word
from ioc.config.schema.task import EMPTY_TEXT, TransferRow
from ioc.config.yaml_file import LocatedValue
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Transfer
from ioc.domain.ingest.source import KEPT_CLASS, Source
from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingCadence

PROTOCOL = "submissions"
_SOURCE_FIELDS = ("key", "name", "every", "age_limit", "licence", "simulated", "enabled")
_SERIES_FIELDS = ("key", "name", "unit", "range", "place", "station", "retention", "redundant_with", "tolerance")
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
    unit: Unit
    range: Range
    row: TextRow | None = None
    column: TextRow = _VALUE_COLUMN
    integer: bool = False
    optional: bool = False
    place: Word = ""
    station: Word = ""
    retention: Id = KEPT_CLASS
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
    since: Day
    until: Day | None = None
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


def expand_rows(
    rows: Rows[ObligationRow], agency_names: Mapping[str, LocalizedText]
) -> Iterator[LocatedRow[ObligationRow]]:
    """Each row once for every agency that its `each` names."""
    for located in rows:
        row = located.row
        if row.each is None:
            yield located
        for agency in row.each or ():
            name = agency_names.get(agency, LocalizedText(agency))
            fields = {
                field: _fill_template(getattr(row, field), agency, name)
                for field in ("key", "name", "agency", "series")
            }
            yield LocatedRow(row.model_copy(update=fields), located.node)


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


def to_source_value(located: LocatedRow[ObligationRow]) -> LocatedValue:
    """The row as that of a source."""
    row = located.row
    cells = [{name: getattr(cell, name) for name in _SERIES_FIELDS} for cell in row.series]
    fields = {
        **{name: getattr(row, name) for name in _SOURCE_FIELDS},
        "protocol": PROTOCOL, "deadline": timedelta(seconds=5), "options": {}, "owner": row.agency,
        "address": f"/nhap-so-lieu/{row.key}", "series": cells,
    }  # fmt: skip
    return LocatedValue(located.node, fields)


def check(located: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    """What is wrong with a row in itself, beside what is wrong with it as a source."""
    row, faults = located.row, _check_cells(located)
    if row.each is None and "{each}" in row.key + row.agency + "".join(cell.key for cell in row.series):
        faults.append(located.fault(Failure(RowCode.EACH_MISMATCH), None, "key"))
    if row.until and row.until < row.since:
        faults.append(located.fault(Failure(RowCode.UNTIL_BEFORE_SINCE), None, "until"))
    if row.closing_day and row.cadence not in ("monthly", "quarterly"):
        failure, suggestion = Failure(RowCode.CLOSING_DAY_OF_SHORT_PERIOD), Failure(RowCode.LEAVE_OUT)
        faults.append(located.fault(failure, suggestion, "closing_day"))
    # Figures that were sent in time must not be too old before the next ones are due.
    days = ReportingCadence(row.cadence).max_days + row.due.day
    if row.cadence != "any" and row.age_limit < timedelta(days=days):
        suggestion = Failure(RowCode.AGE_LIMIT_DAYS, {"days": str(days)})
        faults.append(located.fault(Failure(RowCode.AGE_LIMIT_BELOW_PERIOD), suggestion, "age_limit"))
    return faults


def _check_cells(located: LocatedRow[ObligationRow]) -> list[ConfigFault]:
    """No two figures have one cell of the form."""
    taken: set[tuple[str, str]] = set()
    faults = []
    for n, cell in enumerate(located.row.series):
        headings = ((cell.row or cell.name).vi, cell.column.vi)
        if headings in taken:
            failure = Failure(RowCode.CELL_TAKEN, {"row": headings[0], "column": headings[1]})
            faults.append(located.fault(failure, Failure(RowCode.SEPARATE_CELL), "series", n))
        taken.add(headings)
    return faults


def check_references(rows: Rows[ObligationRow], agencies: Collection[str]) -> list[ConfigFault]:
    """The agencies that figures are transferred to exist; the others are owners of sources."""
    return [
        fault
        for located in rows
        for n, transfer in enumerate(located.row.transfers)
        for fault in check_exists(located, RowCode.UNKNOWN_AGENCY, transfer.to, agencies, "transfers", n, "to")
    ]


def to_obligations(rows: Rows[ObligationRow], sources: Mapping[str, Source]) -> tuple[Obligation, ...]:
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

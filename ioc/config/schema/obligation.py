"""duties.yaml: which figures an agency hands in itself. Each duty is a source too, and is judged as one."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from ioc.config import cross_checks
from ioc.config.errors import Fault
from ioc.config.located_rows import At, Names, Rows
from ioc.config.partial_models import partial
from ioc.config.schema.base import Row, SourceRow, TextRow, Words
from ioc.config.schema.field_types import Duration, Finite, Id, Range, Template, Word
from ioc.config.schema.task import NOTHING, TransferRow
from ioc.config.unreadable import READABLE, Unread
from ioc.domain.base.localized_text import Text
from ioc.domain.directives.directive import Transfer
from ioc.domain.ingest.source import Source
from ioc.domain.submissions.obligation import Cadence, Cell, Duty

PROTOCOL = "submissions"
_VALUE = Words(vi="Giá trị", en="Value")


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
    column: TextRow = _VALUE
    whole: bool = False
    optional: bool = False
    place: Word = ""
    station: Word = ""
    keep: Id = "normal"
    same_as: Template | None = None
    tolerance: Annotated[Finite, Field(ge=0)] = 0.0


class DutyRow(Row):
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
    basis: TextRow = NOTHING
    transfers: tuple[TransferRow, ...] = ()
    series: Annotated[list[CellRow], Field(min_length=1, max_length=500)]


def expanded(rows: Rows[DutyRow], names: Mapping[str, Text]) -> Rows[DutyRow]:
    """Each row once for every agency that it names."""
    found: list[At[DutyRow]] = []
    complete = rows.complete
    for at in rows:
        try:
            found += _copies(at, names)
        except Unread:
            complete = False
    return Rows(tuple(found), complete)


def _copies(at: At[DutyRow], names: Mapping[str, Text]) -> Iterator[At[DutyRow]]:
    if at.row.each is None:
        yield at
        return
    for agency in at.row.each:
        name = names.get(agency, Text(agency))
        made = {one: _filled(getattr(at.row, one), agency, name) for one in ("key", "name", "agency", "series")}
        yield At(at.row.model_copy(update=made), at.file, at.where)


def _filled(given: Any, agency: str, name: Text) -> Any:
    if isinstance(given, str):
        return given.replace("{each}", agency)
    if isinstance(given, Words):
        said = {"vi": given.vi.replace("{name}", name.vi), "en": given.en.replace("{name}", name.said("en"))}
        return Words(vi=said["vi"], en=said["en"])
    if isinstance(given, CellRow):
        made = {one: _filled(getattr(given, one), agency, name) for one in ("key", "name", "row", "same_as")}
        return given.model_copy(update=made)
    return None if given is None else [_filled(one, agency, name) for one in given]


def sources(rows: Rows[DutyRow]) -> Rows[SourceRow]:
    """The same rows as those of sources, with as much as can be read."""
    return Rows(tuple(At(_source(at.row), at.file, at.where) for at in rows), rows.complete)


def _source(row: DutyRow) -> SourceRow:
    told: dict[str, Any] = {"protocol": PROTOCOL, "deadline": timedelta(seconds=5), "options": {}}
    for name in ("key", "name", "every", "age_limit", "licence", "simulated", "enabled"):
        with READABLE:
            told[name] = getattr(row, name)
    with READABLE:
        told["owner"] = row.agency
    with READABLE:
        told["address"] = f"/nhap-so-lieu/{row.key}"
    with READABLE:
        told["series"] = [_series(one) for one in row.series]
    return partial(SourceRow, told)


def _series(row: CellRow) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in ("key", "name", "unit", "range", "place", "station", "keep", "same_as", "tolerance"):
        with READABLE:
            told[name] = getattr(row, name)
    return told


def check(rows: Rows[DutyRow], agencies: Names) -> list[Fault]:
    """What is wrong with the rows beside what is wrong with them as sources."""
    faults: list[Fault] = []
    for at in rows:
        for judged in (_repeated, _age, _dates, _cells):
            with READABLE:
                faults += judged(at)
        with READABLE:
            for n, one in enumerate(at.row.transfers):
                faults += cross_checks.named(at, "agency", one.to, agencies, "transfers", n, "to")
    return faults


def _repeated(at: At[DutyRow]) -> list[Fault]:
    if "{each}" not in at.row.key + at.row.agency + "".join(one.key for one in at.row.series):
        return []
    return [at.fault("key holds {each} exactly when the row has each", "", "key")]


def _age(at: At[DutyRow]) -> list[Fault]:
    """Figures that were sent in time must not be too old before the next ones are due."""
    days = Cadence(at.row.cadence).days + at.row.due.day
    if at.row.cadence == "any" or at.row.age_limit >= timedelta(days=days):
        return []
    what = "age_limit is shorter than a period and its time to hand in: good figures would be stale"
    return [at.fault(what, f"set age_limit to at least {days}d", "age_limit")]


def _dates(at: At[DutyRow]) -> list[Fault]:
    found = []
    if at.row.until and at.row.until < at.row.since:
        found.append(at.fault("until lies before since", "", "until"))
    if at.row.closes and at.row.cadence not in ("monthly", "quarterly"):
        found.append(at.fault("closes belongs to months and quarters", "leave it out", "closes"))
    return found


def _cells(at: At[DutyRow]) -> list[Fault]:
    seen: set[tuple[str, str]] = set()
    found = []
    for n, one in enumerate(at.row.series):
        place = ((one.row or one.name).vi, one.column.vi)
        if place in seen:
            what = f"two figures stand in row {place[0]!r}, column {place[1]!r}"
            found.append(at.fault(what, "give them a row or a column of their own", "series", n))
        seen.add(place)
    return found


def duties(rows: Rows[DutyRow], made: Mapping[str, Source]) -> tuple[Duty, ...]:
    """The duties of rows without faults; `made`: their sources."""
    return tuple(_duty(at.row, made[at.row.key]) for at in rows)


def _duty(row: DutyRow, source: Source) -> Duty:
    cells = tuple(
        Cell(series, (one.row or one.name).text(), one.column.text(), one.whole, one.optional)
        for one, series in zip(row.series, source.series, strict=True)
    )
    return Duty(
        row.key, row.name.text(), source.owner, Cadence(row.cadence), row.since, cells, row.due.day, row.due.at,
        row.due.workday, row.closes, row.soon, row.release, row.phone, row.enabled, row.simulated, row.until,
        tuple(Transfer(one.on, one.to, one.basis.text()) for one in row.transfers), row.basis.text(),
    )  # fmt: skip

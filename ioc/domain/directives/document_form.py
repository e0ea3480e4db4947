"""The tasks of a document as they are typed in rows of texts, with what is wrong with each field."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.slug import fold
from ioc.domain.base.times import DayFault, day_fault
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency import Agencies, AgencyMatch, AgencyNames
from ioc.domain.directives.directive import Horizon, Task
from ioc.domain.directives.due_words import parse_due
from ioc.domain.geo.unit_names import NO_UNIT_NAMES, UnitNames

# Words for the horizon of a task, folded.
_HORIZONS: Mapping[str, str] = {
    "": "", "ngan han": Horizon.SHORT, "ngan": Horizon.SHORT, "short": Horizon.SHORT, "short term": Horizon.SHORT,
    "trung han": Horizon.MEDIUM, "trung": Horizon.MEDIUM, "medium": Horizon.MEDIUM, "medium term": Horizon.MEDIUM,
    "dai han": Horizon.LONG, "dai": Horizon.LONG, "long": Horizon.LONG, "long term": Horizon.LONG,
}  # fmt: skip
_WHOLE_CITY = frozenset({  # of no commune or ward
    "", "toan thanh pho", "ca thanh pho", "toan tp", "thanh pho can tho", "tp can tho", "tp. can tho", "whole city",
})  # fmt: skip
_MAX_UNKNOWN = 120  # characters of unknown names in a failure


@dataclass(frozen=True, slots=True)
class TypedTask:
    """A row. `lead`: the agency, or several of an order with a part for each. `due`: a day or words.

    `place`: a commune or ward. `horizon`: short, medium or long.
    """

    title: str = ""
    lead: str = ""
    coordinating: str = ""
    due: str = ""
    product: str = ""
    note: str = ""
    place: str = ""
    horizon: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed into it."""
        return not any(text.strip() for text in astuple(self))


class FieldOfRow(NamedTuple):
    """`row`: number from 0. `field`: of TypedTask."""

    row: int
    field: str


class ParsedTasks(NamedTuple):
    """The tasks may be used only when there are no faults."""

    tasks: tuple[Task, ...]
    faults: Mapping[FieldOfRow, Failure]


def parse_tasks(
    rows: Sequence[TypedTask], agencies: Agencies, issuer: str, assigned_on: date, places: UnitNames = NO_UNIT_NAMES
) -> ParsedTasks:
    """The tasks of all rows but empty ones, assigned on `assigned_on`; `issuer` leads orders to several agencies."""
    tasks, faults = list[Task](), dict[FieldOfRow, Failure]()
    filled = [(index, row) for index, row in enumerate(rows) if not row.is_empty] or [(0, TypedTask())]
    names = AgencyNames(agencies, assigned_on)
    for number, (index, row) in enumerate(filled, 1):
        parsed, of_row = parse_row(row, f"nv-{number}", names, issuer, assigned_on, places)
        tasks += parsed
        faults |= {FieldOfRow(index, field): failure for field, failure in of_row.items()}
    return ParsedTasks(tuple(tasks), faults)


def parse_row(
    row: TypedTask, key: str, names: AgencyNames, issuer: str, assigned_on: date, places: UnitNames = NO_UNIT_NAMES
) -> tuple[list[Task], dict[str, Failure]]:
    """The task of a row under `key`, with its parts where it is an order; none where a field of it is wrong."""
    faults = dict[str, Failure]()
    leads = _match(row, "lead", names, faults)
    others = _match(row, "coordinating", names, faults, leads.keys)
    stated = parse_due(row.due, assigned_on.year)
    faults |= {
        field: Failure(ActCode.FIELD_MISSING, {"field": field})
        for field in ("title", "lead")
        if not getattr(row, field).strip(" ,;\n")
    }
    if not leads.keys and "lead" not in faults:  # all of its names were left out
        faults["lead"] = Failure(ActCode.FIELD_MISSING, {"field": "lead"})
    if both := set(leads.keys) & set(others.keys):
        faults["coordinating"] = Failure(ActCode.LEAD_COORDINATES, {"agency": names.short_name(min(both))})
    if central := names.central(leads.keys):
        faults["lead"] = Failure(ActCode.AGENCY_CENTRAL, {"agency": names.short_name(central)})
    if stated is None:
        faults["due"] = due_failure(row.due)
    elif stated.due is not None and stated.due < assigned_on:
        faults["due"] = Failure(ActCode.DUE_BEFORE_ASSIGNED)
    place, horizon = parse_place(row.place, places), parse_horizon(row.horizon)
    if place is None:
        faults["place"] = Failure(ActCode.PLACE_UNKNOWN, {"place": row.place.strip()[:60]})
    if horizon is None:
        faults["horizon"] = Failure(ActCode.HORIZON_UNKNOWN, {"horizon": row.horizon.strip()[:60]})
    if faults or stated is None or place is None or horizon is None:
        return [], faults
    task = Task(
        key, LocalizedText(row.title.strip()), leads.keys[0], assigned_on, stated.due, coordinating=others.keys,
        product=LocalizedText(row.product.strip()), due_words=stated.words, note=LocalizedText(row.note.strip()),
        place=place, horizon=horizon,
    )  # fmt: skip
    return [task] if len(leads.keys) == 1 else _order(task, leads.keys, issuer), {}


def due_failure(text: str) -> Failure:
    """What is wrong with a due date that `parse_due` does not read."""
    is_no_day = day_fault(text) is DayFault.NO_SUCH_DAY
    return Failure(ActCode.DUE_NO_SUCH_DAY if is_no_day else ActCode.DUE_UNCLEAR, {"text": text[:60]})


def parse_place(text: str, places: UnitNames) -> str | None:
    """Code of the commune or ward that a text such as "xã Thới Lai" or a code names; "" for the whole city.

    None where it names none or several.
    """
    if _folded(text) in _WHOLE_CITY:
        return ""
    unit = places.with_code(text.strip()) or places.unit_called(text)
    return unit.code if unit else None


def parse_horizon(text: str) -> str | None:
    """The horizon that a text names, "" for none; None for another text."""
    return _HORIZONS.get(_folded(text.replace("-", " ")))


def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _match(
    row: TypedTask, field: str, names: AgencyNames, faults: dict[str, Failure], leads: Sequence[str] = ()
) -> AgencyMatch:
    """The agencies that a field names, `leads`: beside these; what is wrong with it is added to `faults`."""
    try:
        match = names.match(getattr(row, field), leads)
    except ActError as error:
        faults[field] = error.failure
        return AgencyMatch((), ())
    if match.unknown:
        faults[field] = unknown_agencies(match.unknown)
    return match


def unknown_agencies(names: Sequence[str]) -> Failure:
    """That names are those of no agency; each is quoted, as the text of the failure quotes one."""
    return Failure(ActCode.AGENCY_UNKNOWN, {"agency": "”, “".join(names)[:_MAX_UNKNOWN]})


def _order(task: Task, leads: Sequence[str], issuer: str) -> list[Task]:
    """`task` as an order that `issuer` leads, and a part of it for each of `leads`."""
    order = replace(task, lead=issuer, is_order=True)
    parts = (
        replace(task, key=f"{task.key}-{n}", lead=lead, coordinating=(), part_of=task.key)
        for n, lead in enumerate(leads, 1)
    )
    return [order, *parts]

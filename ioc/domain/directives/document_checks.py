"""What a document and its tasks must fulfil before they are stored."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from graphlib import CycleError, TopologicalSorter

from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.slug import slugify
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Document, Horizon, Task

MAX_TASKS = 1_000  # of a document: all are assigned in one transaction
MAX_PARENTS = 50
FIRST_YEAR, LAST_YEAR = 1900, 2200
_DAYLESS = (str, int, float, type(None))
_MAX_DEGREE = 40  # characters
_DEGREE = re.compile(r"\W*(?:(?:mức )?độ mật ?\W* ?)?(?:tuyệt |tối )?mật\W*")
_DEGREE_ID = re.compile("(?:(?:muc-)?do-mat-)?(?:(?:tuyet|toi)-?)?mat")
_NOT_SECRET = frozenset({"", "thường"})  # everything else is a degree of secrecy


def is_secret(secrecy: str) -> bool:
    """Whether a document so marked must be refused, before anything of it is kept."""
    return secrecy.strip().casefold() not in _NOT_SECRET


def marked(document: Document, agencies: Agencies) -> Document:
    """The document as simulated where its issuer or the lead of one of its tasks is; a mark once given stays."""
    named = (agencies.get(key) for key in (document.issuer, *(task.lead for task in document.tasks)))
    is_simulated = document.is_simulated or any(each.is_simulated for each in named if each)
    return replace(document, is_simulated=is_simulated)


def states_secrecy(text: str) -> bool:
    """Whether a cell of a sheet, or a line, says nothing but a degree of secrecy: "MẬT", "Độ mật: Tối mật"."""
    return len(text) <= _MAX_DEGREE and bool(_DEGREE.fullmatch(" ".join(normal_form("NFC", text).casefold().split())))


def is_degree(text: str) -> bool:
    """Whether a cell of a column of secrecy holds a degree, whatever its accents, case and spaces: "TỐI  MÂT", "Mat".

    In other columns it may be another word: "mặt". There `states_secrecy` asks.
    """
    return len(text) <= _MAX_DEGREE and bool(_DEGREE_ID.fullmatch(slugify(text)))


def check_day(name: str, day: date | None) -> None:
    """Raises ActError for a day that no document has: a later sum of days could leave the calendar."""
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ActError(ActCode.DAY_OUT_OF_RANGE, field=name, first=str(FIRST_YEAR), last=str(LAST_YEAR))


def check_days(stated: object) -> None:
    """`check_day` for each day and time that `stated` holds: all that a command takes, a backup must give back."""
    for name, day in stated_days(stated):
        check_day(name, day)


def stated_days(value: object, name: str = "") -> Iterator[tuple[str, date]]:
    """Name and value of each day and time in a dataclass, in those that it holds, and in their tuples."""
    if isinstance(value, date):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            yield from stated_days(item, name)
    else:
        for each in getattr(value, "__dataclass_fields__", ()):  # `fields` would make a tuple of them each time
            item = getattr(value, each)
            if not isinstance(item, _DAYLESS):  # a sheet of 5,000 tasks has 200,000 fields
                yield from stated_days(item, each)


def check_size(document: Document) -> None:
    """Raises ActError for more tasks or parents than a document has: before anything is done with them."""
    if len(document.tasks) > MAX_TASKS:
        raise ActError(ActCode.TOO_MANY_TASKS, limit=MAX_TASKS)
    if len(document.parents) > MAX_PARENTS:
        raise ActError(ActCode.TOO_MANY_PARENTS, limit=MAX_PARENTS)


def check_document(
    document: Document, parents_of: Mapping[str, Iterable[str]], agencies: Agencies, places: Collection[str] = (),
    stored: Document | None = None,
) -> None:  # fmt: skip
    """Raises ActError. `parents_of`: the parents of all documents above this one. `places`: codes of the units of the
    city; without any, none is known to be wrong. `stored`: the document before, of whose tasks a place that they have
    had is right: communes are merged afterwards; so is a lead agency.
    """
    check_size(document)
    if document.key in document.revokes:
        raise ActError(ActCode.DOCUMENT_REVOKES_ITSELF)
    check_days(document)
    if document.issuer or document.origin is None:  # a leader without an agency gives instructions without an issuer
        _check_agency(document.issuer, agencies)
    check_no_cycle(document.key, document.parents, parents_of)
    for key, count in Counter(task.key for task in document.tasks).items():
        if count > 1:
            raise ActError(ActCode.KEY_TAKEN, key=key)
    tasks = {task.key: task for task in document.tasks}
    former = {task.key: task for task in stored.tasks} if stored else {}
    for task in orders_first(document.tasks):
        before = former.get(task.key)
        _check_task(task, tasks.get(task.part_of), agencies)
        is_own_order = task.is_order and task.lead == document.issuer
        if not is_own_order and not (before and before.lead == task.lead):
            _check_taker(task.lead, agencies)
        _check_extent(task, () if before and before.place == task.place else places)


def orders_first(tasks: Iterable[Task]) -> list[Task]:
    """The tasks, each after the order that it is part of. ActError for a circle, or an order that is not among them."""
    by_key = {task.key: task for task in tasks}
    if not any(task.part_of for task in by_key.values()):
        return list(by_key.values())
    sorter = TopologicalSorter({task.key: [task.part_of] if task.part_of else [] for task in by_key.values()})
    try:
        keys = list(sorter.static_order())
    except CycleError as error:
        raise ActError(ActCode.PARENT_CYCLE, key=error.args[1][0]) from None
    if unknown := next((key for key in keys if key not in by_key), ""):
        raise ActError(ActCode.UNKNOWN_TASK, key=unknown)
    return [by_key[key] for key in keys]


def check_assignable(key: str, agencies: Agencies, day: date) -> None:
    """Raises ActError where no agency of that key takes tasks of the city on `day`."""
    _check_agency(key, agencies)
    _check_taker(key, agencies)
    agency = agencies[key]
    if agency.until is not None and agency.until < day:
        raise ActError(ActCode.AGENCY_ENDED, agency=agency.short_name.vi, until=agency.until.isoformat())


def _check_taker(key: str, agencies: Agencies) -> None:
    if agencies[key].is_central:
        raise ActError(ActCode.AGENCY_CENTRAL, agency=agencies[key].short_name.vi)


def _check_agency(key: str, agencies: Agencies) -> None:
    if key not in agencies:
        raise ActError(ActCode.AGENCY_UNKNOWN, agency=key[:120])


def _check_task(task: Task, order: Task | None, agencies: Agencies) -> None:
    for agency in (task.lead, *task.coordinating):
        _check_agency(agency, agencies)
    if not task.weight > 0 or any(not milestone.weight > 0 for milestone in task.milestones):
        raise ActError(ActCode.WEIGHT_NOT_POSITIVE)
    if task.lead in task.coordinating:
        raise ActError(ActCode.LEAD_COORDINATES, agency=task.lead)
    if task.due is not None and task.due < task.assigned_on:
        raise ActError(ActCode.DUE_BEFORE_ASSIGNED)
    if order is not None and not order.is_order:
        raise ActError(ActCode.PART_OF_NO_ORDER, key=order.key)
    if order is not None and order.due is not None and task.due is not None and task.due > order.due:
        raise ActError(ActCode.CHILD_AFTER_PARENT, due=order.due.isoformat())


def _check_extent(task: Task, places: Collection[str]) -> None:
    """Where the task is to be done, and how far it reaches."""
    if task.place and places and task.place not in places:
        raise ActError(ActCode.PLACE_UNKNOWN, place=task.place[:60])
    if task.horizon not in ("", *Horizon):
        raise ActError(ActCode.HORIZON_UNKNOWN, horizon=task.horizon[:60])


def check_no_cycle(key: str, parents: Iterable[str], parents_of: Mapping[str, Iterable[str]]) -> None:
    """Raises ActError (PARENT_CYCLE) when `key` would stand above itself with these `parents`."""
    waiting, visited = list(parents), set[str]()
    while waiting:
        parent = waiting.pop()
        if parent == key:
            raise ActError(ActCode.PARENT_CYCLE, key=key)
        if parent not in visited:
            visited.add(parent)
            waiting.extend(parents_of.get(parent, ()))

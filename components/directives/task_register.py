"""The register in which people work: filter, rows of the grid, cells of the files."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from dash import html
from dash.development.base_component import Component

from components.directives.act_form import act_label
from components.directives.task_numbers import counted
from components.directives.task_view import document_path, task_path
from components.directives.task_widgets import (
    holder_name,
    percent_missing,
    plan_tick,
    severity_sign,
    status_label,
    status_sign,
)
from components.districts.unit_card import unit_name
from components.ui.format import format_date, format_number
from components.ui.forms import NONE, Option, date_field, options_of, select_field, text_field
from components.ui.i18n import catalogue, t
from components.ui.page_bar import filter_group
from components.ui.table import CellText, Column, cell
from ioc.domain.base.slug import slugify
from ioc.domain.directives.acts import Act
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import OrderSource, Task
from ioc.domain.directives.rollup import TaskProgress
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.domain.directives.task_status import TaskStatus, WorkState
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.kpi import Severity

# The fields of the filter, in the order of the parameters of an address (ioc/directives/register_filter.py).
_FIELDS = (
    "words",
    "agency",
    "view",
    "source",
    "state",
    "document",
    "due-from",
    "due-to",
    "inferred",
    "star",
    "portfolio",
    "place",
    "horizon",
    "handling",
    "waiting",
    "scope",
)
FILTER_FIELDS = tuple(f"register-{name}" for name in _FIELDS)
(
    WORDS, AGENCY, VIEW, SOURCE, STATE, DOCUMENT, DUE_FROM, DUE_TO, INFERRED, STAR, PORTFOLIO, PLACE, HORIZON, HANDLING,
    WAITING, SCOPE,
) = FILTER_FIELDS  # fmt: skip


class FilterOptions(NamedTuple):
    """What the filter offers: agencies and places by key and name, all others as an address has them."""

    agencies: Sequence[Option]
    places: Sequence[Option]
    states: Sequence[str]
    horizons: Sequence[str]
    handlings: Sequence[str]
    scopes: Sequence[str]


class TaskRowView(Protocol):
    """What is shown of a task."""

    @property
    def key(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def task(self) -> Task: ...
    @property
    def document(self) -> str: ...
    @property
    def document_number(self) -> str: ...
    @property
    def issued_on(self) -> date | None: ...
    @property
    def is_simulated(self) -> bool: ...
    @property
    def assigned_agency(self) -> str: ...
    @property
    def holder(self) -> str: ...
    @property
    def status(self) -> TaskStatus: ...
    @property
    def is_starred(self) -> bool: ...
    @property
    def last_act(self) -> Act | None: ...
    @property
    def changed_at(self) -> datetime | None: ...


def columns(lang: str) -> list[Column]:
    """The columns of the grid; the fields of those that sort are those of the query."""
    return [
        Column("title", t("register.task", lang), 5, 150),
        Column("state", t("register.state", lang), 2, 125),
        Column("document", t("register.document", lang), 2, 140),
        Column("agency", t("register.holder", lang), 2, 115),
        Column("due", t("register.due", lang), 1, 115),
        Column("percent", t("register.percent", lang), 1, 138),
        Column("changed", t("register.changed", lang), 2, 180),
    ]


def row(item: TaskRowView, progress: TaskProgress, agencies: Agencies, lang: str) -> Mapping[str, object]:
    """A row of the grid. `progress`: of the task, today."""
    status, task = item.status, item.task
    sign, kind = status_sign(status) if item.version else ("◌", "off")
    title = task.title.get(lang)
    parts = [title, *([f"({t('register.order', lang)})"] if task.is_order else [])]
    marks = [*(["★"] if item.is_starred else []), *([t("common.simulated_short", lang)] if item.is_simulated else [])]
    number = " · ".join([item.document_number, *marks[item.is_starred :]])
    return {
        "id": item.key,
        "version": item.version,
        "part_of": f"{item.document}/{task.part_of}" if task.part_of else "",
        "name": title,
        "holder": holder_name(item.holder, agencies, lang),
        "title": cell(
            " ".join([*(["★"] if item.is_starred else []), *parts]),
            href=task_path(item.key),
            title=title,
        ),
        "document": cell(number, href=document_path(item.document)),
        "agency": _agency_cell(item, agencies, lang),
        "due": _due(status, task, lang),
        "state": cell(state_text(item, lang), sign=sign, kind=kind),
        "percent": _percent(status, progress, lang),
        "changed": last_act_text(item, lang),
    }


def state_text(item: TaskRowView, lang: str) -> str:
    """The state in words; one of version 0 waits for assignment, one that nobody has received has no report."""
    status = item.status
    if not item.version:
        return t("register.state_cho-giao", lang)
    words, is_unreceived = status_label(status, lang), status.work_state is WorkState.NOT_STARTED
    return t("directives.not_started", lang) if is_unreceived and words == percent_missing(status, lang) else words


def _percent(status: TaskStatus, progress: TaskProgress, lang: str) -> str | CellText:
    """The progress that was reported, on a bar with a tick at the planned one."""
    if status.percent is None:
        return "–"
    plan, severity = plan_tick(status, progress.planned_percent), progress.severity or Severity.NORMAL
    title = "" if plan is None else t("directives.plan", lang, n=format_number(plan))
    return cell(
        f"{format_number(status.percent)} %", sign=severity_sign(severity), kind=severity.value, title=title,
        bar={"width": status.percent, "plan": plan},
    )  # fmt: skip


def _due(status: TaskStatus, task: Task, lang: str) -> str | CellText:
    """The due date, marked where it is inferred and still the one of the document."""
    if status.due is None:
        return task.due_words or t("documents.no_due", lang)
    day = format_date(status.due)
    if not task.is_due_inferred or task.due != status.due:
        return day
    title = t("documents.due_inferred", lang, day=day, words=task.due_words)
    return cell(t("register.due_inferred", lang, day=day), title=title)


def _agency_cell(item: TaskRowView, agencies: Agencies, lang: str) -> CellText:
    holder, assigned = holder_name(item.holder, agencies, lang), short_name(item.assigned_agency, agencies, lang)
    is_same = item.holder == item.assigned_agency
    return cell(holder, title=holder if is_same else t("register.assigned_to", lang, holder=holder, agency=assigned))


def short_name(key: str, agencies: Agencies, lang: str) -> str:
    """The short name of an agency; its key where there is none."""
    return agencies[key].short_name.get(lang) if key in agencies else key


def last_act_text(item: TaskRowView, lang: str) -> str:
    day = format_date(item.changed_at) if item.changed_at else ""
    if item.last_act is None:
        return t("register.entered_line", lang, day=day).strip()
    return t("register.changed_line", lang, act=act_label(item.last_act, lang), day=day).strip()


def total_text(rows: int, numbers: TaskNumbers, lang: str) -> str:
    """How many tasks there are; where the rows are tasks and parts of orders, how many rows too."""
    tasks = counted("directives.tasks", numbers, lang)
    if not rows:
        return t("register.none", lang)
    return t("register.total", lang, n=format_number(rows), tasks=tasks) if numbers.parts else tasks


def place_name(code: str, units: Mapping[str, AdminUnit]) -> str:
    """The name of a commune or ward; its code where there is none."""
    return unit_name(units[code]) if code in units else code


def place_options(units: Iterable[AdminUnit]) -> list[Option]:
    """Code and name of communes and wards, by name."""
    named = ((unit.code, unit_name(unit)) for unit in units)
    return sorted(named, key=lambda option: slugify(option[1]))


def filter_form(
    values: Mapping[str, str], offered: FilterOptions, lang: str
) -> Component:  # fmt: skip
    """The fields of the filter. `values`: by the parameters of the address, in the order of FILTER_FIELDS."""
    held = dict(zip(FILTER_FIELDS, values.values(), strict=True))
    choices: dict[str, tuple[str, list[Option]]] = {
        AGENCY: ("agency", list(offered.agencies)),
        SOURCE: ("source", [(each.value, t(f"documents.source_{each}", lang)) for each in OrderSource]),
        STATE: ("state", [(each, t(f"register.state_{each}", lang)) for each in offered.states]),
        INFERRED: ("inferred", [("co", t("register.inferred_yes", lang))]),
        STAR: ("star", [("co", t("register.star_yes", lang))]),
        PORTFOLIO: ("portfolio", [("co", t("register.portfolio_yes", lang))]),
        PLACE: ("place", list(offered.places)),
        HORIZON: ("horizon", [(each, t(f"register.horizon_{each}", lang)) for each in offered.horizons]),
        HANDLING: ("handling", [(each, t(f"register.handling_{each}", lang)) for each in offered.handlings]),
        SCOPE: ("scope", [(each, t(f"register.scope_{each}", lang)) for each in offered.scopes]),
        WAITING: (
            "waiting",
            [(pair, _pair_name(pair, dict(offered.agencies), lang)) for pair in [held[WAITING]] if pair],
        ),
    }
    anything = (NONE, t("register.any", lang))

    def choice(field: str) -> Component:
        name, options = choices[field]
        known = held[field] if held[field] in dict(options) else NONE
        first = (
            (NONE, t("register.any_assigned", lang)) if field == STATE and "cho-giao" in offered.states else anything
        )
        return select_field(field, t(f"register.{name}", lang), options_of([first, *options]), known)

    views = [(NONE, t("register.view_held", lang)), ("duoc-giao", t("register.view_assigned", lang))]
    view = select_field(VIEW, t("register.view", lang), options_of(views), held[VIEW] or NONE)
    return filter_group(
        "register",
        text_field(
            WORDS, t("register.words", lang), held[WORDS], hint=t("register.words_hint", lang), is_required=False,
            is_search=True,
        ),
        choice(STATE), choice(AGENCY), view, choice(SOURCE),
        text_field(DOCUMENT, t("register.document", lang), held[DOCUMENT], is_required=False, is_debounced=True),
        date_field(DUE_FROM, t("register.due_from", lang), lang, held[DUE_FROM], is_debounced=True),
        date_field(DUE_TO, t("register.due_to", lang), lang, held[DUE_TO], is_debounced=True),
        choice(INFERRED), choice(PLACE), choice(HORIZON), choice(STAR), choice(PORTFOLIO), choice(HANDLING),
        *(html.Div(choice(field), hidden=not held[field]) for field in (WAITING, SCOPE)), lang=lang,
    )  # fmt: skip


def _pair_name(pair: str, names: Mapping[str, str], lang: str) -> str:
    """Who waits for whom, by the value of the address."""
    waiting, _, other = (
        t(f"waiting.party{key}", lang) if f"waiting.party{key}" in catalogue() else names.get(key, key)
        for key in pair.partition(".")
    )
    return t("waiting.pair", lang, waiting=waiting, other=other)

"""Instructions (ý kiến chỉ đạo): the link from what is looked at, what is attached of it, the form, and the origin."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.directives.task_view import document_path
from components.districts.unit_card import unit_name
from components.kpi.tile import unit_text
from components.ui.dialogs import facts
from components.ui.failure_words import kind_names
from components.ui.format import format_date, format_moment, format_number
from components.ui.forms import NONE, Option, date_field, field_group, first_of, options_of, select_field, text_area
from components.ui.i18n import t
from components.ui.status_badges import missing_value_text
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import InstructionOrigin
from ioc.domain.snapshot import Snapshot

POSITION, TEXT = "instruction-position", "instruction-text"
AGENCY, WISHED = "instruction-agency", "instruction-wished"
FIELDS = (POSITION, TEXT, AGENCY, WISHED)
PAGE_PARAMETER = "tu"
_KPI, _UNIT, _TASK = "/chi-so/", "/don-vi/", "/nhiem-vu/"


class AttachedFigure(NamedTuple):
    """What an instruction is about: `page` shows it, `subject` is its key, `value` is what it showed.

    `agency`: key of the one that answers for it, "" where none does.
    """

    page: str
    subject: str
    name: str
    value: str = ""
    agency: str = ""


def instruction_link(page: str, lang: str) -> h.Element:
    """The link from the page of a KPI or unit or an attention item, for leaders: other people do not see it."""
    href = f"/y-kien-chi-dao?{urlencode({PAGE_PARAMETER: page})}"
    return h.a(".tool.give-instruction.needs.needs-flag", href=href)[t("instruction.link", lang)]


def instruction_button(page: str, lang: str) -> Component:
    """The same on a working page."""
    href = f"/y-kien-chi-dao?{urlencode({PAGE_PARAMETER: page})}"
    return html.A(t("instruction.link", lang), href=href, className="btn btn-secondary needs needs-flag")


def attached_figure(page: str, snapshot: Snapshot, lang: str) -> AttachedFigure | None:
    """What the page of a KPI or unit shows at the moment of `snapshot`; None for any other page."""
    key = page.rpartition("/")[2]
    if page.startswith(_KPI) and key in snapshot.figures:
        figure = snapshot.figures[key]
        kpi, value = figure.kpi, figure.value
        shown = f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}".strip()
        text = shown if value.value is not None else missing_value_text(value, lang)
        mark = f" ({t('common.simulated_short', lang)})" if value.is_simulated else ""
        return AttachedFigure(f"{_KPI}{key}", key, kpi.name.get(lang), text + mark, kpi.owner)
    if page.startswith(_UNIT) and key in snapshot.units:
        committee = next((each.key for each in snapshot.register.agencies.values() if each.place == key), "")
        return AttachedFigure(f"{_UNIT}{key}", key, unit_name(snapshot.units[key]), agency=committee)
    return None


def task_page(key: str) -> str:
    """What an instruction from the page of the task "document/task" has as its page."""
    return f"{_TASK}{key}"


def _page_then(page: str, at: datetime) -> str:
    """The address of `page` as it was at `at`; of a page that people work in as it is, which shows no past moment."""
    if page.startswith(_TASK):
        return page
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'luc': at.isoformat()})}"


def attached_facts(figure: AttachedFigure | None, at: datetime, lang: str) -> Component:
    """What goes with the instruction."""
    if figure is None:
        return html.P(t("instruction.nothing_attached", lang), className="quiet")
    rows: list[tuple[str, str | Component]] = [(t("instruction.subject", lang), figure.name)]
    if figure.value:
        rows.append((t("instruction.value", lang), figure.value))
    rows += [
        (t("instruction.at", lang), format_moment(at)),
        (
            t("instruction.from_page", lang),
            html.A(t("instruction.open_page", lang), href=_page_then(figure.page, at), className="cell-link"),
        ),
    ]
    return facts(rows)


def sent_alert(document: str, lang: str, done: str = "instruction.done") -> Component:
    """That the instruction was sent, for good, with the link to what waits at the Office."""
    link = html.A(t("instruction.open_draft", lang), href=document_path(document), className="cell-link")
    alert: Component = dbc.Alert([t(done, lang), " ", link], color="success")
    return alert


def instruction_fields(
    positions: Sequence[Option], agencies: Sequence[Option], agency: str, lang: str, *, text: str = "",
    wished_on: date | None = None,
) -> list[Component]:  # fmt: skip
    """The fields of an instruction. `agency`: the one that is proposed, if it is among `agencies`.

    `text`, `wished_on`: of one that is sent again.
    """
    offered = options_of([(NONE, t("instruction.agency_none", lang)), *agencies])
    proposed = agency if agency in dict(agencies) else NONE
    wished = format_date(wished_on) if wished_on else ""
    return [
        text_area(TEXT, t("instruction.text", lang), text, max_length=2000, rows=4),
        field_group(
            select_field(AGENCY, t("instruction.agency", lang), offered, proposed),
            date_field(WISHED, t("instruction.wished", lang), lang, wished, hint=t("instruction.wished_hint", lang)),
            select_field(POSITION, t("documents.position", lang), options_of(positions), first_of(positions)),
        ),
    ]


def origin_name(origin: InstructionOrigin, snapshot: Snapshot, lang: str) -> str:
    """What the instruction is about; of one of an earlier version, which kept no name, what its page shows now."""
    figure = None if origin.name else attached_figure(origin.page, snapshot, lang)
    return figure.name if figure else origin.name


def origin_markup(origin: InstructionOrigin, name: str, source: str, agencies: Agencies, lang: str) -> str:
    """The markup of the instruction that a document came from. `name`: of what it is about, see origin_name.

    `source`: kind of the position that gave it.
    """
    moment = format_moment(origin.at)
    agency = agencies[origin.agency].short_name.get(lang) if origin.agency in agencies else origin.agency
    rows = {
        "text": origin.text,
        "given_by": kind_names([source], lang),
        "given_at": format_moment(origin.given_at),
        "to_agency": agency,
        "wished": format_date(origin.wished_on) if origin.wished_on else "",
        "subject": "" if origin.value else name,
        "figure": t("instruction.figure_then", lang, name=name, value=origin.value, moment=moment)
        if origin.value else "",
    }  # fmt: skip
    opened = "open_then" if _page_then(origin.page, origin.at) != origin.page else "open_named"
    box = h.div[
        h.h2(".box-title")[t("instruction.origin", lang)],
        h.dl(".about-list")[
            (h.fragment[h.dt[t(f"instruction.{row}", lang)], h.dd[text]] for row, text in rows.items() if text),
            origin.page.startswith("/")
            and h.fragment[
                h.dt[t("instruction.from_page", lang)],
                h.dd[
                    h.a(".link", href=_page_then(origin.page, origin.at))[
                        t(f"instruction.{opened}", lang, name=name or origin.page, moment=moment)
                    ]
                ],
            ],
        ],
    ]
    return str(box)

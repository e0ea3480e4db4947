"""Personal data: the question for the purpose, and what is disclosed."""

from collections.abc import Iterable, Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.kpi.measurement_units import unit_label
from components.ui.dialogs import facts
from components.ui.format import format_moment, format_number
from components.ui.forms import NONE, options_of, select_field, text_area
from components.ui.i18n import catalogue, t
from ioc.domain.events.event import Event
from ioc.domain.geo.place import AdminUnit
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Latest

PURPOSE, NOTE = "personal-purpose", "personal-note"


def purpose_form(purposes: Sequence[str], least: int, most: int, lang: str) -> Component:
    """What it is opened for: one of `purposes`, and a note of `least` to `most` characters."""
    named = [(purpose, t(f"personal_data.for_{purpose}", lang)) for purpose in purposes]
    hint = t("personal_data.note_hint", lang, n=least)
    return html.Div(
        [
            html.P(t("personal_data.asked", lang)),
            select_field(
                PURPOSE, t("personal_data.purpose", lang), options_of([(NONE, t("personal_data.choose", lang)), *named])
            ),
            text_area(NOTE, t("personal_data.note", lang), hint=hint, max_length=most),
            html.Div(dbc.Button(t("personal_data.open", lang), id="personal-open", color="primary")),
        ],
        className="form-stack",
    )


def event_head(event: Event, has_personal: bool, lang: str) -> Component:
    """The event without its personal data."""
    return html.Div(
        [
            html.H2(event.title, className="box-title"),
            html.P(format_moment(event.started or event.observed), className="quiet"),
            html.P(event.text),
            html.P("" if has_personal else t("personal_data.none_kept", lang)),
        ]
    )


def unit_head(unit: AdminUnit, has_counts: bool, lang: str) -> Component:
    """The unit, and whether it has figures that count people."""
    nothing = "" if has_counts else t("personal_data.no_counts", lang)
    title = f"{unit.kind.capitalize()} {unit.name}"
    return html.Div([html.H2(title, className="box-title"), html.P(nothing)])


def disclosed_event(personal: Mapping[str, str], lang: str) -> Component:
    """The personal data of an event by its fields; one that the catalogue does not know has the row's own name."""
    return facts((_field_name(field, lang), text) for field, text in personal.items())


def _field_name(field: str, lang: str) -> str:
    key = f"personal_data.field_{field}"
    return t(key, lang) if key in catalogue() else field


def disclosed_counts(counts: Iterable[tuple[Series, Latest | None]], lang: str) -> Component:
    """The newest values of series that count people."""
    return facts((series.name.get(lang), _count_text(series, latest, lang)) for series, latest in counts)


def _count_text(series: Series, latest: Latest | None, lang: str) -> str:
    if latest is None or latest.value is None:
        return t("common.no_value", lang)
    unit = unit_label(series.unit, lang, latest.value)
    return f"{format_number(latest.value)} {unit} · {format_moment(latest.observed)}"

"""Mandates, by which one position acts for another: the rows of their table, the form of one."""

from collections.abc import Mapping
from datetime import date

from dash import html
from dash.development.base_component import Component

from components.directives.act_form import act_label
from components.directives.positions import position_name, span, validity
from components.ui.forms import NONE, check_field, date_field, field_group, options_of, select_field, text_field
from components.ui.i18n import t
from components.ui.table import Column, cell
from ioc.domain.directives.acts import Act
from ioc.domain.directives.positions import Mandate, MandateKind, Position, acts_of_kind

KIND, PRINCIPAL, DEPUTY = "mandates-kind", "mandates-principal", "mandates-deputy"
FROM, UNTIL, ACTS, BASIS = "mandates-from", "mandates-until", "mandates-acts", "mandates-basis"
FIELDS = (KIND, PRINCIPAL, DEPUTY, FROM, UNTIL, ACTS, BASIS)


def columns(lang: str) -> list[Column]:
    """The columns of the table of mandates."""
    return [
        Column("deputy", t("positions.deputy", lang), 3, 128),
        Column("state", t("views.state", lang), 2, 112),
        Column("principal", t("positions.principal_position", lang), 3, 160),
        Column("kind", t("positions.mandate_kind", lang), 2, 150),
        Column("acts", t("positions.acts", lang), 3, 180),
        Column("valid", t("positions.valid", lang), 2, 190),
        Column("basis", t("positions.basis", lang), 2, 120),
        Column("end", t("table.act", lang), 1, 122, is_action=True),
    ]


def row(number: int, mandate: Mandate, positions: Mapping[str, Position], day: date, lang: str) -> Mapping[str, object]:
    """A row of the table of mandates on `day`; one that has ended has no button."""
    ends = mandate.valid_to is None or mandate.valid_to > day
    acts = ", ".join(act_label(act, lang) for act in Act if act in mandate.acts)
    return {
        "id": str(number),
        "deputy": position_name(mandate.deputy, positions),
        "principal": position_name(mandate.principal_position, positions),
        "kind": t(f"positions.mandate_{mandate.kind}", lang),
        "acts": acts or t("positions.acts_all", lang),
        "valid": span(mandate, lang),
        "basis": mandate.basis,
        "state": validity(mandate, day, lang),
        "end": cell(t("positions.end", lang), act=str(number)) if ends else "",
    }


def mandate_form(lang: str) -> Component:
    """The fields of a mandate; the positions are filled in when it opens, the acts with the position chosen."""
    kinds = options_of((kind.value, t(f"positions.mandate_{kind}", lang)) for kind in MandateKind)
    return html.Div(
        [
            field_group(
                select_field(PRINCIPAL, t("positions.principal_position", lang), []),
                select_field(DEPUTY, t("positions.deputy", lang), []),
            ),
            field_group(
                select_field(KIND, t("positions.mandate_kind", lang), kinds, MandateKind.DELEGATION),
                text_field(BASIS, t("positions.basis", lang), is_required=False, max_length=120),
            ),
            field_group(
                date_field(FROM, t("positions.from", lang), lang),
                date_field(UNTIL, t("positions.until", lang), lang, hint=t("positions.until_hint", lang)),
            ),
            html.Div(
                check_field(ACTS, t("positions.acts", lang), [], hint=t("positions.acts_hint", lang)),
                id="mandates-acts-box",
            ),
        ],
        className="form-stack",
    )


def position_options(positions: Mapping[str, Position], day: date, lang: str) -> list[dict[str, str]]:
    """The options of a position: those that have not ended on `day`, by title."""
    valid = [item for item in positions.values() if item.valid_to is None or item.valid_to >= day]
    names = sorted((position_name(item.key, positions), item.key) for item in valid)
    return options_of([(NONE, t("positions.position_none", lang)), *((key, name) for name, key in names)])


def act_options(position: Position | None, lang: str) -> list[dict[str, str]]:
    """The acts that a position may delegate."""
    acts = acts_of_kind(position.kind) if position else ()
    return options_of((act.value, act_label(act, lang)) for act in acts)

"""Positions: the rows of their table, the form of one, and how they are named."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.ui.format import format_date
from components.ui.forms import (
    NONE,
    Option,
    date_field,
    field_group,
    options_of,
    select_field,
    text_field,
)
from components.ui.i18n import t
from components.ui.table import CellText, Column, cell
from ioc.domain.base.slug import slugify
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.agency import Agencies, assignable
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct, Mandate, Position

TITLE, KIND, AGENCY, HOLDER = "positions-title", "positions-kind", "positions-agency", "positions-holder"
FROM, UNTIL, BASIS = "positions-from", "positions-until", "positions-basis"
AGENCIES, SPHERES, MASTER = "positions-agencies", "positions-spheres", "positions-master"
FIELDS = (TITLE, KIND, AGENCY, HOLDER, FROM, UNTIL, AGENCIES, SPHERES, MASTER, BASIS)


_CITY_COMMITTEES = ("uy-ban-nhan-dan-thanh-pho", "ubnd-thanh-pho")
_SIGNS = {"now": ("●", "normal"), "later": ("◌", "off"), "over": ("–", "off")}


def columns(lang: str) -> list[Column]:
    """The columns of the table of positions."""
    return [
        Column("title", t("positions.title", lang), 3, 128),
        Column("state", t("views.state", lang), 2, 112),
        Column("kind", t("positions.kind", lang), 2, 150),
        Column("agency", t("positions.agency", lang), 2, 140),
        Column("portfolio", t("positions.portfolio", lang), 3, 160),
        Column("holder", t("positions.holder", lang), 2, 140),
        Column("valid", t("positions.valid", lang), 2, 190),
        Column("open", t("table.act", lang), 1, 110, is_action=True),
    ]


def row(position: Position, agencies: Agencies, day: date, lang: str) -> Mapping[str, object]:
    """A row of the table on `day`."""
    return {
        "id": position.key,
        "title": cell(position.title, title=position.key),
        "kind": kind_name(position.kind, lang),
        "agency": agency_names([position.agency], agencies, lang),
        "portfolio": portfolio_text(position, agencies, lang),
        "holder": position.holder,
        "valid": span(position, lang),
        "state": validity(position, day, lang),
        "open": cell(t("views.open", lang), act=position.key),
    }


def nobody_may_enter(lang: str) -> dbc.Alert:
    """For who holds no position that enters documents: which ones do."""
    names = ", ".join(sorted(kind_name(kind, lang) for kind in DOCUMENT_GRANTS[DocumentAct.ENTER]))
    return dbc.Alert(t("documents.nobody_may", lang, kinds=names), color="warning")


def kind_name(kind: PositionKind, lang: str) -> str:
    """The words of a kind of positions."""
    return t(f"tasks.kind_{kind}", lang)


def agency_names(keys: Iterable[str], agencies: Agencies, lang: str) -> str:
    """The short names of agencies as `match_agencies` reads them; an unknown one by its key."""
    names = (agencies[key].short_name.get(lang) if key in agencies else key for key in keys)
    return "; ".join(name for name in names if name)


def portfolio_text(position: Position, agencies: Agencies, lang: str) -> str:
    """The spheres and agencies of a position."""
    parts = (", ".join(sorted(position.spheres)), agency_names(sorted(position.agencies), agencies, lang))
    return "; ".join(part for part in parts if part)


def position_name(key: str, positions: Mapping[str, Position]) -> str:
    """Title and holder of a position, which tell equal titles apart; the key of one that is unknown."""
    position = positions.get(key)
    return f"{position.title} ({position.holder})" if position else key


def span(item: Position | Mandate, lang: str) -> CellText:
    """First and last day."""
    first = format_date(item.valid_from)
    text = f"{first} – {format_date(item.valid_to)}" if item.valid_to else t("positions.span_open", lang, first=first)
    return cell(text, order=item.valid_from.toordinal())


def validity(item: Position | Mandate, day: date, lang: str) -> CellText:
    """Whether it is valid on `day`: sign and word."""
    key = "later" if day < item.valid_from else "over" if item.valid_to and item.valid_to < day else "now"
    sign, kind = _SIGNS[key]
    return cell(t(f"positions.state_{key}", lang), sign=sign, kind=kind)


def position_form(agencies: list[Option], lang: str) -> Component:
    """The fields of a position. `agencies`: key and name; who may hold it is filled in when the form opens."""
    kinds = options_of((kind.value, kind_name(kind, lang)) for kind in PositionKind)
    return html.Div(
        [
            field_group(
                text_field(TITLE, t("positions.title", lang), hint=t("positions.title_hint", lang), max_length=120),
                select_field(KIND, t("positions.kind", lang), kinds, PositionKind.FOLLOWER),
            ),
            field_group(
                select_field(HOLDER, t("positions.holder", lang), [], hint=t("positions.holder_hint", lang)),
                select_field(
                    AGENCY, t("positions.agency", lang), agency_options(agencies, lang),
                    hint=t("positions.agency_hint", lang),
                ),
            ),
            field_group(
                date_field(FROM, t("positions.from", lang), lang),
                date_field(UNTIL, t("positions.until", lang), lang, hint=t("positions.until_hint", lang)),
            ),
            text_field(
                AGENCIES, t("positions.agencies", lang), hint=t("positions.agencies_hint", lang), is_required=False,
                max_length=2000,
            ),
            field_group(
                text_field(
                    SPHERES, t("positions.spheres", lang), hint=t("positions.spheres_hint", lang), is_required=False
                ),
                text_field(
                    MASTER, t("positions.master", lang), hint=t("positions.master_hint", lang), is_required=False,
                    max_length=60,
                ),
            ),
            text_field(
                BASIS, t("positions.basis", lang), hint=t("positions.basis_hint", lang), is_required=False,
                max_length=120,
            ),
        ],
        className="form-stack",
    )  # fmt: skip


def agency_options(agencies: list[Option], lang: str) -> list[dict[str, str]]:
    """The options of an agency: none, then the agencies."""
    return options_of([(NONE, t("views.agency_none", lang)), *agencies])


def holder_options(holders: Iterable[str], lang: str) -> list[dict[str, str]]:
    """The options of a holder: none, then the names."""
    return options_of([(NONE, t("positions.holder_none", lang)), *((name, name) for name in holders)])


class ActorView(Protocol):
    """A position in which somebody may act: their own, or `acting` by a mandate."""

    @property
    def position(self) -> Position: ...
    @property
    def acting(self) -> Position: ...


def actor_options(actors: Iterable[ActorView], lang: str) -> list[Option]:
    """The options of a field for the position in which somebody acts."""
    return [(actor_value(actor), _actor_name(actor, lang)) for actor in actors]


def actor_value(actor: ActorView) -> str:
    """The value of an option of `actor_options`."""
    return f"{actor.position.key}|{actor.acting.key}"


def _actor_name(actor: ActorView, lang: str) -> str:
    title = actor.position.title
    if actor.position == actor.acting:
        return title
    return t("documents.for_position", lang, deputy=title, position=actor.acting.title)


def assignable_agencies(agencies: Agencies, day: date, lang: str) -> list[Option]:
    """Key and name of the agencies that exist on `day` and take tasks of the city, by name."""
    return existing_agencies(assignable(agencies, day), day, lang)


def city_committee(agencies: Sequence[Option]) -> str:
    """The People's Committee of the city among `agencies`, which issues most documents; NONE where it is not plain."""
    found = [key for key, name in agencies if slugify(name).startswith(_CITY_COMMITTEES)]
    return found[0] if len(found) == 1 else NONE


def existing_agencies(agencies: Agencies, day: date, lang: str, current: str = "") -> list[Option]:
    """Key and name of the agencies that exist on `day` and of the `current` one, by name."""
    existing = (
        (key, agency.name.get(lang))
        for key, agency in agencies.items()
        if agency.until is None or agency.until >= day or key == current
    )
    return sorted(existing, key=lambda option: slugify(option[1]))

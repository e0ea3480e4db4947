"""All KPIs by domain, each with its state."""

import htpy as h

from components.kpi.card import kpi_row
from components.ui.i18n import catalogue, t
from ioc.domain.kpis.judgement import is_beyond_limit
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import KpiFigure, Snapshot

_COLUMNS = ("kpi.name", "kpi.value", "kpi.target", "kpi.state", "kpi.age")


def kpi_list(snapshot: Snapshot, lang: str) -> h.Element:
    """A table per domain, in the order of the configuration."""
    fields: dict[str, list[KpiFigure]] = {}
    for figure in snapshot.figures.values():
        fields.setdefault(figure.kpi.domain, []).append(figure)
    return h.div(".fields")[
        (_field(name, figures, snapshot, lang) for name, figures in fields.items()),
        not fields and h.p(".nothing")[t("kpi.none", lang)],
    ]


def _field(name: str, figures: list[KpiFigure], snapshot: Snapshot, lang: str) -> h.Element:
    missed = sum(figure.value.is_target_met is False for figure in figures)
    beyond = sum(is_beyond_limit(figure.kpi, figure.value) for figure in figures)
    without = sum(figure.value.state is not FigureState.OK for figure in figures)
    return h.section(".box")[
        h.h2(".box-title")[
            field_name(name, lang),
            h.small[t("kpi.domain_note", lang, n=len(figures), missed=missed, beyond=beyond, without=without)],
        ],
        h.div(".wide")[
            h.table(".kpis")[
                h.thead[h.tr[(h.th(class_={"n": key in ("kpi.value", "kpi.age")})[t(key, lang)] for key in _COLUMNS)]],
                h.tbody[(kpi_row(figure, snapshot, lang) for figure in figures)],
            ]
        ],
    ]


def field_name(name: str, lang: str) -> str:
    """The label of a domain; its own name if the catalogue has none."""
    key = f"kpi.domain_{name}"
    return t(key, lang) if key in catalogue() else name

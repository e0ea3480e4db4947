"""All KPIs by domain, each with its state."""

import htpy as h
from markupsafe import Markup

from components.kpi.card import KPI_COLUMNS, kpi_cells, kpi_row
from components.sources.provenance import kpi_source_names
from components.ui.i18n import catalogue, t
from components.ui.live_table import LiveCell, LiveColumn, LiveRow, matches
from ioc.domain.kpis.judgement import is_beyond_limit
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import KpiFigure, Snapshot

_AGE = ("number", 110, 1, 700)  # kind, width, share of the rest, width of the screen from which it is shown


def kpi_list(snapshot: Snapshot, lang: str, words: str = "") -> h.Element:
    """The tables of walls and paper: one for each domain, of the KPIs that `words` find."""
    found = {
        name: [figure for figure in figures if matches(words, _search_text(figure, lang))]
        for name, figures in _domains(snapshot).items()
    }
    return h.div(".fields")[
        words and h.p(".quiet")[t("table.search", lang), ": ", h.b[words]],
        (_field(name, figures, snapshot, lang) for name, figures in found.items() if figures),
        not any(found.values()) and h.p(".nothing")[t("kpi.none", lang)],
    ]


KPI_SORTS = (*KPI_COLUMNS, "source")  # keys of the columns of the grid


def kpi_columns(lang: str) -> list[LiveColumn]:
    """The columns of the grid; a phone shows name and value, with state and age below it."""
    looks = (("wrapped", 160, 4, 0), ("wrapped", 130, 2, 0), ("wrapped", 140, 2, 900), ("wrapped", 150, 2, 700))
    texts = [
        LiveColumn(key, t(f"kpi.{key}", lang), None, *look, is_fixed=key == "value")
        for key, look in zip(KPI_COLUMNS, (*looks, _AGE), strict=True)
    ]
    return [*texts, LiveColumn("source", t("kpi.source", lang), None, "wrapped", 160, 3, 1500)]


def kpi_rows(snapshot: Snapshot, lang: str) -> list[LiveRow]:
    """A row for each domain with its counts, and one for each KPI."""
    rows = []
    for domain, figures in _domains(snapshot).items():
        label = field_name(domain, lang)
        head = LiveCell(h.fragment[label, h.small[_domain_note(figures, lang)]], label)
        others = (LiveCell(None),) * len(KPI_COLUMNS)
        rows += [LiveRow(f"domain-{domain}", label, (head, *others), is_group=True)]
        rows += [_kpi_row(figure, snapshot, lang) for figure in figures]
    return rows


def _kpi_row(figure: KpiFigure, snapshot: Snapshot, lang: str) -> LiveRow:
    name, value, target, state, age = kpi_cells(figure, snapshot, lang)
    status = Markup(h.fragment[state.content])  # drawn twice; htpy has escaped it # nosec B704
    narrow = h.small(".only-narrow")[status, " · ", age.content]
    sources = ", ".join(kpi_source_names(figure.kpi, snapshot, lang))
    cells = (
        name, LiveCell(h.fragment[value.content, narrow], value.order), target, state._replace(content=status), age,
        LiveCell(h.span(".quiet")[sources or t("kpi.unknown", lang)], sources or None),
    )  # fmt: skip
    kind = f"sev-row-{figure.value.severity.value}"
    return LiveRow(figure.kpi.key, _search_text(figure, lang), cells, kind=kind)


def _search_text(figure: KpiFigure, lang: str) -> str:
    return f"{figure.kpi.name.get(lang)} {field_name(figure.kpi.domain, lang)}"


def _domains(snapshot: Snapshot) -> dict[str, list[KpiFigure]]:
    """Domain -> its KPIs, in the order of the configuration."""
    domains: dict[str, list[KpiFigure]] = {}
    for figure in snapshot.figures.values():
        domains.setdefault(figure.kpi.domain, []).append(figure)
    return domains


def _field(name: str, figures: list[KpiFigure], snapshot: Snapshot, lang: str) -> h.Element:
    heads = ((key, t(f"kpi.{key}", lang)) for key in KPI_COLUMNS)
    return h.section(".box")[
        h.h2(".box-title")[field_name(name, lang), h.small[_domain_note(figures, lang)]],
        h.div(".wide")[
            h.table(".kpis")[
                h.thead[h.tr[(h.th(class_={"n": key in ("value", "age")})[label] for key, label in heads)]],
                h.tbody[(kpi_row(figure, snapshot, lang) for figure in figures)],
            ]
        ],
    ]


def _domain_note(figures: list[KpiFigure], lang: str) -> str:
    missed = sum(figure.value.is_target_met is False for figure in figures)
    beyond = sum(is_beyond_limit(figure.kpi, figure.value) for figure in figures)
    without = sum(figure.value.state is not FigureState.OK for figure in figures)
    return t("kpi.domain_note", lang, n=len(figures), missed=missed, beyond=beyond, without=without)


def field_name(name: str, lang: str) -> str:
    """The label of a domain; its own name if the catalogue has none."""
    key = f"kpi.domain_{name}"
    return t(key, lang) if key in catalogue() else name

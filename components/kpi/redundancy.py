"""The same quantity from redundant sources: source names, failover, and disagreements."""

from collections.abc import Iterable

import htpy as h

from components.kpi.measurement_units import unit_label
from components.ui.format import format_number
from components.ui.i18n import t
from ioc.domain.base.units import is_count_unit
from ioc.domain.kpis.kpi import KpiValue
from ioc.domain.snapshot import KpiFigure, SeriesView, Snapshot


def value_sources(view: SeriesView, snapshot: Snapshot, lang: str) -> str:
    """The source of the value, then the redundant ones: "A · cũng do B báo"; in failover "B thay cho A"."""
    name = source_name(view.source, snapshot, lang)
    if view.failover_for:
        name = _failover_label(view.source, view.failover_for, snapshot, lang)
    others = [key for key in view.redundant_sources if key != view.failover_for]
    if not others:
        return name
    other_names = ", ".join(source_name(key, snapshot, lang) for key in others)
    return f"{name} · {t('redundancy.also_reported_by', lang, names=other_names)}"


def gap_text(view: SeriesView, lang: str) -> str:
    """ "lệch 0,35 m"; "" without a disagreement."""
    return (
        t("redundancy.disagreement", lang, gap=_value_text(view.disagreement.gap, view, lang))
        if view.disagreement
        else ""
    )


def disagreement_text(view: SeriesView, snapshot: Snapshot, lang: str) -> str:
    """ "lệch 0,35 m: A 1,10 m · B 1,45 m"; "" without a disagreement or a value."""
    if view.disagreement is None or view.value is None:
        return ""
    both = ((view.source, view.value), (view.disagreement.source, view.disagreement.value))
    values = " · ".join(f"{source_name(key, snapshot, lang)} {_value_text(value, view, lang)}" for key, value in both)
    return f"{gap_text(view, lang)}: {values}"


def disagreement_badge(
    views: Iterable[SeriesView], snapshot: Snapshot, lang: str, *, short: bool = False
) -> h.Element | None:
    """The badge of the widest disagreement among `views`, with the full text as its title; None without any.

    `short`: without the size of the gap, for a tile.
    """
    widest = max(
        (view for view in views if view.disagreement),
        key=lambda view: view.disagreement.gap if view.disagreement else 0.0,
        default=None,
    )
    if widest is None:
        return None
    return h.abbr(".badge.badge-disagreement", title=disagreement_text(widest, snapshot, lang))[
        "≠ ", t("redundancy.disagreement_badge", lang) if short else gap_text(widest, lang)
    ]


def failover_text(value: KpiValue, figure: KpiFigure, snapshot: Snapshot, lang: str) -> str:
    """The source whose series replaces a primary one, and that one; "" while there is no failover."""
    if not value.failover_source:
        return ""
    inputs = {*figure.kpi.formula.inputs, *figure.kpi.formula.denominator}
    standby = snapshot.sources_by_key.get(value.failover_source)
    mains = {series.redundant_with for series in standby.source.series} & inputs if standby else set()
    main = next((view.source.key for view in snapshot.sources if not mains.isdisjoint(view.source.series_units)), "")
    return (
        _failover_label(value.failover_source, main, snapshot, lang)
        if main
        else source_name(value.failover_source, snapshot, lang)
    )


def redundancy_text(figure: KpiFigure, snapshot: Snapshot, lang: str) -> str:
    """Failover and all disagreements of a KPI, for its definition card."""
    parts = [failover_text(figure.value, figure, snapshot, lang)]
    parts += [disagreement_text(series_view, snapshot, lang) for series_view in figure.redundant_series]
    return " · ".join(filter(None, parts))


def source_name(key: str, snapshot: Snapshot, lang: str) -> str:
    """The name of a source; its key if unknown."""
    view = snapshot.sources_by_key.get(key)
    return view.source.name.get(lang) if view else key


def _failover_label(standby: str, main: str, snapshot: Snapshot, lang: str) -> str:
    names = (source_name(key, snapshot, lang) for key in (standby, main))
    return t("redundancy.failover", lang, **dict(zip(("standby", "primary"), names, strict=True)))


def _value_text(value: float, view: SeriesView, lang: str) -> str:
    decimals = 0 if is_count_unit(view.series.unit) else view.decimals
    return f"{format_number(value, decimals)} {unit_label(view.series.unit, lang, value)}".strip()

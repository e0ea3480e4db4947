"""The same quantity from several sources: who tells it, who stands in for whom, how far apart they are."""

from collections.abc import Iterable

import htpy as h

from components.kpi.measurement_units import unit_label
from components.ui.format import format_number
from components.ui.i18n import t
from ioc.domain.base.units import is_count_unit
from ioc.domain.kpis.kpi import KpiValue
from ioc.domain.snapshot import KpiFigure, SeriesView, Snapshot


def value_sources(view: SeriesView, snapshot: Snapshot, lang: str) -> str:
    """The source of the value shown, then all others that tell it: "A · cũng do B báo", "B thay cho A"."""
    name = source_name(view.source, snapshot, lang)
    if view.failover_for:
        name = _failover_label(view.source, view.failover_for, snapshot, lang)
    others = [one for one in view.redundant_sources if one != view.failover_for]
    if not others:
        return name
    also = ", ".join(source_name(one, snapshot, lang) for one in others)
    return f"{name} · {t('redundancy.also', lang, names=also)}"


def gap_text(view: SeriesView, lang: str) -> str:
    """ "lệch 0,35 m"; "" where all agree."""
    return t("redundancy.apart", lang, gap=_value_text(view.disagreement.gap, view, lang)) if view.disagreement else ""


def disagreement_text(view: SeriesView, snapshot: Snapshot, lang: str) -> str:
    """ "lệch 0,35 m: A 1,10 m · B 1,45 m"; "" where all agree or there is no value."""
    if view.disagreement is None or view.value is None:
        return ""
    both = ((view.source, view.value), (view.disagreement.source, view.disagreement.value))
    told = " · ".join(f"{source_name(key, snapshot, lang)} {_value_text(value, view, lang)}" for key, value in both)
    return f"{gap_text(view, lang)}: {told}"


def disagreement_badge(
    views: Iterable[SeriesView], snapshot: Snapshot, lang: str, *, short: bool = False
) -> h.Element | None:
    """The sign of a disagreement with its word; the words in full as its title. Of several, the widest.

    `short`: without how far, where a tile has no room for it.
    """
    found = max(
        (one for one in views if one.disagreement),
        key=lambda one: one.disagreement.gap if one.disagreement else 0.0,
        default=None,
    )
    if found is None:
        return None
    return h.abbr(".badge.badge-apart", title=disagreement_text(found, snapshot, lang))[
        "≠ ", t("redundancy.apart_mark", lang) if short else gap_text(found, lang)
    ]


def failover_text(value: KpiValue, figure: KpiFigure, snapshot: Snapshot, lang: str) -> str:
    """Whose figure a KPI shows while a main series is not good; "" where none stands in."""
    if not value.failover_source:
        return ""
    wanted = {*figure.kpi.formula.inputs, *figure.kpi.formula.denominator}
    twins = [one for view in snapshot.sources if view.source.key == value.failover_source for one in view.source.series]
    mains = {one.redundant_with for one in twins} & wanted
    main = next((view.source.key for view in snapshot.sources if not mains.isdisjoint(view.source.series_keys)), "")
    return (
        _failover_label(value.failover_source, main, snapshot, lang)
        if main
        else source_name(value.failover_source, snapshot, lang)
    )


def redundancy_text(figure: KpiFigure, snapshot: Snapshot, lang: str) -> str:
    """All of it for a KPI's card: who stands in, and each disagreement."""
    parts = [failover_text(figure.value, figure, snapshot, lang)]
    parts += [disagreement_text(one, snapshot, lang) for one in figure.redundant_series]
    return " · ".join(filter(None, parts))


def source_name(key: str, snapshot: Snapshot, lang: str) -> str:
    """The name of a source, its key where there is none."""
    return next((one.source.name.get(lang) for one in snapshot.sources if one.source.key == key), key)


def _failover_label(standby: str, main: str, snapshot: Snapshot, lang: str) -> str:
    names = (source_name(one, snapshot, lang) for one in (standby, main))
    return t("redundancy.stands_in", lang, **dict(zip(("twin", "main"), names, strict=True)))


def _value_text(value: float, view: SeriesView, lang: str) -> str:
    decimals = 0 if is_count_unit(view.series.unit) else view.decimals
    return f"{format_number(value, decimals)} {unit_label(view.series.unit, lang, value)}".strip()

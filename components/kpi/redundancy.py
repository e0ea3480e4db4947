"""The same quantity from several sources: who tells it, who stands in for whom, how far apart they are."""

from collections.abc import Iterable

import htpy as h

from components.kpi.units import unit_word
from components.ui.format import number
from components.ui.i18n import say
from ioc.domain.base.units import counted
from ioc.domain.kpis.kpi import KpiValue
from ioc.domain.snapshot import Figure, SeriesView, Snapshot


def tellers(seen: SeriesView, snapshot: Snapshot, lang: str) -> str:
    """The source of the value shown, then all others that tell it: "A · cũng do B báo", "B thay cho A"."""
    name = source_name(seen.source, snapshot, lang)
    if seen.stands_in_for:
        name = _in_for(seen.source, seen.stands_in_for, snapshot, lang)
    others = [one for one in seen.also if one != seen.stands_in_for]
    if not others:
        return name
    also = ", ".join(source_name(one, snapshot, lang) for one in others)
    return f"{name} · {say('twins.also', lang, names=also)}"


def gap_words(seen: SeriesView, lang: str) -> str:
    """ "lệch 0,35 m"; "" where all agree."""
    return say("twins.apart", lang, gap=_value(seen.apart.gap, seen, lang)) if seen.apart else ""


def apart_words(seen: SeriesView, snapshot: Snapshot, lang: str) -> str:
    """ "lệch 0,35 m: A 1,10 m · B 1,45 m"; "" where all agree or there is no value."""
    if seen.apart is None or seen.value is None:
        return ""
    both = ((seen.source, seen.value), (seen.apart.source, seen.apart.value))
    told = " · ".join(f"{source_name(key, snapshot, lang)} {_value(value, seen, lang)}" for key, value in both)
    return f"{gap_words(seen, lang)}: {told}"


def apart_badge(seen: Iterable[SeriesView], snapshot: Snapshot, lang: str, *, short: bool = False) -> h.Element | None:
    """The sign of a disagreement with its word; the words in full as its title. Of several, the widest.

    `short`: without how far, where a tile has no room for it.
    """
    found = max((one for one in seen if one.apart), key=lambda one: one.apart.gap if one.apart else 0.0, default=None)
    if found is None:
        return None
    return h.abbr(".badge.badge-apart", title=apart_words(found, snapshot, lang))[
        "≠ ", say("twins.apart_mark", lang) if short else gap_words(found, lang)
    ]


def stand_in_words(value: KpiValue, figure: Figure, snapshot: Snapshot, lang: str) -> str:
    """Whose figure a KPI shows while a main series is not good; "" where none stands in."""
    if not value.stand_in:
        return ""
    wanted = {*figure.kpi.formula.inputs, *figure.kpi.formula.to}
    twins = [one for view in snapshot.sources if view.source.key == value.stand_in for one in view.source.series]
    mains = {one.same_as for one in twins} & wanted
    main = next((view.source.key for view in snapshot.sources if not mains.isdisjoint(view.source.keys)), "")
    return _in_for(value.stand_in, main, snapshot, lang) if main else source_name(value.stand_in, snapshot, lang)


def figure_words(figure: Figure, snapshot: Snapshot, lang: str) -> str:
    """All of it for a KPI's card: who stands in, and each disagreement."""
    parts = [stand_in_words(figure.value, figure, snapshot, lang)]
    parts += [apart_words(one, snapshot, lang) for one in figure.pairs]
    return " · ".join(filter(None, parts))


def source_name(key: str, snapshot: Snapshot, lang: str) -> str:
    """The name of a source, its key where there is none."""
    return next((one.source.name.said(lang) for one in snapshot.sources if one.source.key == key), key)


def _in_for(twin: str, main: str, snapshot: Snapshot, lang: str) -> str:
    names = (source_name(one, snapshot, lang) for one in (twin, main))
    return say("twins.stands_in", lang, **dict(zip(("twin", "main"), names, strict=True)))


def _value(value: float, seen: SeriesView, lang: str) -> str:
    decimals = 0 if counted(seen.series.unit) else seen.decimals
    return f"{number(value, decimals)} {unit_word(seen.series.unit, lang, value)}".strip()

"""Where figures come from: on paper each one names its source, which a screen tells on a page of its own."""

import htpy as h

from components.ui.i18n import say
from ioc.domain.kpis.kpi import Kpi
from ioc.domain.snapshot import Snapshot

_NAMED = 2  # more sources than these are counted, not named


def source_names(kpi: Kpi, snapshot: Snapshot, lang: str) -> list[str]:
    """Names of the sources that bring its inputs, twins too, each once, in the snapshot's order."""
    wanted, figure = {*kpi.formula.inputs, *kpi.formula.to}, snapshot.figures.get(kpi.key)
    twins = {key for one in figure.pairs for key in (one.source, *one.also)} if figure else set()
    found = [
        one.source.name.said(lang)
        for one in snapshot.sources
        if one.source.key in twins or not wanted.isdisjoint(one.source.keys)
    ]
    return list(dict.fromkeys(found))


def kpi_origin(kpi: Kpi, snapshot: Snapshot, lang: str) -> h.Element:
    """The sources of a KPI, for paper only."""
    names = source_names(kpi, snapshot, lang)
    told = ", ".join(names[:_NAMED]) or say("kpi.unknown", lang)
    if len(names) > _NAMED:
        told = say("paper.sources_more", lang, names=told, n=len(names) - _NAMED)
    return _told(told, lang)


def register_origin(lang: str) -> h.Element:
    """The register of directives as the source of what is counted from it, for paper only."""
    return _told(say("directives.back", lang), lang)


def _told(name: str, lang: str) -> h.Element:
    return h.span(".on-paper")[say("paper.source", lang, name=name)]

"""Where figures come from: on paper each one names its source, which a screen tells on a page of its own."""

import htpy as h

from components.ui.i18n import t
from ioc.domain.kpis.kpi import Kpi
from ioc.domain.snapshot import Snapshot

_MAX_NAMED = 2  # more sources than these are counted, not named


def kpi_source_names(kpi: Kpi, snapshot: Snapshot, lang: str) -> list[str]:
    """Names of the sources that bring its inputs, twins too, each once, in the snapshot's order."""
    wanted, figure = {*kpi.formula.inputs, *kpi.formula.denominator}, snapshot.figures.get(kpi.key)
    twins = (
        {key for one in figure.redundant_series for key in (one.source, *one.redundant_sources)} if figure else set()
    )
    found = [
        one.source.name.get(lang)
        for one in snapshot.sources
        if one.source.key in twins or not wanted.isdisjoint(one.source.series_keys)
    ]
    return list(dict.fromkeys(found))


def kpi_provenance(kpi: Kpi, snapshot: Snapshot, lang: str) -> h.Element:
    """The sources of a KPI, for paper only."""
    names = kpi_source_names(kpi, snapshot, lang)
    told = ", ".join(names[:_MAX_NAMED]) or t("kpi.unknown", lang)
    if len(names) > _MAX_NAMED:
        told = t("pdf.sources_more", lang, names=told, n=len(names) - _MAX_NAMED)
    return _source_note(told, lang)


def register_provenance(lang: str) -> h.Element:
    """The register of directives as the source of what is counted from it, for paper only."""
    return _source_note(t("directives.back", lang), lang)


def _source_note(name: str, lang: str) -> h.Element:
    return h.span(".on-paper")[t("pdf.source", lang, name=name)]

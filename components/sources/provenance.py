"""Provenance: on paper each figure names its source; a screen has a page for it."""

from collections.abc import Iterable
from functools import lru_cache

import htpy as h
from markupsafe import Markup

from components.ui.i18n import t
from ioc.domain.kpis.kpi import Kpi
from ioc.domain.snapshot import Snapshot

_MAX_NAMED = 2  # further sources are only counted


def kpi_source_names(kpi: Kpi, snapshot: Snapshot, lang: str) -> list[str]:
    """Names of the sources of its inputs and of redundant ones, each once, in the snapshot's order."""
    keys: Iterable[str] = snapshot.kpi_sources.get(kpi.key, ())
    figure = snapshot.figures.get(kpi.key)
    if figure and figure.redundant_series:
        pairs = figure.redundant_series
        needed = {*keys, *(key for each in pairs for key in (each.source, *each.redundant_sources))}
        keys = [key for key in snapshot.sources_by_key if key in needed]
    return list(dict.fromkeys(snapshot.sources_by_key[key].source.name.get(lang) for key in keys))


def kpi_provenance(kpi: Kpi, snapshot: Snapshot, lang: str) -> Markup:
    """The sources of a KPI, for paper only."""
    names = kpi_source_names(kpi, snapshot, lang)
    names_text = ", ".join(names[:_MAX_NAMED]) or t("kpi.unknown", lang)
    if len(names) > _MAX_NAMED:
        names_text = t("pdf.sources_more", lang, names=names_text, n=len(names) - _MAX_NAMED)
    return _source_note(names_text, lang)


def register_provenance(lang: str) -> Markup:
    """The register of directives as a source, for paper only."""
    return _source_note(t("directives.back", lang), lang)


def followed_provenance(lang: str) -> Markup:
    """The tasks that people act on in the program as a source, for paper only."""
    return _source_note(t("directives.followed", lang), lang)


@lru_cache(maxsize=256)
def _source_note(name: str, lang: str) -> Markup:
    return Markup(h.span(".on-paper")[t("pdf.source", lang, name=name)])  # htpy has escaped it # nosec B704

"""Tiles with a limit in force: every limit that is configured is read whole, and values side by side stay level."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from components.screens.overview import TILE_COUNT
from ioc.domain.kpis.kpi import Kpi, Limit, Severity
from ioc.domain.snapshot import KpiFigure, Snapshot
from tests.browser.conftest import Site
from tests.browser.test_access import READY
from tests.city import full_city
from tests.config.test_profiles import load_profile

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = ((1920, 1080), (1180, 820), (820, 1180), (390, 844))
WALLS = ((1920, 1080), (3840, 2160))
BASE = full_city()
KPIS = {kpi.key: kpi for kpi in load_profile("demo").kpis}
# Texts of tiles that are wider or higher than the box that hides what does not fit.
CUT = """() => [...document.querySelectorAll('#react-entry-point .tile, #react-entry-point .tile *')]
    .filter((node) => node.clientWidth && getComputedStyle(node).overflow !== 'visible' && !node.closest('svg')
        && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1))
    .map((node) => `${node.className}: ${node.textContent}`)"""
# Rows of tiles whose values begin at different heights.
UNEVEN = """() => {
    const rows = new Map();
    for (const tile of document.querySelectorAll('#react-entry-point .tile')) {
        const top = Math.round(tile.getBoundingClientRect().top);
        const value = Math.round(tile.querySelector('.tile-current').getBoundingClientRect().top);
        rows.set(top, (rows.get(top) ?? new Set()).add(value));
    }
    return [...rows.values()].filter((values) => values.size > 1).map((values) => [...values]);
}"""


def _figure(kpi: Kpi, limit: Limit | None) -> KpiFigure:
    """`kpi` beyond `limit`, or without one normal. A target is met without a limit only."""
    base = BASE.figures["water-level"]
    severity, number = (limit.severity, limit.value) if limit else (Severity.NORMAL, 12.0)
    value = replace(
        base.value,
        key=kpi.key,
        level=limit.key if limit else "",
        severity=severity,
        value=number,
        change=-number / 4,
        age_limit=timedelta(0),
        is_target_met=None if kpi.target is None else limit is None,
    )
    return replace(base, kpi=kpi, value=value, values_by_place={})


def _city(figures: Iterable[KpiFigure], version: int) -> Snapshot:
    shown = {figure.kpi.key: figure for figure in figures}
    return replace(BASE, version=version, figures=shown, overview_kpis=tuple(shown))


def _every_limit() -> list[Snapshot]:
    """Cities in which every limit of every KPI is in force once."""
    beyond = [(kpi, limit) for kpi in KPIS.values() for limit in kpi.limits]
    figures = [_figure(replace(kpi, key=f"{kpi.key}-{limit.key}"), limit) for kpi, limit in beyond]
    return [_city(figures[n : n + TILE_COUNT], n) for n in range(0, len(figures), TILE_COUNT)]


def _mixed(profile: str) -> list[Snapshot]:
    """The overview of a profile: no limit, all limits, and every second one in force."""
    kpis = [KPIS[key] for key in load_profile(profile).overview]
    choices = ((False, False), (True, True), (True, False), (False, True))
    return [
        _city(
            [_figure(kpi, kpi.limits[-1] if kpi.limits and choice[n % 2] else None) for n, kpi in enumerate(kpis)],
            version,
        )
        for version, choice in enumerate(choices)
    ]


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, "pages")
    site.start()
    yield site
    site.stop()


def _faults(page: Page, site: Site, cities: Iterable[Snapshot], lang: str, check: str) -> list[str]:
    found = []
    for n, city in enumerate(cities):
        site.reads.city = city
        for path, sizes in (("/", SIZES), ("/tuong", WALLS)):
            page.goto(site.address(f"{path}?lang={lang}"))
            page.wait_for_selector(READY, state="attached")
            page.evaluate("document.fonts.ready")
            for width, height in sizes:
                page.set_viewport_size({"width": width, "height": height})
                page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                found += [f"{n} {path} {width}: {fault}" for fault in page.evaluate(check)]
    return found


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_limit_is_read_whole(pages: Site, page: Page, lang: str) -> None:
    found = _faults(page, pages, _every_limit(), lang, CUT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_values_side_by_side_are_level_whatever_limits_are_in_force(pages: Site, page: Page, profile: str) -> None:
    found = _faults(page, pages, _mixed(profile), "vi", UNEVEN)
    assert not found, "\n".join(found)

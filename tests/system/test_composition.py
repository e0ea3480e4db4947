"""Layout of wall and tablet: values side by side are level, charts stay in their section, headings stay short."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.system.program import Program

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SCREENS = {"wall": (1920, 1080), "tablet": (1180, 820), "standing": (820, 1180)}
TABLETS = ("tablet", "standing")
BOXES = """(names) => names.map((name) => [...document.querySelectorAll('#react-entry-point ' + name)].map((node) => {
    const { top, bottom, right } = node.getBoundingClientRect();
    return { top, bottom, right, lines: Math.round((bottom - top) / parseFloat(getComputedStyle(node).lineHeight)) };
}))"""


Boxes = list[dict[str, Any]]


def boxes(page: Page, name: str) -> Boxes:
    """Top, bottom and right edge of every element of a selector, and its number of lines."""
    elements = boxes_together(page, name)[0]
    assert elements, name
    return elements


def boxes_together(page: Page, *names: str) -> list[Boxes]:
    """Those of several selectors at one moment: the next update may move all of them. None of one is an empty list."""
    found: list[Boxes] = page.evaluate(BOXES, list(names))
    return found


def opened(full: Program, page: Page, path: str, screen: str) -> None:
    width, height = SCREENS[screen]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{full.base}{path}?lang=vi")
    page.wait_for_function("() => window.iocReady === true")


def rows(elements: Boxes) -> list[Boxes]:
    """Elements grouped by rows of the screen."""
    levels = sorted({round(box["top"]) for box in elements})
    return [[box for box in elements if round(box["top"]) == level] for level in levels]


@pytest.mark.parametrize(("path", "screen"), [("/tuong", "wall"), ("/", "tablet"), ("/", "standing")])
def test_values_and_titles_in_a_row_are_level(full: Program, page: Page, path: str, screen: str) -> None:
    opened(full, page, path, screen)
    tiles, values, notices, titles = boxes_together(
        page, ".tile", ".tile-current", ".notice:not(.notice-more, .notice-empty)", ".notice-title"
    )
    assert tiles and values
    for side_by_side in rows(tiles):
        tops = {round(box["top"]) for box in values if _within(box, side_by_side[0])}
        assert len(tops) == 1, "values of tiles side by side are not level"
    for side_by_side in rows(notices):
        assert len({round(box["top"]) for box in titles if _within(box, side_by_side[0])}) == 1, "titles are not level"


def _within(box: dict[str, Any], row: dict[str, Any]) -> bool:
    return bool(row["top"] <= box["top"] and box["bottom"] <= row["bottom"])


@pytest.mark.parametrize("screen", TABLETS)
@pytest.mark.parametrize("path", ["/chi-dao/mp-15-2025", "/chi-so/water-level"])
def test_long_name_takes_two_lines_at_most_and_chart_stays_in_its_section(
    full: Program, page: Page, path: str, screen: str
) -> None:
    opened(full, page, path, screen)
    assert boxes(page, ".head-page")[0]["lines"] <= (1 if screen == "tablet" else 2)
    sections, plots = boxes_together(page, ":is(.directive-timeline, .kpi-chart)", ".js-plotly-plot")
    section, plot = sections[0], plots[0]
    assert section["top"] < plot["top"] and plot["bottom"] < section["bottom"]


@pytest.mark.parametrize("screen", TABLETS)
def test_counters_fill_their_rows(full: Program, page: Page, screen: str) -> None:
    opened(full, page, "/chi-dao/mp-15-2025", screen)
    around, counters = boxes_together(page, ".counters", ".counter")
    assert counters
    for side_by_side in rows(counters):
        assert max(box["right"] for box in side_by_side) == pytest.approx(around[0]["right"], abs=1)

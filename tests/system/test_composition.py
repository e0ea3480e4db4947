"""Layout of wall and tablet: values side by side are level, charts stay in their section, headings stay short."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.system.program import Program

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SCREENS = {"wall": (1920, 1080), "tablet": (1180, 820), "standing": (820, 1180)}
TABLETS = ("tablet", "standing")
BOXES = """(name) => [...document.querySelectorAll('#react-entry-point ' + name)].map((node) => {
    const { top, bottom, right } = node.getBoundingClientRect();
    return { top, bottom, right, lines: Math.round((bottom - top) / parseFloat(getComputedStyle(node).lineHeight)) };
})"""


def boxes(page: Page, name: str) -> list[dict[str, Any]]:
    """Top, bottom and right edge of every element of a selector, and its number of lines."""
    elements: list[dict[str, Any]] = page.evaluate(BOXES, name)
    assert elements, name
    return elements


def opened(full: Program, page: Page, path: str, screen: str) -> None:
    width, height = SCREENS[screen]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{full.base}{path}?lang=vi")
    page.wait_for_function("() => window.iocReady === true", timeout=20_000)


def rows(elements: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Elements grouped by rows of the screen."""
    levels = sorted({round(box["top"]) for box in elements})
    return [[box for box in elements if round(box["top"]) == level] for level in levels]


@pytest.mark.parametrize(("path", "screen"), [("/tuong", "wall"), ("/", "tablet"), ("/", "standing")])
def test_values_and_titles_in_a_row_are_level(full: Program, page: Page, path: str, screen: str) -> None:
    opened(full, page, path, screen)
    for side_by_side in rows(boxes(page, ".tile")):
        tops = {round(box["top"]) for box in boxes(page, ".tile-current") if _within(box, side_by_side[0])}
        assert len(tops) == 1, "values of tiles side by side are not level"
    notices = rows(boxes(page, ".notice:not(.notice-more, .notice-empty)"))
    titles = boxes(page, ".notice-title") if notices else []
    for side_by_side in notices:
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
    section = boxes(page, ":is(.directive-timeline, .kpi-chart)")[0]
    plot = boxes(page, ".js-plotly-plot")[0]
    assert section["top"] < plot["top"] and plot["bottom"] < section["bottom"]


@pytest.mark.parametrize("screen", TABLETS)
def test_counters_fill_their_rows(full: Program, page: Page, screen: str) -> None:
    opened(full, page, "/chi-dao/mp-15-2025", screen)
    edge = boxes(page, ".counters")[0]["right"]
    for side_by_side in rows(boxes(page, ".counter")):
        assert max(box["right"] for box in side_by_side) == pytest.approx(edge, abs=1)

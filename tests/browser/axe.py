"""axe-core in a page: violations of WCAG 2.2 AA."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # what a theme can change

# Of what is no violation axe states one element of each rule only.
_RUN = """async rules => {
    const ends = document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity);
    await Promise.all(ends.map(a => a.finished.catch(() => null)));
    return axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
}"""


def violations(page: Page, rules: Mapping[str, object] = _ALL) -> list[str]:
    """Rule and element of each violation in what the page shows now."""
    if not SCRIPT.exists():
        pytest.skip("axe-core is not installed: npm ci")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SCRIPT.read_text("utf-8"))
    page.emulate_media(reduced_motion="reduce")  # what fades in has a poor contrast on the way
    found = page.evaluate(_RUN, rules)
    page.emulate_media(reduced_motion="null")
    return [
        f"{violation['id']}: {node['html'][:160]}" for violation in found["violations"] for node in violation["nodes"]
    ]


def violations_by_theme(page: Page) -> list[str]:
    """The violations of what the page shows now: of all rules in the light theme, those of colours in the dark one."""
    found = []
    for theme, rules in (("light", _ALL), ("dark", _OF_COLOURS)):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found += [f"{theme}: {violation}" for violation in violations(page, rules)]
    return found

"""DOM morphing of assets/10-panel.js: unchanged nodes are kept, and changes of reader and client survive."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MORPH = """([before, touch, after]) => {
    const box = document.createElement('div');
    document.body.append(box);
    window.ioc_panel.morph(box, before);
    const old = [...box.querySelectorAll('*')];
    if (touch) new Map(Object.entries(touch)).forEach((value, key) => {
        const [selector, name] = key.split('|');
        const node = box.querySelector(selector);
        if (name === 'text') node.textContent = value;
        else if (name === 'age') node.style.setProperty('--age', value);
        else if (name === 'class') node.classList.add(value);
        else node.toggleAttribute(name, value);
    });
    const seen = [];
    const watch = new MutationObserver((all) => seen.push(...all));
    watch.observe(box, { childList: true, subtree: true, characterData: true, attributes: true });
    window.ioc_panel.morph(box, after);
    seen.push(...watch.takeRecords());
    watch.disconnect();
    const now = [...box.querySelectorAll('*')];
    return { html: box.innerHTML, kept: now.map((node) => old.indexOf(node)), changes: seen.length };
}"""


@pytest.fixture
def blank(page: Page, site: Site) -> Page:
    page.goto(site.address())
    return page


def morph(page: Page, before: str, after: str, touch: dict[str, Any] | None = None) -> dict[str, Any]:
    result: dict[str, Any] = page.evaluate(MORPH, [before, touch, after])
    return result


@pytest.mark.parametrize(
    ("before", "after", "same_nodes", "max_new"),
    [
        ("<p>1</p>", "<p>1</p>", [0], 0),
        ("<p>1 <b>a</b></p>", "<p>2 <b>a</b></p>", [0, 1], 1),
        ('<p class="x" title="t">1</p>', '<p class="y">1</p>', [0], 2),
        ("<ul><li>1</li><li>2</li></ul>", "<ul><li>1</li><li>2</li><li>3</li></ul>", [0, 1, 2, -1], 1),
        ('<i id="a"></i><i id="b"></i>', '<i id="b"></i>', [1], 1),
        ('<i id="a"></i><i id="b"></i>', '<i id="b"></i><i id="a"></i>', [1, 0], 2),
        ('<i data-key="a"></i>', '<i data-key="c"></i><i data-key="a"></i>', [-1, 0], 1),
        ("<b>1</b>", "<i>1</i>", [-1], 2),
        ('<svg><path d="M0 0"/></svg>', '<svg><path d="M1 1"/></svg>', [0, 1], 1),
    ],
)
def test_unchanged_nodes_stay_the_same(
    blank: Page, before: str, after: str, same_nodes: list[int], max_new: int
) -> None:
    result = morph(blank, before, after)
    plain = blank.evaluate(
        "(html) => { const t = document.createElement('div'); t.innerHTML = html; return t.innerHTML; }", after
    )
    assert result["html"] == plain
    assert result["kept"] == same_nodes
    assert result["changes"] <= max_new


def test_changes_of_reader_and_client_survive_an_update(blank: Page) -> None:
    before = (
        '<details><summary>s</summary>a</details><b class="t" data-limit="60" data-since="2026-11-24T00:00:00Z"></b>'
        '<time data-age="2026-11-24T00:00:00Z"></time><div data-fixed><i>1</i></div>'
    )
    touch = {
        "details|open": True,
        "b|age": "0.5",
        "b|class": "expired",
        "time|text": "4 s",
        "[data-fixed] i|text": "mine",
    }
    result = morph(blank, before, before.replace(">a<", ">z<").replace("<i>1", "<i>2"), touch)
    assert '<details open="">' in result["html"] and ">z<" in result["html"]
    assert 'class="t expired"' in result["html"] and "--age: 0.5" in result["html"]
    assert ">4 s</time>" in result["html"] and "<i>mine</i>" in result["html"]
    assert result["changes"] == 1


def test_new_style_keeps_the_age_variable(blank: Page) -> None:
    before = '<b style="width: 5%" data-limit="60"></b>'
    result = morph(blank, before, before.replace("5%", "9%"), {"b|age": "0.25"})
    assert "width: 9%" in result["html"] and "--age: 0.25" in result["html"]


def test_replaced_time_never_shows_the_age_of_the_previous_one(blank: Page) -> None:
    now = blank.evaluate("new Date(Date.now() - 9000000).toISOString()")
    before = '<p><time data-age="2026-11-01T00:00:00Z"></time></p>'
    result = morph(blank, before, f'<p><time data-age="{now}"></time></p>', {"time|text": "23 ngày"})
    assert ">2 giờ</time>" in result["html"]

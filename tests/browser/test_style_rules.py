"""In a real browser: rules of the style sheets that no page with its data is needed for."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
TOKENS = "assets/00-tokens.css"
CODES = ("zz7x-5hmu-wstq", "wkab-9t52-97en", "mmmm-wwww-mwmw")


def draw(page: Page, markup: str, *styles: str) -> None:
    """Shows the markup with these style sheets alone."""
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in (TOKENS, *styles))
    page.set_content(f"<style>{texts}</style><body>{markup}</body>")


def test_recovery_codes_stand_in_one_line_each(page: Page) -> None:
    items = "".join(f"<li>{code}</li>" for code in CODES)
    draw(page, f'<div style="width: 24rem"><ul class="codes">{items}</ul></div>', "ioc/web/views/forms.css")
    lines = page.evaluate(
        """() => [...document.querySelectorAll('.codes li')].map((item) => {
          const range = document.createRange();
          range.selectNodeContents(item);
          return [range.getClientRects().length, item.scrollWidth - item.clientWidth];
        })"""
    )
    assert lines == [[1, 0]] * len(CODES)


def test_empty_text_before_a_button_leaves_no_gap(page: Page) -> None:
    draw(page, '<div class="page-bar"><p></p><button>Giao</button></div>', "assets/working/10-bootstrap.css")
    left = page.evaluate("() => document.querySelector('button').offsetLeft - document.querySelector('div').offsetLeft")
    assert left == 0


@pytest.mark.parametrize("kind", ["input", "select"])
def test_refused_field_has_a_border_of_its_own_colour(page: Page, kind: str) -> None:
    look = "form-control" if kind == "input" else "form-select"
    pair = f'<{kind} class="{look} is-invalid"></{kind}><{kind} class="{look}"></{kind}>'
    draw(page, f'{pair}<p style="color: var(--critical)">', "assets/working/10-bootstrap.css")
    refused, other, critical = page.evaluate(
        """() => {
          const [first, second] = document.querySelectorAll('input, select');
          const colour = (one) => getComputedStyle(one).borderTopColor;
          return [colour(first), colour(second), getComputedStyle(document.querySelector('p')).color];
        }"""
    )
    assert refused == critical != other

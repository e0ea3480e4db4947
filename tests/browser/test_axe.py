"""No violation of WCAG 2.2 AA on watching pages, the public page and sign-in, in both themes."""

import pytest
from playwright.sync_api import Browser, Page

from ioc.web.errors.json_errors import bilingual
from ioc.web.pdf.endpoint import waiting_page
from tests.browser.axe import violations
from tests.browser.conftest import Site
from tests.browser.test_access import Centre, centre
from tests.browser.test_overlaps import PAGES, marked, opened

__all__ = ["centre", "marked"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

MISSING = ("/chi-so/unknown", "/don-vi/unknown", "/chi-dao/unknown")
SIGN_IN, ENROLMENT = "/dang-nhap?lai=1", "/man-hinh"


@pytest.fixture
def page(browser: Browser) -> Page:
    """Without the content security policy, which keeps axe out."""
    return browser.new_context(bypass_csp=True, viewport={"width": 1180, "height": 820}).new_page()


def with_theme(page: Page, theme: str, address: str) -> None:
    page.context.add_cookies([{"name": "theme", "value": theme, "url": address}])


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_watching_and_public_pages_have_no_violation(marked: Site, page: Page, theme: str, lang: str) -> None:
    with_theme(page, theme, marked.address())
    found = []
    for path in (*PAGES, *MISSING, "/cong-khai"):
        opened(page, marked.address(f"{path}?lang={lang}"))
        found += [f"{path}: {violation}" for violation in violations(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1180, 390])
@pytest.mark.parametrize("path", [SIGN_IN, ENROLMENT])
def test_sign_in_and_enrolment_have_no_violation(centre: Centre, page: Page, path: str, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 820})
    with_theme(page, theme, centre.address("/"))
    page.goto(centre.address(path))
    found = violations(page)
    assert not found, "\n".join(found)


def test_page_that_waits_for_a_pdf_has_no_violation(page: Page) -> None:
    page.set_content(waiting_page(bilingual("pdf.waiting")))
    found = violations(page)
    assert not found, "\n".join(found)

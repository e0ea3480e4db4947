"""No violation of WCAG 2.2 AA on watching pages, the public page and sign-in, in both themes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from ioc.web.errors.json_errors import bilingual
from ioc.web.pdf.endpoint import waiting_page
from tests.browser.axe import violations, violations_by_theme
from tests.browser.conftest import Site
from tests.browser.test_access import Centre
from tests.browser.test_overlaps import PAGES, marked, opened
from tests.conftest import new_context

__all__ = ["marked"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

MISSING = ("/chi-so/unknown", "/don-vi/unknown", "/chi-dao/unknown")
OPEN_ALL = """() => {
  const all = [...document.querySelectorAll('#react-entry-point details')].filter((one) => one.checkVisibility());
  for (const one of all) one.open = true;
  return all.length;
}"""
SIGN_IN, ENROLMENT = "/dang-nhap?lai=1", "/man-hinh"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    running = Centre(tmp_path_factory.mktemp("centre"), pages="pages")
    yield running
    running.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    """Without the content security policy, which keeps axe out."""
    return new_context(browser, bypass_csp=True, viewport={"width": 1180, "height": 820}).new_page()


def test_watching_and_public_pages_have_no_violation(marked: Site, page: Page, request: pytest.FixtureRequest) -> None:
    """The real city in Vietnamese, an exercise in English: what is marked does not depend on the language.

    Of the real city then with filters, choices of columns and layers, the tables of charts: all of a page open at once.
    """
    lang = {"real": "vi", "exercise": "en"}[request.node.callspec.params["marked"]]
    found, folded = [], 0
    for path in (*PAGES, *MISSING, "/cong-khai"):
        opened(page, marked.address(f"{path}?lang={lang}"))
        found += [f"{path}: {violation}" for violation in violations_by_theme(page)]
        if lang == "vi" and path in PAGES:
            folded += page.evaluate(OPEN_ALL)
            found += [f"{path}, all open: {violation}" for violation in violations_by_theme(page)]
    assert folded or lang == "en"
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [1180, 390])
@pytest.mark.parametrize("path", [SIGN_IN, ENROLMENT])
def test_sign_in_and_enrolment_have_no_violation(centre: Centre, page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 820})
    page.goto(centre.address(path))
    found = violations_by_theme(page)
    assert not found, "\n".join(found)


def test_page_that_waits_for_a_pdf_has_no_violation(page: Page) -> None:
    page.set_content(waiting_page(bilingual("pdf.waiting")))
    found = violations(page)
    assert not found, "\n".join(found)


def test_contrast_that_one_theme_lacks_is_found(page: Page) -> None:
    """The check itself: each theme is measured, and a fault of both is said of both."""
    poor = "html[data-theme={}] p {{ color: #777; background: #888; }}"
    text = '<html lang="vi"><title>A</title><style>{}</style><main><h1>A</h1><p>Nước lên</p></main></html>'
    for themes in (["light"], ["dark"], ["light", "dark"]):
        page.set_content(text.format(" ".join(map(poor.format, themes))))
        assert [found.split(" <")[0] for found in violations_by_theme(page)] == [
            f"{theme}: color-contrast:" for theme in themes
        ]

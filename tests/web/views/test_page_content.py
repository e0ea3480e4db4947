"""Content of the pages: language links, names of browsers, options of agencies and pages."""

import re

from tests.auth.site import PASSWORD
from tests.web.views.conftest import Centre

_LANGUAGE_LINK = re.compile(r'href="([^"]+)" hreflang="en"')


def language_link(page: str) -> str:
    """Where the page's link to the other language leads, "" where it has none."""
    match = _LANGUAGE_LINK.search(page)
    return match[1].replace("&amp;", "&") if match else ""


def test_form_error_links_to_the_other_language(centre: Centre) -> None:
    centre.site.add_user()
    visitor = centre.browser()
    refused = visitor.post("/dang-nhap", {"ten": "an", "mat-khau": "x", "tiep": "/chi-so/a"})
    assert refused.status_code == 403 and language_link(refused.text) == "/dang-nhap?tiep=%2Fchi-so%2Fa&lang=en"
    assert "Sign in" in visitor.get(language_link(refused.text)).text


def test_language_link_of_a_post_address_leads_to_its_page(centre: Centre) -> None:
    browser = centre.browser()
    browser.post("/dang-nhap", {"ten": "quan-tri", "mat-khau": centre.auth.users.create_first_administrator()})
    browser.post("/tai-khoan/mat-khau", {"moi": PASSWORD, "lai": PASSWORD})
    refused = browser.post("/tai-khoan/lop-hai/xac-nhan", {"bi-mat": "x", "ma": "1"})
    assert refused.status_code == 403 and language_link(refused.text) == "/tai-khoan/lop-hai?lang=en"

"""Content of the pages: language links, names of browsers, options of agencies and pages."""

import re

import htpy as h
import pytest

from ioc.domain.access.principal import Principal, Role
from ioc.web.views.account import user_agent_label
from ioc.web.views.layout import PageContext
from tests.auth.site import PASSWORD
from tests.web.views.conftest import Centre

PEOPLE = "/quan-tri/tai-khoan"
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
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    refused = admin.post(f"{PEOPLE}/truong/khoa", {})
    assert refused.status_code == 403 and language_link(refused.text) == f"{PEOPLE}/truong?lang=en"
    mine = admin.post("/tai-khoan/phien", {"phien": "x"})
    assert mine.status_code == 403 and language_link(mine.text) == "/tai-khoan?lang=en"


def test_page_with_a_secret_has_no_language_link(centre: Centre) -> None:
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    answer = admin.post(PEOPLE, {"ten": "xem", "ho-ten": "X", "vai-tro": "viewer"})
    assert answer.status_code == 200 and 'class="secret"' in answer.text and not language_link(answer.text)


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/130.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} coc_coc_browser/130 Chrome/124 Safari/537.36", "Cốc Cốc on Windows"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {_WEBKIT} SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36",
         "Samsung Internet on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Mobile Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1 CriOS/125 Mobile Safari/604",
         "Chrome on iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/17.5 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541) {_WEBKIT} Chrome/130.0 Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.5", "another browser"), ("", "another browser"),
    ],
)  # fmt: skip
def test_user_agent_is_named_by_browser_and_system(user_agent: str, label: str) -> None:
    context = PageContext(Principal(), "en", "dark")
    assert str(user_agent_label(context, user_agent)) == str(h.span(title=user_agent or None)[label])


def test_session_names_browser_and_system_in_the_page_language(centre: Centre) -> None:
    centre.site.add_user()
    visitor = centre.browser()
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
    visitor.post("/dang-nhap", {"ten": "an", "mat-khau": PASSWORD}, **{"User-Agent": agent})
    assert "Chrome trên Windows" in visitor.get("/tai-khoan").text
    assert "Chrome on Windows" in visitor.get("/tai-khoan?lang=en").text


def options(page: str) -> list[str]:
    return re.findall(r'<option value="(mp-[^"]*)"', page)


def test_agency_options_are_reporting_agencies_and_the_current_one(centre: Centre) -> None:
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    assert options(admin.get(PEOPLE).text) == ["mp-b"]
    admin.post(PEOPLE, {"ten": "cu", "ho-ten": "X", "co-quan": "mp-a", "vai-tro": "reporter"})
    assert options(admin.get(f"{PEOPLE}/cu").text) == ["mp-a", "mp-b"]


def test_display_page_options_have_the_names_of_the_rail(centre: Centre) -> None:
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    page = admin.get("/quan-tri/man-hinh?lang=en").text
    assert "Wall display – /tuong" in page and "Map – /ban-do" in page and "Overview – /<" in page
    assert "Bản đồ – /ban-do" in admin.get("/quan-tri/man-hinh?lang=vi").text

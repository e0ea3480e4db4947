"""Content of the pages: language links, names of browsers, options of agencies and pages."""

import re
from html import unescape

from ioc.auth import audit_log
from ioc.domain.access.principal import PrincipalKind, Role
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


def test_page_with_a_secret_has_no_language_link(centre: Centre) -> None:
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    answer = admin.post(PEOPLE, {"ten": "xem", "ho-ten": "X", "vai-tro": "viewer"})
    assert answer.status_code == 200 and 'class="secret"' in answer.text and not language_link(answer.text)


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


def test_audit_log_shows_sessions_and_rights_in_words(centre: Centre) -> None:
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    admin.post(PEOPLE, {"ten": "xem", "ho-ten": "X", "vai-tro": "viewer"})
    page = admin.get("/quan-tri/nhat-ky?lang=en").text
    assert "session 1" in page and "Roles: Viewer" in page


def test_audit_log_translates_only_keys_of_rights(centre: Centre) -> None:
    admin = centre.signed_in("truong", Role.ADMINISTRATOR)
    after = '{"when": "x", "missed": ["viewer"], "roles": ["viewer", "gone"], "agency": ""}'
    with centre.store.write() as conn:
        audit_log.write(
            conn,
            audit_log.NewAuditEntry("", PrincipalKind.LOCAL, "account-changed", "xem", after=after),
            centre.clock(),
        )
    page = unescape(admin.get("/quan-tri/nhat-ky?lang=en").text)
    assert "when: x; missed: ['viewer']; Roles: Viewer, gone<" in page

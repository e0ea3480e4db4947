"""Links and sources of the configured register."""

from components.directives.directive_card import document_counters
from components.directives.register import filters
from ioc.domain.directives.progress import assess_register
from tests.city import full_city


def test_filter_links_keep_search_sorting_and_other_filters() -> None:
    city = full_city()
    params = {"tim": "ngap", "xep": "-due", "trang-thai": "qua-han"}
    markup = str(filters(assess_register(city.register, city.at), params, "vi"))
    links = [part.split('"')[0] for part in markup.split('href="')[1:]]
    assert links and all("tim=ngap&amp;xep=-due" in link for link in links)
    assert all("trang-thai=qua-han" in link for link in links if "nam=" in link or "co-quan=" in link)
    assert "?tim=ngap&amp;xep=-due" in links


def test_paper_of_a_document_names_its_source() -> None:
    city = full_city()
    (view, *_) = assess_register(city.register, city.at).documents
    assert '<span class="on-paper">Nguồn: ' in str(document_counters(view, "vi"))

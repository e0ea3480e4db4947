"""Which addresses `make pictures` takes."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from ioc.web.app_factory import create_app
from tests.web.fake import FakeReads, settings

PATH = Path(__file__).parents[2] / "scripts" / "pictures.py"


@pytest.fixture
def pictures() -> ModuleType:
    spec = spec_from_file_location("pictures", PATH)
    assert spec is not None and spec.loader is not None
    pictures = module_from_spec(spec)
    spec.loader.exec_module(pictures)
    return pictures


def test_page_with_a_variable_is_found_by_a_link_to_one(pictures: ModuleType) -> None:
    pages = [
        ["overview", "/"],
        ["kpi", "/chi-so/<key>"],
        ["remind", "/don-doc/<key>/<period>"],
        ["unit", "/don-vi/<key>"],
    ]
    links = {"/chi-so", "/chi-so/a.b", "/chi-so/a.b/c", "/don-doc/x/2026-11"}
    assert pictures.addresses(pages, links) == {
        "overview": "/", "kpi": "/chi-so/a.b", "remind": "/don-doc/x/2026-11", "unit": None,
    }  # fmt: skip


def test_page_that_every_link_gives_parameters_is_found_with_them(pictures: ModuleType) -> None:
    pages = [["personal", "/chi-tiet"], ["attention", "/can-xu-ly"]]
    links = {"/chi-tiet?e=2", "/chi-tiet?e=1", "/can-xu-ly?a=1", "/can-xu-ly"}
    assert pictures.addresses(pages, links) == {"personal": "/chi-tiet?e=1", "attention": "/can-xu-ly"}


def test_link_to_the_other_language_is_not_followed(pictures: ModuleType) -> None:
    pages = [["instruction", "/y-kien"], ["call", "/goi/<key>"]]
    links = {"/y-kien?lang=en", "/y-kien?so=1&lang=en", "/goi/a?lang=en", "/goi/b"}
    assert pictures.addresses(pages, links) == {"instruction": "/y-kien", "call": "/goi/b"}


def test_link_of_a_page_to_itself_is_not_followed(pictures: ModuleType) -> None:
    assert pictures.links_of("/chi-tiet", ["/chi-tiet#main", "/su-kien", "/chi-so/a#b"]) == {"/su-kien", "/chi-so/a"}


def test_a_plain_page_is_asked_for_in_the_language(pictures: ModuleType) -> None:
    assert pictures.plain_address("/cong-khai", "en") == "/cong-khai?lang=en"
    assert pictures.plain_address("/dang-nhap?lai=1", "vi") == "/dang-nhap?lai=1&lang=vi"


def test_pages_are_those_that_the_browser_is_told_of(pictures: ModuleType, tmp_path: Path) -> None:
    rows = create_app(FakeReads(), settings(tmp_path, pages_package="pages")).pages.for_client(is_drawn=False)
    assert pictures.addresses(rows, set())["users"] == "/quan-tri/tai-khoan"

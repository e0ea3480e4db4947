"""Which addresses `make pictures` takes."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PATH = Path(__file__).parents[2] / "scripts" / "pictures.py"


def test_page_with_a_variable_is_found_by_a_link_to_one() -> None:
    spec = spec_from_file_location("pictures", PATH)
    assert spec is not None and spec.loader is not None
    pictures = module_from_spec(spec)
    spec.loader.exec_module(pictures)
    pages = [
        ("overview", "/"),
        ("kpi", "/chi-so/<key>"),
        ("remind", "/don-doc/<key>/<period>"),
        ("unit", "/don-vi/<key>"),
    ]
    links = {"/chi-so", "/chi-so/a.b", "/chi-so/a.b/c", "/don-doc/x/2026-11"}
    assert pictures.addresses(pages, links) == {
        "overview": "/", "kpi": "/chi-so/a.b", "remind": "/don-doc/x/2026-11", "unit": None,
    }  # fmt: skip

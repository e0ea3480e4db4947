import pytest

from ioc.web import path_template

TEMPLATE = "/don-vi/<code>/ky/<period>"


@pytest.mark.parametrize("path", ["/don-vi/31/ky/2026-11", "don-vi/31/ky/2026-11", "/don-vi/31/ky/2026-11/"])
def test_path_matches_with_or_without_outer_slashes(path: str) -> None:
    match = path_template.pattern(TEMPLATE).fullmatch(path)
    assert match and match.groupdict() == {"code": "31", "period": "2026-11"}


@pytest.mark.parametrize("path", ["/don-vi/31/ky/", "/don-vi//ky/1", "/don-vi/31/ky/1/2", "/x/don-vi/31/ky/1", "//"])
def test_variable_is_exactly_one_segment(path: str) -> None:
    assert path_template.pattern(TEMPLATE).fullmatch(path) is None


@pytest.mark.parametrize(("template", "path"), [("/", "/"), ("/", ""), ("/a.b", "/a.b")])
def test_template_without_variables_is_its_own_path(template: str, path: str) -> None:
    assert path_template.variables(template) == [] and path_template.fill(template, {}) == template
    assert path_template.pattern(template).fullmatch(path)
    assert not path_template.pattern(template).fullmatch("/aXb")


def test_values_are_filled_in_as_one_segment() -> None:
    values = {"code": "../a b?c#d", "period": "1"}
    path = path_template.fill(TEMPLATE, values)
    assert path == "/don-vi/..%2Fa%20b%3Fc%23d/ky/1" and path_template.variables(TEMPLATE) == list(values)
    assert path_template.pattern(TEMPLATE).fullmatch(path)
    with pytest.raises(KeyError):
        path_template.fill(TEMPLATE, {"code": "1"})

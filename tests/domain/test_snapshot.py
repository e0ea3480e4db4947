"""The read model."""

from dataclasses import replace

from tests.city import full_city


def test_source_is_found_by_its_key_also_after_a_change() -> None:
    city = full_city()
    assert city.sources and all(city.sources_by_key[view.source.key] is view for view in city.sources)
    first, *_ = city.sources
    assert dict(replace(city, sources=(first,)).sources_by_key) == {first.source.key: first}

"""A source knows the keys of its series, whatever is changed about it."""

from dataclasses import replace

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.source import Series
from tests.city import source


def test_the_keys_of_its_series_follow_a_change() -> None:
    one = source()
    assert one.series_keys == {"water-level-can-tho"}
    assert replace(one, series=(Series("rain", LocalizedText("Mưa"), "mm"),)).series_keys == {"rain"}

"""The series keys of a source follow its series."""

from dataclasses import replace

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.source import Series
from tests.city import source


def test_series_keys_follow_a_change_of_the_series() -> None:
    row = source()
    assert row.series_keys == {"water-level-can-tho"}
    assert replace(row, series=(Series("rain", LocalizedText("Mưa"), "mm"),)).series_keys == {"rain"}

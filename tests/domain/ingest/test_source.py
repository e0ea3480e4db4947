"""The units of the series of a source follow its series."""

from dataclasses import replace

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.source import Series
from tests.city import source


def test_units_follow_a_change_of_the_series() -> None:
    row = source()
    assert row.series_units == {"water-level-can-tho": "m"}
    assert replace(row, series=(Series("rain", LocalizedText("Mưa"), "mm"),)).series_units == {"rain": "mm"}

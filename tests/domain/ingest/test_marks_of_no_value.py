"""A value such as -999 outside the range of its series: the reason names `missing` first."""

import pytest

from ioc.domain.ingest.reading import Batch, ValidationCode
from tests.data_sources.failures import codes
from tests.data_sources.test_missing_units import validated


def read(value: float, **options: object) -> Batch:
    return validated("http_json", {"series": "{n}", "value": "v", **options}, [{"n": "a", "v": value}])


@pytest.mark.parametrize("value", [-999, -9999.0, -999999, 9999])
def test_mark_of_no_value_outside_the_range(value: float) -> None:
    assert codes(read(value)) == [ValidationCode.OUT_OF_RANGE_MARK]
    corrected = read(value, missing=[value])  # as the reason says
    assert [one.value for one in corrected.readings] == [None] and not corrected.rejected_items


@pytest.mark.parametrize("value", [-998, -99, -999.5, 1530])
def test_other_value_outside_the_range(value: float) -> None:
    assert codes(read(value)) == [ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED]

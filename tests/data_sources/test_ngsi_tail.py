"""{tail} of an NGSI entity: the end of its id, without a time."""

import pytest

from tests.data_sources.test_ngsi import entity, parsed


@pytest.mark.parametrize(
    ("key", "series"),
    [
        ("urn:ngsi-ld:AirQualityObserved:Madrid-28079004-2016-03-15T11:00:00", "no2-madrid-28079004"),
        ("Madrid-28079004-2016-03-15T11:00:00Z", "no2-madrid-28079004"),
        ("urn:ngsi-ld:Air:CT1:2016-03-15T11:00", "no2-ct1"),
        ("urn:ngsi-ld:Air:2016-03-15", "no2-2016-03-15"),  # a day alone may be a name
    ],
)
def test_the_time_at_the_end_of_an_id_is_no_part_of_its_tail(key: str, series: str) -> None:
    assert [one.series for one in parsed([entity(key, NO2=41.5)]).readings] == [series]

"""{tail} of an NGSI entity: the end of its id, without a time."""

import pytest

from tests.data_sources.test_ngsi import entity, parsed


@pytest.mark.parametrize(
    ("key", "series"),
    [
        ("urn:ngsi-ld:AirQualityObserved:Madrid-28079004-2016-03-15T11:00:00", "no2-madrid-28079004"),
        ("Madrid-28079004-2016-03-15T11:00:00Z", "no2-madrid-28079004"),
        ("urn:ngsi-ld:Air:CT1:2016-03-15T11:00", "no2-ct1"),
        # Periods, as in examples of smart data models.
        (
            "urn:ngsi-ld:NoiseLevelObserved:Vitoria-NoiseLevelObserved-2016-12-28T11:00:00_2016-12-28T12:00:00",
            "no2-vitoria-noiselevelobserved",
        ),
        ("Vitoria-NoiseLevelObserved-2016-12-28T11:00:00_2016-12-28T12:00:00", "no2-vitoria-noiselevelobserved"),
        ("urn:ngsi-ld:Noise:Vi-2016-12-28T11:00:00.000Z_2016-12-28T12:00:00.000Z", "no2-vi"),
        ("urn:ngsi-ld:Noise:Vi-2016-12-28T11:00:00-2016-12-28T12:00:00", "no2-vi"),
        ("urn:ngsi-ld:Noise:Vi_2016-12-28T11:00+01:00/2016-12-28T12:00+01:00", "no2-vi"),
        ("urn:ngsi-ld:Noise:Vi/2016-12-28T11:00:00--2016-12-28T12:00:00Z", "no2-vi"),
        ("urn:ngsi-ld:Noise:Vi-2016-12-28T11:00:00/12:00:00", "no2-vi"),
        # Times without colons, which files and addresses do not allow.
        ("urn:ngsi-ld:Air:CT1-20160315T110000Z", "no2-ct1"),
        ("urn:ngsi-ld:Air:CT1-2016-03-15T11-00-00_2016-03-15T12-00-00", "no2-ct1"),
        ("urn:ngsi-ld:Air:CT1-2016-03-15T11%3A00%3A00", "no2-ct1"),
        # No time at the end.
        ("urn:ngsi-ld:Air:2016-12-28T11:00:00_2016-12-28T12:00:00:CT-7", "no2-ct-7"),
        ("urn:ngsi-ld:Air:CT-2016-1228", "no2-ct-2016-1228"),
        ("urn:ngsi-ld:Air:2016-03-15", "no2-2016-03-15"),  # a day alone may be a name
    ],
)
def test_the_time_at_the_end_of_an_id_is_no_part_of_its_tail(key: str, series: str) -> None:
    assert [one.series for one in parsed([entity(key, NO2=41.5)]).readings] == [series]

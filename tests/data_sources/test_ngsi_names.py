"""The names of attributes in the row of an NGSI source: an attribute is its value, in every form of an entity."""

from typing import Any

import pytest

from data_sources.ngsi.errors import NgsiCode
from ioc.domain.base.failure import Failure
from tests.data_sources.failures import failures
from tests.data_sources.test_ngsi import entity, parsed


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        ("{name.value}", "tail, NO2, dateObserved, name, address, id, type"),
        ("{station}", "tail, NO2, dateObserved, name, address, id, type"),
        ("{address.value.city}", "address.city"),
    ],
)
@pytest.mark.parametrize("is_normalized", [True, False])
def test_a_placeholder_that_an_entity_lacks_is_rejected_with_the_names_that_it_has(
    template: str, fields: str, is_normalized: bool
) -> None:
    simple = {"NO2": 1.5, "dateObserved": "2026-11-24T08:00:00Z", "name": "CT1", "address": {"city": "CT"}}
    body = {name: {"type": "Property", "value": value} if is_normalized else value for name, value in simple.items()}
    station = {"id": "urn:Air:CT1", "type": "Air", **body}
    (item,) = parsed([station], values={f"no2-{template}": "NO2"}).rejected_items
    assert item.failure == Failure(NgsiCode.NAME_MISSING, {"field": template.strip("{}"), "fields": fields})
    batch = parsed([station], values={"no2-{name}-{address.city}": "NO2"})
    assert [reading.series for reading in batch.readings] == ["no2-ct1-ct"] and not batch.rejected_items


@pytest.mark.parametrize("value", [1.5, "1.5", [1, 2]])
def test_a_path_into_a_plain_value_is_rejected(value: Any) -> None:
    body = entity("urn:Air:CT1", NO2={"type": "Number", "value": value}, dateObserved="2026-11-24T08:00:00Z")
    batch = parsed([body], values={"no2": "NO2.value"})
    assert not batch.readings
    assert failures(batch) == [Failure(NgsiCode.NOT_STRUCTURED, {"attribute": "NO2", "path": "NO2.value"})]


@pytest.mark.parametrize("attribute", [{"": 0.05, "unitCode": "GP"}, [{"": 0.05}], [{"value": 1}, {"": 0.05}]])
def test_a_member_without_a_name_is_no_value_and_rejects_its_entity_alone(attribute: Any) -> None:
    batch = parsed([entity(NO2=attribute), entity("urn:ngsi-ld:Air:CT2", NO2=2.5)])
    assert ("no2-ct2", 2.5) in [(reading.series, reading.value) for reading in batch.readings]
    assert 0.05 not in [reading.value for reading in batch.readings]

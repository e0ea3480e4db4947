"""Schemas are read from the attributes of domain objects."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import Limit, Severity
from ioc.web.api.schemas import kpis as schemas
from ioc.web.api.schemas.base import SnapshotEnvelope
from ioc.web.api.serializers.base import Attributes

AT = datetime(2026, 11, 27, 1, tzinfo=UTC)


def test_domain_object_is_read_by_the_names_of_its_attributes() -> None:
    limit = Limit("bd1", LocalizedText("Báo động I"), 1.8, True, Severity.ATTENTION, 0.05)
    assert schemas.Limit.model_validate(limit).model_dump() == {
        "key": "bd1", "name": {"vi": "Báo động I", "en": "Báo động I"}, "threshold": 1.8, "direction": "above",
        "severity": "attention", "deadband": 0.05,
    }  # fmt: skip


def test_values_come_before_objects_and_the_first_object_before_the_next() -> None:
    first, second = Attributes(at=AT, version=1), Attributes(version=2, is_live=False, is_simulated=False)
    envelope = SnapshotEnvelope.model_validate(Attributes(first, second, is_simulated=True))
    assert (envelope.version, envelope.is_live, envelope.is_simulated) == (1, False, True)
    assert envelope.at.isoformat() == "2026-11-27T08:00:00+07:00"


def test_missing_attribute_is_an_error() -> None:
    with pytest.raises(ValidationError, match="is_simulated"):
        SnapshotEnvelope.model_validate(Attributes(at=AT, version=1, is_live=True))

"""A feed without any value or event: what it holds, and what the row would have to read."""

from dataclasses import replace
from typing import Any

import pytest

from components.ui.i18n import t
from data_sources.gtfs_rt.content import describe_entities
from data_sources.gtfs_rt.errors import GtfsCode
from ioc.cli.batch_report import BatchReport
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.server import NOW
from tests.data_sources.test_gtfs_rt import parsed, source
from tests.data_sources.transit import feed, trip, vehicle

DELAY = {"delay": "delay-{route}"}
RUN = trip("1", "r1")
CANCELLED = {"id": "c", "tripUpdate": {"trip": {"tripId": "2", "routeId": "r1", "scheduleRelationship": "CANCELED"}}}
ALERT = {"id": "a", "alert": {"headerText": {"translation": [{"text": "Tạm dừng"}]}}}


@pytest.mark.parametrize(
    ("entities", "options", "expected"),
    [
        ([CANCELLED], DELAY, [Failure(GtfsCode.TRIPS_WITHOUT_DELAY, {"n": 1, "cancelled": 1, "others": 0})]),
        ([RUN, CANCELLED], DELAY, [Failure(GtfsCode.TRIPS_WITHOUT_DELAY, {"n": 2, "cancelled": 1, "others": 1})]),
        ([RUN, CANCELLED], {}, [Failure(GtfsCode.TRIPS_UNREAD, {"n": 2})]),
        ([{**vehicle(), "isDeleted": True}], {}, [Failure(GtfsCode.ENTITIES_DELETED, {"n": 1})]),
        ([vehicle()], {"vehicles": "xe"}, [Failure(GtfsCode.VEHICLES_UNREAD, {"n": 1, "kind": "xe"})]),
        ([ALERT], {"alerts": "tin"}, [Failure(GtfsCode.ALERTS_UNREAD, {"n": 1, "kind": "tin"})]),
        ([], {}, []),
    ],
)
def test_a_feed_without_values_is_described(
    entities: list[dict[str, Any]], options: dict[str, Any], expected: list[Failure]
) -> None:
    body = feed(*entities)
    batch = parsed(body, **options)
    assert not (batch.readings or batch.events or batch.rejected_items)
    content = [*describe_entities(source(**options), Payload((ResponsePage(body),)))]
    assert content == expected
    text = BatchReport(replace(source(), option_names=None), batch, NOW, "en", content=content).text()
    assert (t("commands.no_value_in_answer", "en") in text) == (not expected)

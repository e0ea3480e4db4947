"""A time without a zone beside others with one may be in any zone: it is rejected in every protocol."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from data_sources import gtfs_rt, protocols, spreadsheet
from data_sources._mapping import AssumedZone, options_of
from data_sources.gtfs_rt.vehicles import trip_start
from data_sources.spreadsheet.file_names import file_time
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, check_time
from ioc.domain.ingest.source import EventKind
from tests.data_sources.failures import codes
from tests.data_sources.server import row

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
LOCAL, ZONED = "2026-11-24T08:00:00", "2026-11-24T08:30:00Z"
MAPPING = {"items": "data", "series": "{n}", "value": "v", "time": "t", "unit": "m"}
Times = Sequence[str]


def as_items(times: Times) -> Any:
    return {"data": [{"n": "a", "v": 1.5, "t": time} for time in times]}


def as_sensorthings(times: Times) -> Any:
    return {
        "value": [
            {"@iot.id": n, "name": f"a{n}", "Observations": [{"phenomenonTime": time, "result": 1.5}]}
            for n, time in enumerate(times)
        ]
    }


def as_result_times(times: Times) -> Any:
    streams = as_sensorthings(times)["value"]
    return {"value": [{**one, "Observations": [{"resultTime": one["Observations"][0]["phenomenonTime"], "result": 1}]}
                      for one in streams]}  # fmt: skip


def as_kiwis(times: Times) -> Any:
    return [{"ts_id": f"a{n}", "columns": "Timestamp,Value", "data": [[time, 1.5]]} for n, time in enumerate(times)]


def as_waterml(times: Times) -> Any:
    series = {
        "sourceInfo": {"siteCode": [{"value": "a"}]}, "variable": {"variableCode": [{"value": "h"}]},
        "values": [{"value": [{"value": "1.5", "dateTime": time} for time in times]}],
    }  # fmt: skip
    return {"value": {"timeSeries": [series]}}


def as_ngsi(times: Times) -> Any:
    return [
        {"id": f"a{n}", "type": "T", "h": {"type": "Property", "value": 1.5, "observedAt": time}}
        for n, time in enumerate(times)
    ]


def as_ngsi_attribute(times: Times) -> Any:
    return [
        {"id": f"a{n}", "type": "T", "h": {"type": "Property", "value": 1.5},
         "dateObserved": {"type": "Property", "value": time}}
        for n, time in enumerate(times)
    ]  # fmt: skip


def as_reports(times: Times) -> Any:
    return [
        {"service_request_id": str(n), "service_name": "x", "status": "open", "updated_datetime": time}
        for n, time in enumerate(times)
    ]


def as_alerts(times: Times) -> bytes:
    alerts = (
        f"""<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{n}</identifier><sender>s</sender>
        <sent>{time}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
        <info><category>Met</category><event>x</event><urgency>Immediate</urgency>
        <severity>Severe</severity><certainty>Observed</certainty><headline>x</headline></info></alert>"""
        for n, time in enumerate(times)
    )
    return f"<feed>{''.join(alerts)}</feed>".encode()


def as_csv(times: Times) -> bytes:
    return "\n".join(["Trạm;Giờ;Mực (m)", *(f"a{n};{time};1.5" for n, time in enumerate(times))]).encode()


def as_feed(times: Times) -> bytes:
    items = (f"<item><guid>{n}</guid><title>x</title><pubDate>{time}</pubDate></item>" for n, time in enumerate(times))
    return f"<rss><channel><title>x</title>{''.join(items)}</channel></rss>".encode()


CASES: list[tuple[str, dict[str, Any], Callable[[Times], Any]]] = [
    ("http_json", MAPPING, as_items),
    ("sensorthings", {"series": "{name}"}, as_sensorthings),
    ("sensorthings", {"series": "{name}"}, as_result_times),
    ("kiwis", {}, as_kiwis),
    ("waterml", {"series": "{site}"}, as_waterml),
    ("ngsi", {"values": {"{id}": "h"}}, as_ngsi),
    ("ngsi", {"values": {"{id}": "h"}}, as_ngsi_attribute),
    ("ngsi", {"values": {"{id}": "h"}, "push": True, "push_token": "${T}"}, as_ngsi),
    ("open311", {}, as_reports),
    ("http_json", {"events": {"items": "data", "kind": "report", "key": "{t}", "title": "x", "time": "t"}}, as_items),
    ("cap", {}, as_alerts),
    ("rss", {}, as_feed),
    ("spreadsheet", {"time": "Giờ", "name": "Trạm", "columns": {"{name}": "Mực (m)"}, "decimal": "."}, as_csv),
]


def parsed(protocol: str, options: dict[str, Any], *answers: Any) -> Batch:
    return parsed_and_assumed(protocol, options, *answers)[0]


def parsed_and_assumed(protocol: str, options: dict[str, Any], *answers: Any) -> tuple[Batch, AssumedZone | None]:
    """The batch of an answer, and what the options say of a zone that was assumed in it."""
    source = replace(
        row(options={**options}, protocol=protocol, series_keys=("a", "a0", "a1")),
        events=tuple(EventKind(kind, LocalizedText("x")) for kind in ("report", "alert", "press", "vehicle")),
    )
    bodies = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in answers)
    module = protocols()[protocol]
    batch = module.parse(source, Payload(tuple(map(ResponsePage, bodies))), NOW)
    return batch, options_of(source, module.Options).assumed_zone


def times_of(batch: Batch) -> list[datetime]:
    readings, events = batch.readings, batch.events
    return sorted([*(one.observed for one in readings), *(one.observed for one in events)])


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("protocol", "options", "write"), CASES)
def test_time_without_a_zone_beside_one_with_a_zone_is_rejected(
    protocol: str, options: dict[str, Any], write: Callable[[Times], Any], is_first: bool
) -> None:
    times = (LOCAL, ZONED) if is_first else (ZONED, LOCAL)
    batch = parsed(protocol, options, write(times))
    assert times_of(batch) == [datetime.fromisoformat(ZONED)] and codes(batch) == [ParseCode.ZONE_MISSING]
    assert batch.rejected_items[0].failure.params == {"text": LOCAL}


@pytest.mark.parametrize("none", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize(("protocol", "options", "write"), CASES)
def test_time_that_is_none_says_nothing_of_the_zone_of_others(
    protocol: str, options: dict[str, Any], write: Callable[[Times], Any], none: str
) -> None:
    batch = parsed(protocol, options, write((LOCAL, none, "2026-11-24T08:30:00")))
    times = [time for time in times_of(batch) if check_time(time) is None]
    assert len(times) == 2 and ParseCode.ZONE_MISSING not in codes(batch)


@pytest.mark.parametrize(("protocol", "options", "write"), CASES)
def test_zone_of_the_row_and_times_that_all_have_none_are_certain(
    protocol: str, options: dict[str, Any], write: Callable[[Times], Any]
) -> None:
    stated = parsed(protocol, {**options, "zone": "Asia/Tokyo"}, write((LOCAL, ZONED)))
    assert times_of(stated)[0] == datetime.fromisoformat(f"{LOCAL}+09:00") and not stated.rejected_items
    assert len(times_of(stated)) == 2
    assert len(times_of(parsed(protocol, options, write((LOCAL, "2026-11-24T08:30:00"))))) == 2


@pytest.mark.parametrize("protocol", ["ngsi"])
def test_pages_of_one_request_are_one_answer_and_notifications_are_not(protocol: str) -> None:
    options = {"values": {"{id}": "h"}}
    pages = as_ngsi((LOCAL,)), [{**as_ngsi((ZONED,))[0], "id": "a1"}]
    assert codes(parsed(protocol, options, *pages)) == [ParseCode.ZONE_MISSING]
    pushed = parsed(protocol, {**options, "push": True, "push_token": "${T}"}, *pages)
    assert len(pushed.readings) == 2 and not pushed.rejected_items


def test_doubtful_end_of_an_alert_is_said_and_not_shown() -> None:
    texts = (as_alerts(("2026-11-24T08:00:00+07:00",)).decode(), as_alerts(("2026-11-24T08:01:00+07:00",)).decode())
    ends = ("2026-11-25T08:00:00", "2026-11-25T08:00:00+07:00")
    alerts = (
        text.removeprefix("<feed>").removesuffix("</feed>").replace("<headline>", f"<expires>{end}</expires><headline>")
        for text, end in zip(texts, ends, strict=True)
    )
    batch = parsed("cap", {"keep_hours": 2}, f"<feed>{''.join(alerts)}</feed>".encode())
    assert sorted(event.expires for event in batch.events if event.expires) == [
        datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 25, 1, tzinfo=UTC),
    ]  # fmt: skip
    assert codes(batch) == [ParseCode.ZONE_MISSING]


@pytest.mark.parametrize(("protocol", "options", "write"), CASES)
def test_zone_is_assumed_only_of_a_time_that_was_read_without_one(
    protocol: str, options: dict[str, Any], write: Callable[[Times], Any]
) -> None:
    default = "UTC" if protocol == "sensorthings" else "Asia/Ho_Chi_Minh"
    assert parsed_and_assumed(protocol, options, write((LOCAL,)))[1] == AssumedZone(LOCAL, default)
    assert parsed_and_assumed(protocol, options, write((ZONED,)))[1] is None
    assert parsed_and_assumed(protocol, options, write((LOCAL, ZONED)))[1] is None  # the first one is rejected
    assert parsed_and_assumed(protocol, {**options, "zone": default}, write((LOCAL,)))[1] is None


@pytest.mark.parametrize(
    ("time_format", "time", "is_assumed"),
    [
        ("%d/%m/%Y %H:%M", "24/11/2026 08:00", True), ("%Y-%m-%dT%H:%M%z", "2026-11-24T08:00+0700", False),
        ("%Y-%m-%d %H:%M %Z", "2026-11-24 08:00 UTC", False), ("unix", "1795500000", False),
        ("%Y-%m-%dT%H:%MZ", "2026-11-24T08:00Z", False), ("Z%Y-%m-%dT%H:%M", "Z2026-11-24T08:00", True),
    ],
)  # fmt: skip
def test_zone_is_assumed_of_a_pattern_without_one(time_format: str, time: str, is_assumed: bool) -> None:
    batch, assumed = parsed_and_assumed("http_json", {**MAPPING, "time_format": time_format}, as_items((time,)))
    assert len(batch.readings) == 1
    assert assumed == (AssumedZone(time, "Asia/Ho_Chi_Minh") if is_assumed else None)


def test_zone_of_a_timetable_is_assumed() -> None:
    vehicle = SimpleNamespace(start_date="20261124", start_time="08:00:00")
    for zone, assumed in (({}, AssumedZone("20261124 08:00:00", "Asia/Ho_Chi_Minh")), ({"zone": "Asia/Tokyo"}, None)):
        options = gtfs_rt.Options.model_validate(zone)
        assert trip_start(vehicle, options) and options.assumed_zone == assumed


def test_zone_of_the_time_in_the_name_of_a_file_is_assumed() -> None:
    for pattern, zone in (("%Y%m%d-%H%M.csv", "Asia/Ho_Chi_Minh"), ("%Y%m%d-%H%M%z.csv", None)):
        name = datetime(2026, 11, 24, 1, tzinfo=UTC).strftime(pattern)
        options = spreadsheet.Options.model_validate({"columns": {"a": "Mực (m)"}, "name_time": pattern})
        assert file_time(name, options)
        assert options.assumed_zone == (AssumedZone(name, zone) if zone else None)

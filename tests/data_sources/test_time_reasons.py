"""The reason for a time that is missing or cannot be read names the option of the row that leads to it."""

import json
from typing import Any

import pytest

from components.ui.error_messages import describe
from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import Failure, FailureError
from ioc.domain.ingest.option_reasons import with_options_of
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW, row
from tests.data_sources.test_option_reasons import OPTIONS

GOOD, WRONG = "2026-11-24T08:00:00Z", "hôm qua"
READINGS: dict[str, Any] = {"series": "level", "value": "v"}
OF_PROTOCOL: dict[str, dict[str, Any]] = {
    "http_json": {}, "webhook": {"push_token": "${TOKEN}"}, "mqtt": {"topics": ["x"]},
    "sql_view": {"query": "SELECT 1"}, "geojson": {}, "cameras": {},
}  # fmt: skip
WITH_PAGE_TIME = [name for name, options in OPTIONS.items() if "page_time" in options]
WITH_EVENTS = [name for name, options in OPTIONS.items() if "events.time" in options]


def reasons(protocol: str, fields: dict[str, Any], options: dict[str, Any], page: dict[str, Any]) -> list[Failure]:
    """Of a document with two items, the second one with other `fields`; as they are shown for the protocol."""
    items = [{"id": 1, "v": 1.5, "t": GOOD}, {"id": 2, "v": 2.5, "t": GOOD, **fields}]
    document: Any = {"data": items, **page}
    if protocol == "geojson":
        features = [{"type": "Feature", "geometry": None, **item} for item in items]
        document = {"type": "FeatureCollection", "features": features, **page}
    body = json.dumps(document).encode()
    one = MqttMessage(body, address="x", received_at=NOW) if protocol == "mqtt" else ResponsePage(body, received_at=NOW)
    source = row(options=OF_PROTOCOL[protocol] | options, protocol=protocol)
    try:
        found = failures(protocols()[protocol].parse(source, Payload((one,)), NOW))
    except FailureError as error:
        found = [error.failure]
    return [with_options_of(failure, OPTIONS[protocol]) for failure in found]


def event_options(protocol: str, **times: str) -> dict[str, Any]:
    outer = {} if protocol == "geojson" else {"items": "data"}
    kind = {} if protocol == "cameras" else {"kind": "report"}
    return {"events": {**outer, **kind, "key": "{id}", "title": "{id}", **times}}


def is_named(option: str, failure: Failure) -> bool:
    """Whether the text names the option, in both languages."""
    return all(
        f"{option} " in describe(failure, lang).translate({ord(";"): " ", ord(","): " "}) for lang in ("vi", "en")
    )


@pytest.mark.parametrize("protocol", WITH_PAGE_TIME)
@pytest.mark.parametrize("page", [{}, {"made": ""}, {"made": WRONG}])
def test_a_time_of_the_answer_is_told_by_page_time(protocol: str, page: dict[str, Any]) -> None:
    (failure,) = reasons(protocol, {}, {"page_time": "made", **event_options(protocol)}, page)
    assert is_named("page_time", failure) and not is_named(" time", failure)
    if page.get("made") != WRONG:
        assert failure.code == MappingCode.PAGE_TIME_MISSING and "made" in describe(failure, "en")


@pytest.mark.parametrize("text", ["hôm qua", "2026-11-24 "])
@pytest.mark.parametrize("protocol", WITH_PAGE_TIME)
def test_an_unreadable_time_of_the_answer_is_told_by_page_time(protocol: str, text: str) -> None:
    (failure,) = reasons(protocol, {}, {"page_time": "made", **event_options(protocol)}, {"made": text})
    assert is_named("page_time", failure) and not is_named(" time", failure)


@pytest.mark.parametrize("protocol", WITH_EVENTS)
@pytest.mark.parametrize("option", ["time", "started", "due", "closed", "expires"])
def test_a_time_of_an_event_is_told_by_its_option(protocol: str, option: str) -> None:
    (failure,) = reasons(protocol, {"t": WRONG}, event_options(protocol, **{option: "t"}), {})
    assert is_named(f"events.{option}", failure) and not is_named(" time", failure)


@pytest.mark.parametrize("protocol", WITH_EVENTS)
def test_an_event_without_its_time_is_told_by_events_time(protocol: str) -> None:
    (failure,) = reasons(protocol, {"t": None}, event_options(protocol, time="t"), {})
    assert is_named("events.time", failure) and not is_named(" time", failure)


@pytest.mark.parametrize("fields", [{"t": None}, {"t": WRONG}])
@pytest.mark.parametrize("protocol", ["http_json", "sql_view", "webhook", "mqtt"])
def test_a_time_of_a_value_is_told_by_time(protocol: str, fields: dict[str, Any]) -> None:
    (failure,) = reasons(protocol, fields, {"items": "data", "time": "t", **READINGS}, {})
    assert is_named(" time", failure) and not is_named("events.time", failure)


@pytest.mark.parametrize(("value", "time_format"), [(1795838400, "unix"), ("1795838400123", "unix_ms")])
def test_a_unix_time_in_a_row_without_time_format_is_told_as_one(value: Any, time_format: str) -> None:
    options = {"items": "data", "time": "t", **READINGS}
    found = reasons("http_json", {"t": value}, options, {})
    expected = {"text": str(value), "declared": "iso", "other": time_format}
    assert found == [Failure(ParseCode.EPOCH_UNIT, expected)]
    for number in (7, 20301301, True):
        (failure,) = reasons("http_json", {"t": number}, options, {})
        assert failure.code == ParseCode.NOT_IN_TIME_FORMAT

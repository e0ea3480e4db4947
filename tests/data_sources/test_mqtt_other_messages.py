"""Messages of other applications under the topics of a row: they have no value of it, whatever else they lack."""

from typing import Any

import pytest

from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.errors import MqttCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from tests.data_sources.failures import codes, failures
from tests.data_sources.test_mqtt import T, message, parsed, values

ROW: dict[str, Any] = {
    "topics": ["+/devices/+/up"],
    "values": {"temperature-{device}": "fields.temperature", "pin-{device}": "fields.pin"},
    "time": "fields.at",
    "time_format": "unix",
}
OWN = f'{{"device": "a", "fields": {{"temperature": 21.5, "at": {T}}}}}'


@pytest.mark.parametrize("time", ["fields.at", ""])
@pytest.mark.parametrize("is_after_own", [True, False])
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"app": "x", "humidity": 40}', "app, humidity, mqtt"),
        ('{"device": "b", "fields": {"humidity": 40}}', "fields.humidity"),
        ('{"at": "yesterday"}', "at, mqtt"),
    ],
)
def test_a_message_without_a_value_of_the_row_is_told_as_such(
    body: str, fields: str, is_after_own: bool, time: str
) -> None:
    pages = [message(body, "x/devices/b/up")]
    pages.insert(0 if is_after_own else 1, message(OWN, "x/devices/a/up"))
    batch = parsed(*pages, options={**ROW, "time": time})
    assert values(batch) == [("temperature-a", 21.5)]
    params = {"paths": "fields.temperature, fields.pin", "fields": fields}
    assert failures(batch) == [Failure(MqttCode.NO_VALUE_OF_ROW, params)]


def test_a_message_with_a_value_and_no_time_lacks_its_time() -> None:
    batch = parsed(message(OWN), message('{"device": "a", "fields": {"temperature": 3}}'), options=ROW)
    assert codes(batch) == [ParseCode.TIME_MISSING]


def test_a_name_that_is_missing_is_told_of_the_option_that_the_row_has() -> None:
    body = f'{{"fields": {{"temperature": 21.5, "at": {T}}}}}'
    reason = Failure(MappingCode.SERIES_NAME_MISSING, {"field": "device"})
    assert failures(parsed(message(body), options=ROW)) == [reason]
    plain = {"topics": ["x"], "series": "a-{device}", "value": "fields.temperature"}
    assert codes(parsed(message(OWN), message(body), options=plain)) == [ParseCode.SERIES_NAME_MISSING]

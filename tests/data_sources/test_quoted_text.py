"""A number that was written as a text is quoted as it came, where its decimal sign may be the reason."""

from dataclasses import replace

import pytest

from data_sources import protocols
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, row
from tests.data_sources.test_number_with_unit import PROTOCOLS
from tests.data_sources.test_units_option import IN_TEXT_FILES, OPTIONS, answer


def read(protocol: str, text: str, high: float, **options: object) -> Batch:
    """The text as the value of a series in metres that is at most `high`."""
    quoted = text if protocol in IN_TEXT_FILES else f'"{text}"'
    body = answer(protocol, "").replace(b"25.4", quoted.encode())
    source = row(protocol=protocol, options=OPTIONS[protocol] | {"units": {"": ""}} | options)
    address = "CT_20261124160000.txt" if protocol == "tt10" else "x"
    message = MqttMessage(body, address=address, received_at=NOW)
    page = message if protocol == "mqtt" else ResponsePage(body, address=address, received_at=NOW)
    series = {key: replace(one, low=-5.0, high=high) for key, one in source.polled_series().items()}
    return validate_batch(protocols()[protocol].parse(source, Payload((page,)), NOW), series, NOW)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("text", ["1.530", "1.530 m"])
def test_number_whose_sign_was_decided_is_quoted_as_it_came(protocol: str, text: str) -> None:
    (item,) = read(protocol, text, 10, decimal=",").rejected_items
    params = {"text": text, "value": 1530.0, "low": -5.0, "high": 10.0, "unit": "m"}
    assert item.failure.code == ValidationCode.OUT_OF_RANGE_DECIMAL and item.failure.params == params
    assert text in item.sample and "1530" not in item.sample
    assert [one.value for one in read(protocol, text, 10, decimal=".").readings] == [1.53]
    assert [one.value for one in read(protocol, text, 9_000, decimal=",").readings] == [1530]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("text", ["1530", "15,30", "1530 cm"])
def test_number_with_one_reading_keeps_its_reason(protocol: str, text: str) -> None:
    (item,) = read(protocol, text, 10).rejected_items
    assert item.failure.code in (ValidationCode.OUT_OF_RANGE, ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED)

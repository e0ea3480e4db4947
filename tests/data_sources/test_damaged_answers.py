"""A text that its sender damaged costs only its own item: in JSON and XML, in station files and tables."""

import json
from typing import Any

import pytest

from data_sources import http_json, tt10, waterml, webhook
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.test_waterml import point, second

AT = "2026-11-24T09:00:00Z"
ITEMS = [{"id": "Cần Thơ", "v": "1.5", "at": AT, "u": "m"}, {"id": "Ô Môn", "v": "2.5", "at": AT, "u": "m"}]
MAPPING = {"series": "{id}", "value": "v", "time": "at", "unit_path": "u"}
DAMAGE = [b"\0", b"\x01", b"\x1b", b"\xff", b"\xe1\xbb", b"\xc6"]


def parsed(protocol: Any, body: bytes, options: dict[str, Any], address: str = "") -> Batch:
    batch = protocol.parse(row(options=options), Payload((ResponsePage(body, address=address),)), NOW)
    assert isinstance(batch, Batch)
    return batch


def values(batch: Batch) -> dict[str, float | None]:
    return {reading.series: reading.value for reading in batch.readings}


def damaged(field: str, damage: bytes) -> bytes:
    """ITEMS as JSON, and a third one in which a field is damaged behind its first letter."""
    third = ITEMS[1] | {"id": "Phong Điền"}
    text = str(third[field])
    body = json.dumps([*ITEMS, third | {field: f"{text[0]}@{text[1:]}"}], ensure_ascii=False).encode()
    return body.replace(b"@", damage)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("id", ParseCode.NAME_DAMAGED),
        ("v", ParseCode.NOT_A_NUMBER),
        ("at", ParseCode.NOT_IN_TIME_FORMAT),
        ("u", UnitCode.UNKNOWN),
    ],
)
def test_damaged_text_rejects_only_its_item(field: str, code: str, damage: bytes) -> None:
    for protocol, more in ((http_json, {}), (webhook, {"push_token": "${T}"})):
        source = row(options={**MAPPING, **more}, series_keys=("can-tho", "o-mon", "phong-dien"))
        batch = protocol.parse(source, Payload((ResponsePage(damaged(field, damage)),)), NOW)
        batch = validate_batch(batch, source.polled_series(), NOW)
        assert values(batch) == {"can-tho": 1.5, "o-mon": 2.5} and codes(batch) == [code]


@pytest.mark.parametrize("damage", [b"\xff", b"\xe1\xbb", b"\xc6"])
def test_cut_letter_beside_few_foreign_ones_costs_no_value_of_xml(damage: bytes) -> None:
    body = second(point()).encode()
    for declared in (b"", b"<?xml version='1.0' encoding='UTF-8'?>"):
        whole = parsed(waterml, declared + body, {})
        assert values(whole)
        assert values(parsed(waterml, declared + body.replace("ơ".encode(), b"o" + damage), {})) == values(whole)


def test_damaged_unit_of_a_station_file_rejects_its_row() -> None:
    """All letters but the damaged ones are ASCII."""
    body = b"pH\t7.25\t-\t20261124110000\t00\r\nTemp\t28.4\tC\t20261124110000\t00\r\n"
    address = "CT_20261124160000.txt"
    source = row(options={}, series_keys=("ct-ph", "ct-temp", "ct-xx"), units={"ct-ph": "", "ct-temp": "°C"})
    for unit in (b"\xff\xfe", b"\xff", b"\xff" * 300):
        page = ResponsePage(body + b"XX\t1\t" + unit + b"\t20261124110000\t00\r\n", address=address)
        batch = validate_batch(tt10.parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
        assert values(batch) == {"ct-ph": 7.25, "ct-temp": 28.4} and codes(batch) == [UnitCode.UNKNOWN]
    with raises_failure(DecodingCode.CHARSET_UNKNOWN):  # a letter of another charset
        parsed(tt10, body + b"XX\t1\tr\xe9el\t20261124110000\t00\r\n", {}, address)


@pytest.mark.parametrize(("first", "code"), [("X\0Y", ParseCode.NAME_DAMAGED), ("\ufffdXY", ParseCode.NAME_DAMAGED)])
def test_damaged_name_of_a_station_file_is_no_other_name(first: str, code: str) -> None:
    body = f"{first}\t1\tm\t20261124110000\t00\r\npH\t7\t-\t20261124110000\t00\r\n".encode()
    batch = parsed(tt10, body, {}, "CT_20261124160000.txt")
    assert codes(batch) == [code] and len(batch.readings) == 1

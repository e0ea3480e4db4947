"""A text that its sender damaged costs only its own item: in JSON and XML, in station files and tables."""

import json
import unicodedata
from typing import Any

import pytest

from data_sources import http_json, tt10, waterml, webhook
from data_sources.tt10.rows import Tt10Code
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


STATION_FILE = (
    b"COD\t28.4\tmg/l\t20261124110000\t00\r\nTSS\t12\tmg/l\t20261124110000\t00\r\npH\t7.25\t-\t20261124110000\t00\r\n"
)
STATION_ADDRESS = "CT_20261124160000.txt"


@pytest.mark.parametrize("erased", [b"\0", b"\xff", b"\xff\xfe", "\ufffd".encode()])
@pytest.mark.parametrize(
    "lost",
    [
        b"\t28.4\tmg/l\t20261124110000\t00\r\nTSS",  # the value of TSS behind the name of another parameter
        b"8.4\tmg/l\t20261124110000\t00\r\nTSS\t1",
        b"4\tmg/l\t20261124110000\t00\r\nTSS\t12\tm",
        b"00\r\n",
    ],
)
def test_row_of_a_station_file_is_never_made_of_two(lost: bytes, erased: bytes) -> None:
    series = {"ct-cod": "mg/l", "ct-tss": "mg/l", "ct-ph": ""}
    source = row(options={}, series_keys=tuple(series), units=series)
    body = STATION_FILE.replace(lost, erased * (len(lost) // len(erased)), 1)
    page = ResponsePage(body, address=STATION_ADDRESS)
    batch = validate_batch(tt10.parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert values(batch) == {"ct-ph": 7.25} and codes(batch) == [Tt10Code.ROW_DAMAGED]


@pytest.mark.parametrize("damaged", [b"COD\t2\0\tmg/l\t20261124110000\t00\r\n", b"COD\t\0\tmg/l\t20261124110000\r\n"])
def test_value_beside_a_damaged_row_of_the_same_moment_is_not_read(damaged: bytes) -> None:
    source = row(options={}, series_keys=("ct-cod",), units={"ct-cod": "mg/l"})
    page = ResponsePage(STATION_FILE + damaged, address=STATION_ADDRESS)
    batch = validate_batch(tt10.parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert "ct-cod" not in values(batch)


@pytest.mark.parametrize("erased", [b"\0" * 40, b"\xff" * 40])
@pytest.mark.parametrize("station", ["Đo tại cầu Cần Thơ", "Trạm đo mưa Ô Môn"])
def test_erased_bytes_are_no_letters_of_an_old_charset(station: str, erased: bytes) -> None:
    name = unicodedata.normalize("NFD", station).encode("cp1258", "ignore")
    body = STATION_FILE.replace(b"pH", name).replace(b".4\tmg/l\t20261124110000\t00\r\nTSS\t", erased)
    batch = parsed(tt10, body, {}, STATION_ADDRESS)
    assert [reading.value for reading in batch.readings] == [7.25] and codes(batch) == [Tt10Code.ROW_DAMAGED]


@pytest.mark.parametrize(
    "damaged", [b"X\0Y", b"\xef\xbf\xbdX", b"XY\0\0", b"XY\t1\t\xff\xfe", b"XY\t1\t" + b"\xff" * 300]
)
def test_damage_in_a_station_file_rejects_its_row(damaged: bytes) -> None:
    body = damaged + b"\tm\t20261124110000\t00\r\n" + STATION_FILE
    batch = parsed(tt10, body, {}, STATION_ADDRESS)
    assert codes(batch) == [Tt10Code.ROW_DAMAGED] and len(batch.readings) == 3


def test_station_file_in_an_unknown_charset_is_refused() -> None:
    with raises_failure(DecodingCode.CHARSET_UNKNOWN):  # a letter of another charset
        parsed(tt10, STATION_FILE + b"XX\t1\tr\xe9el\t20261124110000\t00\r\n", {}, STATION_ADDRESS)

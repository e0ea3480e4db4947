"""A column or a heading that names another zone than the default one: its times are not read in that one."""

import time
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row


def read(table: str, **options: Any) -> Batch:
    merged = {"time": "Ngày", "columns": {"level": "Mực nước"}, **options}
    page = ResponsePage(table.encode(), address="a.csv")
    return protocols()["spreadsheet"].parse(row(protocol="spreadsheet", options=merged), Payload((page,)), NOW)


def table(heading: str, *zones: str) -> str:
    rows = (f"24/11/2026;0{n}:00;1,5;{zone}" for n, zone in enumerate(zones))
    return "\n".join([f"Ngày;Giờ;Mực nước;{heading}", *rows])


@pytest.mark.parametrize("heading", ["Múi giờ", "TimeZone", "tz", "Giờ_TimeZone", "UTC offset", "zone"])
def test_row_of_another_zone_is_rejected_with_its_column(heading: str) -> None:
    batch = read(table(heading, "UTC", "+07:00", "CDT", "Asia/Bangkok", ""), clock="Giờ")
    assert [one.observed.hour for one in batch.readings] == [18, 20, 21]
    assert codes(batch) == [MappingCode.ZONE_UNREAD, MappingCode.ZONE_NOT_KNOWN]
    assert failures(batch)[0].params["named"] == "UTC"
    assert len(read(table(heading, "UTC", "CDT"), clock="Giờ", zone="UTC").readings) == 2


@pytest.mark.parametrize("heading", ["Múi giờ (UTC)", "Múi giờ GMT+7", "Time zone (UTC)"])
def test_heading_with_more_words_names_a_zone_column(heading: str) -> None:
    batch = read(table(heading, "+09:00", "+07:00"), clock="Giờ")
    assert (len(batch.readings), codes(batch)) == (1, [MappingCode.ZONE_UNREAD])


def test_column_of_delays_is_no_zone() -> None:
    assert len(read(table("Lệch giờ", "+00:30", "-00:15"), clock="Giờ").readings) == 2


def test_zone_of_another_time_and_other_columns_reject_nothing() -> None:
    for heading, cell in (("zone", "A"), ("Ghi chú", "UTC"), ("offset", "5")):
        assert len(read(table(heading, cell), clock="Giờ").readings) == 1
    other = "Start_Date;Start_TimeZone;End_Date;End_TimeZone;Mực nước\n24/11/2026 09:00;ICT;24/11/2026;CDT;1,5"
    assert len(read(other, time="Start_Date").readings) == 1
    assert codes(read(other, time="End_Date")) == [MappingCode.ZONE_NOT_KNOWN]


@pytest.mark.parametrize("heading", ["Thời gian (UTC)", "date_utc", "Time GMT"])
def test_zone_in_the_heading_of_the_times(heading: str) -> None:
    text = f"{heading};Mực nước\n2026-11-24 01:00:00;1,5"
    assert codes(read(text, time=heading)) == [MappingCode.ZONE_IN_NAME]
    assert len(read(text, time=heading, zone="UTC").readings) == 1
    zoned = text.replace("01:00:00", "01:00:00Z")
    assert len(read(zoned, time=heading).readings) == 1


def seconds(columns: int) -> float:
    """Of 300 rows, beside columns that are not read."""
    head = ";".join(["Ngày", "Mực nước", *(f"cột {n}" for n in range(columns))])
    rows = [f"24/11/2026 09:{n // 60:02}:{n % 60:02};1,5" + ";" * columns for n in range(300)]
    took = []
    for _ in range(3):
        start = time.process_time()
        assert len(read("\n".join([head, *rows])).readings) == 300
        took.append(time.process_time() - start)
    return min(took)


def test_unread_headings_are_looked_through_once_and_not_for_each_row() -> None:
    seconds(1)
    assert seconds(800) < 8 * seconds(190), "4.2 times as many cells"

"""Where an answer may name the zone of a time without one, and where its words mean another thing."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from data_sources import protocols
from data_sources._mapping import zone_texts
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.zone_texts import is_surely_zone, zone_in_name, zone_offsets, zones_to_write
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row

LOCAL = "2026-11-24 09:00:00"
MOMENT = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
VALUES: dict[str, Any] = {"items": "data", "series": "{n}", "value": "v", "time": "t"}


def read(*items: dict[str, Any], outer: dict[str, Any] | None = None, **options: Any) -> Batch:
    found = [{"n": f"a{n}", "v": 1, "t": LOCAL, **item} for n, item in enumerate(items)]
    page = ResponsePage(json.dumps({"data": found, **(outer or {})}).encode())
    return protocols()["http_json"].parse(row(options=VALUES | options), Payload((page,)), NOW)


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ({"zone": "CDT"}, "zone"), ({"zone": "America/New_York"}, "zone"), ({"zone": "+09:00"}, "zone"),
        ({"timezone": {"name": "Asia/Tokyo", "offset": "+09:00"}}, "timezone.offset"),
        ({"location": {"tz_id": "Asia/Tokyo"}}, "location.tz_id"), ({"obs_tz": "JST"}, "obs_tz"),
        ({"time zone code": "EST"}, '"time zone code"'), ({"tz_cd": "CST"}, "tz_cd"),
        ({"meta": {"tz": "Z"}}, "meta.tz"),
        ({"utc_offset_sec": -18000}, "utc_offset_sec"), ({"timezoneOffset": 0}, "timezoneOffset"),
        ({"timezone": ["UTC"]}, "timezone"),
        ({"zoneName": "America/New_York"}, "zoneName"), ({"zone_name": "UTC"}, "zone_name"),
        ({"zone-name": "UTC"}, '"zone-name"'),
        ({"time_offset": "+00:00"}, "time_offset"), ({"offsetFromUtc": "+02:00"}, "offsetFromUtc"),
        ({"is_utc": True}, "is_utc"),
        ({"isUtc": True}, "isUtc"), ({"utc": True}, "utc"), ({"time_standard": "UTC"}, "time_standard"),
        ({"timeReference": "UTC"}, "timeReference"), ({"iana": "Asia/Tokyo"}, "iana"),
        ({"olson": "Asia/Tokyo"}, "olson"),
        ({"utcOffset": 0}, "utcOffset"), ({"gmtOffset": "+00:00"}, "gmtOffset"),
        ({"gmt-offset": 0}, '"gmt-offset"'),
    ],
)  # fmt: skip
def test_zone_is_found_in_the_item_and_around_it(field: dict[str, Any], path: str) -> None:
    for batch in (read(field), read({}, outer=field)):
        (found,) = failures(batch)
        assert found.code in (MappingCode.ZONE_UNREAD, MappingCode.ZONE_NOT_KNOWN) and found.params["path"] == path
        assert not batch.readings
    assert len(read(field, zone="Asia/Ho_Chi_Minh").readings) == 1


@pytest.mark.parametrize(
    "field",
    [
        {"zone": "A"}, {"zone": "Est"}, {"zone": 3}, {"offset": 0}, {"offset": 100}, {"quartz": 50},
        {"timezone_id": 85}, {"timezone_id": "85"}, {"timezone": "7"}, {"utcOffset": "25200"}, {"timezone": "7:00"},
        {"timezone": "SE Asia Standard Time"}, {"timezone": "(UTC+07:00) Bangkok, Hanoi, Jakarta"}, {"tz": "WIB"},
        {"is_utc": False}, {"utc": None}, {"zone_name": "DRY"}, {"time_offset": 5}, {"iana": "x"},
        {"zoneName": "Asia/Bangkok"},
        {"timezoneOffset": -420}, {"tz": "n/a"}, {"tz": False}, {"timezone": {"name": "Asia/Bangkok"}},
        {"end_time": LOCAL, "end_timezone": "UTC"}, {"AnalysisDate": "x", "AnalysisTimeZone": "CDT"}, {"zone": "a/b"},
    ],
)  # fmt: skip
def test_zone_of_the_row_and_words_of_other_things_reject_nothing(field: dict[str, Any]) -> None:
    assert len(read(field).readings) == 1 and not read(field).rejected_items


def test_nearest_zone_counts_and_that_of_the_time_itself_comes_first() -> None:
    assert len(read({"tz": "+07:00"}, outer={"timezone": "UTC"}).readings) == 1
    assert len(read({"timezone": "UTC", "t_tz": "ICT"}).readings) == 1
    assert codes(read({"timezone": "ICT", "t_tz": "UTC"})) == [MappingCode.ZONE_UNREAD]


def test_row_s_zone_cannot_be_right_for_items_in_several_zones() -> None:
    batch = read({"tz": "ICT"}, {"tz": "UTC"}, {}, zone="Asia/Ho_Chi_Minh")
    assert [one.series for one in batch.readings] == ["a0", "a2"] and codes(batch) == [MappingCode.ZONES_OF_ITEMS]
    chicago = read({"tz": "CST"}, {"tz": "CDT", "t": "2026-07-24 09:00:00"}, zone="America/Chicago")
    assert len(chicago.readings) == 2
    assert len(read({"tz": "UTC"}, {"tz": "UTC"}, zone="Asia/Tokyo").readings) == 2  # the row may know better


@pytest.mark.parametrize("tz", ["CEST", "cest", "EDT", "BST"])
@pytest.mark.parametrize(
    ("zone", "is_refused"),
    [
        ("Etc/GMT-3", True), ("Etc/GMT+3", True), ("Europe/Paris", False), ("Asia/Ho_Chi_Minh", False), ("UTC", True),
        ("Asia/Tokyo", True), ("Australia/Sydney", False),
    ],
)  # fmt: skip
def test_a_fixed_zone_of_the_row_is_no_summer_time(zone: str, is_refused: bool, tz: str) -> None:
    for batch in (read({"tz": tz}, zone=zone), read({}, outer={"tz": tz}, zone=zone)):
        assert codes(batch) == [MappingCode.ZONE_WITHOUT_SUMMER] * is_refused and bool(batch.readings) != is_refused
    assert read({"tz": tz}, zone=zone, ignored_fields=["tz"]).readings
    assert read({"tz": "CEST"}, zone="Etc/GMT-2").readings  # the same offset
    assert read({"tz": "CET"}, zone="Etc/GMT-3").readings  # the row knows better


@pytest.mark.parametrize(
    ("zone", "tz"),
    [
        ("Africa/Lagos", "CEST"), ("Africa/Lagos", "MESZ"), ("Africa/Lagos", "Central European Summer Time"),
        ("Etc/GMT+5", "Eastern Daylight Time"), ("EST", "EDT"), ("Etc/GMT-2", "IDT"), ("Etc/GMT-3", "MSD"),
        ("Etc/GMT+4", "CLST"), ("Etc/GMT+3", "NDT"),
    ],
)  # fmt: skip
def test_every_zone_without_summer_is_a_fixed_one(zone: str, tz: str) -> None:
    assert codes(read({"tz": tz}, zone=zone)) == [MappingCode.ZONE_WITHOUT_SUMMER]


def test_one_zone_in_several_spellings_is_one() -> None:
    spellings = ["ICT", "Asia/Ho_Chi_Minh", "+07:00", "UTC+7", "7", "Bangkok"]
    assert len(read(*({"tz": one} for one in spellings), zone="UTC").readings) == len(spellings)
    summer, winter = {"t": "2026-07-24 09:00:00"}, {"t": "2026-01-24 09:00:00"}
    eastern = ({"tz": "America/New_York", **summer}, {"tz": "US/Eastern", **winter})
    assert len(read(*eastern, zone="UTC").readings) == 2
    britain = ({"tz": "Europe/London", **winter}, {"tz": "UTC", **summer})
    assert codes(read(*britain, zone="Asia/Tokyo")) == [MappingCode.ZONES_OF_ITEMS] * 2


@pytest.mark.parametrize("name", ["dateutc", "dateUtc", "utc_time", "timeUTC", "UTC Date", "Giờ (UTC)", "obs_time_gmt"])
def test_zone_in_the_name_of_a_time_rejects_it_in_another(name: str) -> None:
    path = json.dumps(name, ensure_ascii=False)
    batch = read({name: LOCAL}, time=path)
    assert codes(batch) == [MappingCode.UTC_IN_NAME] and not batch.readings
    assert len(read({name: LOCAL}, time=path, zone="UTC").readings) == 1
    assert len(read({name: "2026-11-24T09:00:00Z"}, time=path).readings) == 1


def test_a_time_in_a_format_of_the_row_is_not_said_to_take_a_zone_behind_it() -> None:
    batch = read({"t_utc": "24/11/2026 08:00"}, time="t_utc", time_format="%d/%m/%Y %H:%M")
    assert codes(batch) == [MappingCode.ZONE_IN_NAME]


@pytest.mark.parametrize(("item", "count"), [({"d": LOCAL}, 1), ({"utc_x": LOCAL}, 0), ({"d": "", "utc_x": LOCAL}, 0)])
def test_zone_in_the_name_of_the_alternative_that_was_read(item: dict[str, Any], count: int) -> None:
    assert len(read(item, time="d || utc_x").readings) == count


@pytest.mark.parametrize("name", ["outcome", "Giờ (GMT+7)", "butcher", "utcat", "time"])
def test_other_names_of_times_say_nothing(name: str) -> None:
    assert zone_in_name(name) in ("", "GMT+7")
    assert len(read({name: LOCAL}, time=json.dumps(name, ensure_ascii=False)).readings) == 1


def test_zone_of_the_time_of_the_whole_answer() -> None:
    for outer in ({"head": {"at": LOCAL, "tz": "UTC"}}, {"head": {"at": LOCAL}, "timezone": "UTC"}):
        with pytest.raises(SourceError) as caught:
            read({}, outer=outer, page_time="head.at", time="")
        cause = caught.value.failure.params["cause"]
        assert getattr(cause, "code", "") == MappingCode.ZONE_UNREAD
        assert len(read({}, outer=outer, page_time="head.at", time="", zone="UTC").readings) == 1
    assert len(read({}, outer={"head": {"at": LOCAL, "tz": "ICT"}}, page_time="head.at", time="").readings) == 1


@pytest.mark.parametrize(
    ("key", "value", "hours"),
    [
        ("tz", "UTC", [0]), ("tz", "z", [0]), ("tz", "+0700", [7]), ("tz", "GMT-05:30", [-5.5]),
        ("tz", "CST", [-6, -5, 8]),
        ("tz", "America/New_York", [-5]), ("utcoffset", 7, [7]), ("utcoffset", 420, [7]), ("utcoffset", 25200, [7]),
        ("utcoffsetseconds", 0, [0]), ("timezoneoffset", -420, [7, -7]), ("tz", "x", []), ("tz", "../x", []),
        ("timezone", "7", [7]), ("utcoffset", "07", [7]), ("utcoffset", "-5", [-5]), ("utcoffset", "25200", [7]),
        ("utcoffset", "-18000", [-5]), ("utcoffset", "420", [7]), ("timezoneoffset", "-420", [7, -7]),
        ("utcoffset", "5.5", [5.5]), ("utcoffset", "+3600", [1]), ("utcoffset", "+530", [5.5]), ("tz", "99999", []),
        ("timezone", "7:00", [7]), ("timezone", "0700", [7]), ("timezone", "-05:00:00", [-5]), ("tz", "07:00:00", [7]),
        ("timezone", "asia/ho_chi_minh", [7]), ("timezone", "Việt Nam", [7]), ("timezone", "VN", [7]),
        ("timezone", "Bangkok", [7]), ("timezone", "Hà Nội", [7]), ("timezone", "TP. Hồ Chí Minh", [7]),
        ("timezone", "America/new york", [-5]), ("tz", "Central", [-6]), ("tz", "07:60", []), ("tz", "12345678", []),
        ("tz", float("nan"), []), ("tz", 1e9, []), ("tz", "Asia", []), ("utcoffset", 7.1, []),
    ],
)  # fmt: skip
def test_offsets_that_a_zone_may_mean(key: str, value: Any, hours: list[float]) -> None:
    assert zone_offsets(key, value, MOMENT) == {timedelta(hours=one) for one in hours}


@pytest.mark.parametrize(
    ("value", "is_zone"),
    [("UTC", True), ("+07:00", True), ("-5", False), ("07:00", False), ("est", False), ("North/West", False),
     ("Asia/Tokyo", True), ("asia/tokyo", True), ("Tokyo", False), ("7", False), ("a/tokyo", False)],
)  # fmt: skip
def test_text_that_can_only_be_a_zone(value: str, is_zone: bool) -> None:
    assert is_surely_zone(value) is is_zone


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ("PST", set()), ("cest", set()), ("MDT", set()), ("AKDT", set()), ("MSK", {"Etc/GMT-3"}),
        ("-08:00", {"Etc/GMT+8"}), ("JST", {"Etc/GMT-9"}), ("UTC", {"UTC"}),
        ("ICT", {"Asia/Ho_Chi_Minh"}), ("+05:30", {"Asia/Kolkata"}), ("CDT", set()),
        ("America/New_York", {"America/New_York"}), ("+12:45", set()), ("nowhere", set()),
    ],
)  # fmt: skip
def test_the_zone_to_write_is_one_of_the_database_with_that_offset(text: str, write: set[str]) -> None:
    offsets = zone_offsets("tz", text, MOMENT)
    found = set(filter(None, [zones_to_write(text, offsets)]))
    assert found == write
    assert {MOMENT.astimezone(ZoneInfo(name)).utcoffset() for name in found} <= offsets


def test_an_unknown_zone_is_said_to_be_unknown() -> None:
    assert codes(read({"timezone": "CDT"})) == [MappingCode.ZONE_NOT_KNOWN]
    assert codes(read({"timezone": "nơi nào đó"})) == [MappingCode.ZONE_NOT_KNOWN]
    assert len(read({"timezone": "nơi nào đó"}, zone="Asia/Ho_Chi_Minh").readings) == 1


def test_one_time_in_utc_beside_a_local_one_may_be_given_its_zone() -> None:
    batch = read({"x_utc": "2026-11-24 02:00:00"}, time="join('', [x_utc, 'Z'])")
    assert [one.observed for one in batch.readings] == [MOMENT]


def test_times_in_a_list_beside_values_have_a_reason_of_their_own() -> None:
    lists = {"t": [LOCAL, LOCAL], "v": [1, 2]}
    assert codes(read(lists)) == [MappingCode.TIMES_IN_LIST]
    batch = read(lists, time="t[-1]", value="v[-1]")
    assert [one.value for one in batch.readings] == [2]


def test_the_names_of_the_database_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def names() -> set[str]:
        calls.append(1)
        return available_timezones()

    monkeypatch.setattr(zone_texts, "available_timezones", names)
    zone_texts._database_names.cache_clear()
    try:
        assert codes(read(*[{"timezone": "Asia/Tokyo"}] * 50)) == [MappingCode.ZONE_UNREAD] * 50
    finally:
        zone_texts._database_names.cache_clear()
    assert len(calls) <= 1

"""Station files of TT 10/2021: rows, statuses, invalid files; the folder they come from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._files import FILE_LIMIT
from data_sources._files.errors import FilesCode
from data_sources._mapping import MAX_ITEMS
from data_sources.tt10 import Options, fetch, parse
from data_sources.tt10.rows import Tt10Code
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources._files.test_folder import names, put
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, shared

NAME = "CT_NINHKIEU_20261124160000.txt"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
GOOD = "pH\t7.25\t-\t20261124160000\t00\r\n"


def read(body: bytes | str, name: str = NAME, **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else body.encode(), address=name)
    return parse(row("/in", options), Payload((page,)), NOW)


def values(batch: Batch) -> list[tuple[str, float | None, str, str]]:
    return [(one.series, one.value, one.unit, one.quality) for one in batch.readings]


def test_a_file_of_a_station() -> None:
    batch = parse(row("/in"), Payload((fixture(NAME, "txt"),)), NOW)
    assert values(batch) == [
        ("ct-ninhkieu-ph", 7.25, "", "good"),
        ("ct-ninhkieu-temp", 28.4, "C", "good"),
        ("ct-ninhkieu-tss", None, "mg/l", "suspect"),
        ("ct-ninhkieu-cod", None, "mg/l", "suspect"),
        ("ct-ninhkieu-pm2-5", 35.6, "ug/m3", "good"),
    ]
    assert {one.observed for one in batch.readings} == {AT}
    assert [(item.location, item.failure) for item in batch.rejected_items] == [
        (f"{NAME}:6", Failure(Tt10Code.SEVERAL_DECIMAL_SIGNS, {"text": "1.035,6"})),
        (f"{NAME}:7", Failure(Tt10Code.UNKNOWN_STATUS, {"status_code": "07"})),
        (f"{NAME}:8", Failure(Tt10Code.COLUMN_COUNT, {"n": 2})),
    ]


def test_stations_and_parameters_are_named_by_the_options() -> None:
    options: dict[str, Any] = {
        "series": "nuoc-{parameter}-{station}",
        "stations": {"CT_NINHKIEU": "ben {parameter}"},
        "parameters": {"PM2,5": "pm25"},
        "units": {"mg/Nm3": "mg/m³"},
    }
    batch = read("PM2,5\t1\tug/m3\t20261124160000\t00\nNOx\t2\tmg/Nm3\t20261124160000\t00\t\t", **options)
    assert values(batch) == [
        ("nuoc-pm25-ben-parameter", 1, "ug/m3", "good"),
        ("nuoc-nox-ben-parameter", 2, "mg/m³", "good"),
    ]


@pytest.mark.parametrize("mapped", ["PM2,5", "PM2.5"])
def test_comma_and_point_in_the_name_of_a_parameter_are_one_spelling(mapped: str) -> None:
    rows = [f"{name}\t1\tug/m3\t2026112416{n}000\t00" for n, name in enumerate(("PM2,5", "PM2.5", "PM25", "PM,5"))]
    batch = read("\n".join(rows), stations={"CT_NINHKIEU": "nk"}, parameters={mapped: "dust"})
    assert [reading.series.rpartition("-")[2] for reading in batch.readings] == ["dust", "dust", "pm25", "5"]
    assert len({reading.name for reading in batch.readings}) == 3


def test_two_spellings_of_one_parameter_may_not_have_two_ids() -> None:
    Options.model_validate({"parameters": {"PM2,5": "a", "PM2.5": "a"}})
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"parameters": {"PM2,5": "a", "PM2.5": "b"}})
    assert caught.value.errors()[0]["ctx"]["error"].failure.code == OptionCode.PARAMETER_TWICE


def test_a_recorded_file() -> None:
    path = shared("tt10/SYNTHETIC_WYND_STATION_01_20261008091500.txt")
    batch = parse(row("/in"), Payload((ResponsePage(path.read_bytes(), address=path.name),)), NOW)
    station = "synthetic-wynd-station-01-"
    assert [(one.removeprefix(station), value, quality) for one, value, _, quality in values(batch)] == [
        ("ph", 7.25, "good"), ("temp", 28.4, "good"), ("tss", None, "suspect"),
        ("cod", None, "suspect"), ("pm2-5", 35.6, "good"),
    ]  # fmt: skip
    assert not batch.rejected_items and batch.readings[0].observed == datetime(2026, 10, 8, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258", "cp1252"])
def test_units_with_signs_in_every_charset(charset: str) -> None:
    body = "Nhiet do\t28,4\t°C\t20261124160000\t00\r\nPM10\t40\tµg/m³\t20261124160000\t00\r\n".encode(charset)
    assert values(read(body)) == [
        ("ct-ninhkieu-nhiet-do", 28.4, "°C", "good"),
        ("ct-ninhkieu-pm10", 40, "µg/m³", "good"),
    ]


@pytest.mark.parametrize("other", ["28,4", "28.4"])
def test_ambiguous_number_is_decided_by_its_own_parameter_only(other: str) -> None:
    batch = read(f"pH\t7.012\t-\t20261124160000\t00\nTemp\t{other}\t°C\t20261124160000\t00")
    assert [one.value for one in batch.readings] == [28.4] and codes(batch) == [ParseCode.DECIMAL_AMBIGUOUS]
    same = read(f"pH\t7.012\t-\t20261124160000\t00\npH\t{other}\t-\t20261124160500\t00")
    assert [one.value for one in same.readings] == [7.012 if "." in other else 7012, 28.4]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("pH\tcao\t-\t20261124160000\t00", ParseCode.NOT_A_NUMBER),
        ("pH\t7\t-\t2026112416\t00", Tt10Code.NOT_A_TIME),
        ("pH\t7\t-\t\t00", ParseCode.TIME_MISSING),
        ("pH\t7\t-\t20261399160000\t00", Tt10Code.NOT_A_TIME),
        ("\t7\t-\t20261124160000\t00", Tt10Code.NAME_MISSING),
        ("pH\t7\t-\t20261124160000\t0", Tt10Code.UNKNOWN_STATUS),
        ("pH 7 - 20261124160000 00", Tt10Code.COLUMN_COUNT),
        ("pH\t7\t-\t20261124160000\t00\tx", Tt10Code.COLUMN_COUNT),
    ],
)
def test_an_invalid_row_is_rejected_alone(bad: str, code: ErrorCode) -> None:
    batch = read(f"{bad}\n{GOOD}")
    assert [one.series for one in batch.readings] == ["ct-ninhkieu-ph"]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [(f"{NAME}:1", code)]


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [
        (b"", NAME, Tt10Code.FILE_EMPTY),
        (b"\r\n \r\n", NAME, Tt10Code.FILE_EMPTY),
        (b"<html><body>502\t</body></html>", NAME, Tt10Code.HTML_OR_XML),
        (b"\xef\xbb\xbf <?xml?>", NAME, Tt10Code.HTML_OR_XML),
        (b"7.25", NAME, Tt10Code.NO_ROWS),
        (b"\0" * 100, NAME, Tt10Code.NO_ROWS),
        (GOOD.encode(), "CT_NINHKIEU.txt", Tt10Code.FILE_NAME),
        (GOOD.encode(), "CT_2026112416.txt", Tt10Code.FILE_NAME),
        (b"\xff\xfe\x00", NAME, Tt10Code.NO_ROWS),
        ("Température\t28\t°C\t20261124160000\t00".encode("cp1252"), NAME, DecodingCode.CHARSET_UNKNOWN),
        (b"x" * (FILE_LIMIT + 1), NAME, FilesCode.FILE_TOO_LARGE),
    ],
    ids=range(11),
)
def test_an_invalid_file_is_an_error(body: bytes, name: str, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body, name)


def test_an_invalid_file_is_rejected_alone() -> None:
    pages = (ResponsePage(b"", address=NAME), ResponsePage(GOOD.encode(), address="2026/11/24/CT_20261124160500.txt"))
    batch = parse(row("/in"), Payload(pages), NOW)
    assert [one.series for one in batch.readings] == ["ct-ph"]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [(NAME, Tt10Code.FILE_EMPTY)]


def test_rows_beyond_the_limit_are_left_out() -> None:
    batch = read(GOOD * (MAX_ITEMS + 1))
    assert len(batch.readings) == MAX_ITEMS and codes(batch)[-1] == IngestCode.ITEMS_LEFT_OUT


def test_markup_and_long_names_stay_text() -> None:
    rows = [GOOD.strip(), "<b>pH</b>\t1\t<i>\t20261124160000\t00", f"{'x' * 9_000}\t1\tm\t20261124160000\t00"]
    batch = read("\n".join(rows))
    assert [(one.series[:20], one.unit) for one in batch.readings] == [
        ("ct-ninhkieu-ph", ""), ("ct-ninhkieu-b-ph-b", "<i>"), ("ct-ninhkieu-xxxxxxxx", "m")
    ]  # fmt: skip
    assert all(len(one.series) <= 200 for one in batch.readings)


@pytest.mark.parametrize(("hours", "kept"), [(24, 0), (-24, 1)])
def test_a_value_of_tomorrow_is_rejected_and_of_yesterday_accepted(hours: int, kept: int) -> None:
    time = (NOW + timedelta(hours=7 + hours)).strftime("%Y%m%d%H%M%S")
    source = row("/in", {"series": "{parameter}"}, series_keys=("ph",), units={"ph": ""})
    batch = parse(source, Payload((ResponsePage(f"pH\t7\t-\t{time}\t00".encode(), address=NAME),)), NOW)
    admitted = validate_batch(batch, source.polled_series(), NOW)
    assert len(admitted.readings) == kept
    assert codes(admitted) == [ValidationCode.TIME_AHEAD] * (1 - kept)


@given(st.binary() | st.text(alphabet="pH27.,\t\r\n0126-<é\0").map(str.encode), st.text(max_size=40))
def test_any_bytes_and_names_give_a_batch_or_a_source_error(body: bytes, name: str) -> None:
    for file_name in (NAME, name):
        try:
            batch = read(body, file_name)
        except SourceError as error:
            assert error.failure.code
        else:
            assert all(item.failure.code and len(item.sample) <= 120 for item in batch.rejected_items)


WORD = st.text("abcDEF123 _", min_size=1, max_size=12).filter(lambda one: one.strip(" _"))
ROW = st.tuples(WORD, st.floats(-1e6, 1e6).map(lambda one: round(one, 2)), st.sampled_from(["00", "01", "02"]),
                st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)), st.sampled_from(".,"))  # fmt: skip


@given(st.lists(ROW, min_size=1, max_size=20))
def test_a_valid_file_gives_exactly_its_rows(rows: list[tuple[str, float, str, datetime, str]]) -> None:
    lines = [
        f"{name}\t{str(value).replace('.', sign)}\tm\t{at:%Y%m%d%H%M%S}\t{status}"
        for name, value, status, at, sign in rows
    ]
    batch = read("\r\n".join(lines), series="{parameter}", zone="UTC")
    assert not batch.rejected_items
    assert [(one.value, one.observed) for one in batch.readings] == [
        (value if status == "00" else None, at.replace(microsecond=0, tzinfo=UTC)) for _, value, status, at, _ in rows
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"series": "{station}"},
        {"series": "{x}-{parameter}"},
        {"hours": 0},
        {"units": {"x": "furlong"}},
        {"folders": "../%Y"},
        {"zone": "Mars/Base"},
        {"password": "geheim"},
        {"host_key": "AAAA"},
        {"password": "${A}", "key": "${B}"},
        {"decimal": ";"},
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


async def test_new_and_late_files_are_read_and_old_ones_are_not(tmp_path: Path) -> None:
    put(tmp_path / NAME, GOOD)
    put(tmp_path / "CT_20261123170000.txt", GOOD, age=30)  # late: measured yesterday, come now
    put(tmp_path / "CT_20261123150000.txt", GOOD)  # over 24 h old by its name
    put(tmp_path / "readme.txt", "x")
    put(tmp_path / "CT_20261124161500.txt.part", GOOD)
    source = row(str(tmp_path))
    async with client_factory() as clients:
        assert names(await fetch(source, clients.context_for(source))) == [NAME, "CT_20261123170000.txt"]
        assert (await fetch(source, clients.context_for(source))).is_unchanged


def of_stations(*stations: str, **options: Any) -> Batch:
    pages = (ResponsePage(GOOD.encode(), address=f"{one}_20261124160{n}00.txt") for n, one in enumerate(stations))
    return parse(row("/in", options), Payload(tuple(pages)), NOW)


@pytest.mark.parametrize(
    ("stations", "options"),
    [
        (["CT_1", "CT_2"], {"series": "{parameter}"}),
        (["CT_1", "CT 1"], {}),
        (["A", "B"], {"stations": {"A": "x", "B": "x"}}),
    ],
)
def test_two_stations_never_become_one_series(stations: list[str], options: dict[str, Any]) -> None:
    batch = of_stations(*stations, **options)
    assert not batch.readings and codes(batch) == [Tt10Code.STATIONS_OF_ONE_SERIES]
    assert len(of_stations(stations[0], stations[0], **options).readings) == 2


async def test_stations_whose_files_come_at_different_polls_are_noticed_by_their_names(tmp_path: Path) -> None:
    put(tmp_path / "A_20261124160000.txt", GOOD)
    source = row(str(tmp_path), {"series": "{parameter}"})
    async with client_factory() as clients:
        assert len((await fetch(source, clients.context_for(source))).pages) == 1
        put(tmp_path / "B_20261124161000.txt", GOOD)
        for _ in range(2):
            with raises_failure(Tt10Code.STATIONS_OF_ONE_SERIES, first="A", second="B"):
                await fetch(source, clients.context_for(source))


async def test_a_half_written_file_waits_and_is_read_again(tmp_path: Path) -> None:
    put(tmp_path / NAME, GOOD, age=1)
    source = row(str(tmp_path), {"settle": 20})
    async with client_factory() as clients:
        assert (await fetch(source, clients.context_for(source))).is_unchanged
        put(tmp_path / NAME, GOOD, age=30)
        assert names(await fetch(source, clients.context_for(source))) == [NAME]
        put(tmp_path / NAME, GOOD * 2, age=25)
        assert names(await fetch(source, clients.context_for(source))) == [NAME]


async def test_folders_of_days(tmp_path: Path) -> None:
    for day, hour in (("22", "23"), ("23", "23"), ("24", "01")):
        put(tmp_path / "2026" / "11" / day / f"CT_202611{day}{hour}0000.txt", GOOD)
    source = row(str(tmp_path), {"folders": "%Y/%m/%d"})
    async with client_factory() as clients:
        payload = await fetch(source, clients.context_for(source))
    assert sorted(names(payload)) == ["2026/11/23/CT_20261123230000.txt", "2026/11/24/CT_20261124010000.txt"]


async def test_a_folder_without_recent_files_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "CT_20261101000000.txt", GOOD)
    source = row(str(tmp_path))
    async with client_factory() as clients:
        with raises_failure(FilesCode.NO_RECENT_FILE, name_form="STATION_yyyyMMddHHmmss.txt", hours=24):
            await fetch(source, clients.context_for(source))


async def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("tt10", tmp_path)
    batch = parse(source, Payload((fixture(NAME, "txt"),)), NOW)
    kept = {one.series: (one.value, one.unit) for one in validate_batch(batch, source.polled_series(), NOW).readings}
    assert kept == {"khi-ninh-kieu-pm25": (35.6, "µg/m³"), "khi-ninh-kieu-temp": (28.4, "°C")}

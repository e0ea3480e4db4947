"""Example answers of any kind in files, as the pages that each protocol would have got."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from data_sources import protocols
from data_sources.gtfs_rt.names import NAMES_PAGE
from ioc.cli.answer_files import read_answer
from ioc.cli.errors import CliCode
from ioc.cli.record import Recording, serialize
from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.source import Source
from tests.data_sources.failures import raises_failure
from tests.data_sources.protocol_invariants import SOURCES
from tests.data_sources.server import NOW, fixture, row
from tests.data_sources.sheets import xlsx
from tests.data_sources.test_contract import Case
from tests.data_sources.transit import timetable

HTTP, CAP = row(), row(protocol="cap")
SHEET = xlsx({"S": [["Ngày", "Mực nước"], ["24/11/2026", 1.5]]})
SPREADSHEET = row("/in", {"time": "Ngày", "columns": {"level": "Mực nước"}}, protocol="spreadsheet")


@pytest.mark.parametrize(("case", "source"), SOURCES, ids=[case.fixture for case, _ in SOURCES])
def test_file_of_each_protocol_is_parsed_as_its_answer(case: Case, source: Source, tmp_path: Path) -> None:
    page = fixture(case.fixture)
    path = tmp_path / Path(case.fixture).name
    path.write_bytes(page.body)
    answer = read_answer(source, [path])
    parse = protocols()[source.protocol].parse
    expected = parse(source, Payload((replace(page, address=answer.payload.pages[0].address),)), NOW)
    batch = parse(source, answer.payload, NOW)
    assert answer.at is None and batch.readings == expected.readings and batch.events == expected.events
    assert batch.readings or batch.events


def test_workbook_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "thang 11.xlsx"
    path.write_bytes(SHEET)
    (page,) = read_answer(SPREADSHEET, [path]).payload.pages
    batch = protocols()["spreadsheet"].parse(SPREADSHEET, Payload((page,)), NOW)
    assert page.address == "thang 11.xlsx" and [reading.value for reading in batch.readings] == [1.5]


def test_zip_beside_a_transit_feed_is_its_timetable(tmp_path: Path) -> None:
    (tmp_path / "gtfs.zip").write_bytes(timetable(stops="stop_id,stop_name\n1,Bến đò\n"))
    (tmp_path / "feed.pb").write_bytes(b"")
    source = row(protocol="gtfs_rt")
    page, feed = read_answer(source, [tmp_path / "gtfs.zip", tmp_path / "feed.pb"]).payload.pages
    assert page.media_type == NAMES_PAGE and "Bến đò" in page.body.decode() and feed.media_type != NAMES_PAGE
    with raises_failure(CliCode.TIMETABLE_WITHOUT_FEED):
        read_answer(source, [tmp_path / "gtfs.zip"])


@pytest.mark.parametrize(
    ("topic", "address"), [("tram/a", "tram/a"), ("tram/+/do", "tram/t1/do"), ("tram/#", "tram/t1"), ("#", "t1")]
)
def test_name_of_the_file_stands_for_wildcards_of_a_topic(topic: str, address: str, tmp_path: Path) -> None:
    path = tmp_path / "t1.json"
    path.write_bytes(b"{}")
    source = row("mqtts://a.example", {"topics": [topic], "series": "a", "value": "b"}, protocol="mqtt")
    assert read_answer(source, [path]).payload.pages[0].address == address


def address_of(source: Source, name: str, folder: Path) -> str:
    (folder / name).write_bytes(b"{}")
    return read_answer(source, [folder / name]).payload.pages[0].address


def mqtt(*topics: str, **options: str) -> Source:
    mapping = {"series": "a", "value": "b"}
    return row("mqtts://a.example", {"topics": list(topics), **mapping, **options}, protocol="mqtt")


@pytest.mark.parametrize(
    ("name", "topic"),
    [("tram+a+do.json", "tram/a/do"), ("tram+a.b+do.json", "tram/a.b/do"), ("x+y+z.cbor", "x/y/z")],
)
def test_name_with_plus_signs_is_the_topic(name: str, topic: str, tmp_path: Path) -> None:
    assert address_of(mqtt("tram/+/do", "x/#"), name, tmp_path) == topic


def test_topic_that_the_row_would_not_get_is_refused(tmp_path: Path) -> None:
    with raises_failure(CliCode.FILE_NOT_A_TOPIC, topic="tram/a/b", example="tram+a+do.json"):
        address_of(mqtt("tram/+/do"), "tram+a+b.json", tmp_path)


@pytest.mark.parametrize(
    ("topic", "name", "is_read"),
    [
        ("spBv1.0/+/+/+/#", "spBv1.0+g+DDATA+n+d.bin", True),
        ("spBv1.0/+/+/+", "spBv1.0+g+NBIRTH+n.bin", True),
        ("spBv1.0/g/DDATA/n/d", "a.bin", True),
        ("spBv1.0/+/DDATA/+/+", "a.bin", True),
        ("spBv1.0/+/+/+/#", "a.bin", False),
        ("spBv1.0/+/+/+/#", "spBv1.0+g+NCMD+n.bin", False),
        ("spBv1.0/+/+/+/#", "spBv1.0+g+NDEATH+n.bin", False),
        ("#", "a.bin", False),
    ],
)
def test_sparkplug_file_needs_a_topic_of_a_birth_or_of_data(
    topic: str, name: str, is_read: bool, tmp_path: Path
) -> None:
    source = mqtt(topic, format="sparkplug")
    if is_read:
        assert address_of(source, name, tmp_path).startswith("spBv1.0/")
    else:
        with raises_failure(CliCode.FILE_NOT_A_SPARKPLUG_TOPIC):
            address_of(source, name, tmp_path)


@pytest.mark.parametrize(
    ("options", "name", "station"),
    [
        ({"stations": [7]}, "any.json", "7"),
        ({"stations": [7, 8]}, "8.json", "8"),
        ({"stations": [7, 8]}, "9.json", None),
        ({"stations": [7, 8]}, "any.json", None),
        ({"bbox": "1,1,2,2"}, "9.json", "9"),
        ({"bbox": "1,1,2,2"}, "any.json", None),
    ],
)
def test_station_is_that_of_the_row_or_of_the_name(
    options: dict[str, object], name: str, station: str | None, tmp_path: Path
) -> None:
    source = row(options=options, protocol="openaq")
    if station:
        assert address_of(source, name, tmp_path) == station
    else:
        with raises_failure(CliCode.FILE_NOT_A_STATION, name=name):
            address_of(source, name, tmp_path)


def test_media_type_is_that_of_the_name(tmp_path: Path) -> None:
    for name, media_type in {"a.cbor": "application/cbor", "a.JSON": "application/json", "a": ""}.items():
        (tmp_path / name).write_bytes(b"{}")
        assert read_answer(HTTP, [tmp_path / name]).payload.pages[0].media_type == media_type


@pytest.mark.parametrize(
    ("source", "bodies", "code"),
    [
        (HTTP, [SHEET], CliCode.ANSWER_COMPRESSED),
        (HTTP, [b"{}", b"\x1f\x8b\x08"], CliCode.ANSWER_COMPRESSED),
        (CAP, [b"<alert/>", b"<alert/>"], CliCode.ONE_FILE_ONLY),
        (HTTP, [b"{}", serialize(Recording("a", "http_json", NOW, Payload(), {}))], CliCode.RECORDING_WITH_OTHERS),
        (CAP, [serialize(Recording("a", "http_json", NOW, Payload(), {}))], CliCode.RECORDING_OF_OTHER_PROTOCOL),
        (HTTP, [b'{"source": 1, "protocol": 1, "at": 1, "pages": 1}'], CliCode.RECORDING_INVALID),
        (HTTP, [b" " * (16 * 1_048_576 + 1)], CliCode.ANSWER_TOO_LARGE),
    ],
    ids=range(7),
)
def test_file_that_a_protocol_cannot_take_is_refused(
    source: Source, bodies: list[bytes], code: ErrorCode, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{n}.bin" for n in range(len(bodies))]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    with raises_failure(code):
        read_answer(source, paths)


def test_recording_keeps_its_time(tmp_path: Path) -> None:
    at = NOW - timedelta(days=30)
    (tmp_path / "a.json").write_bytes(serialize(Recording("a", "http_json", at, Payload(), {})))
    assert read_answer(HTTP, [tmp_path / "a.json"]).at == at


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with raises_failure(CliCode.RECORDING_UNREADABLE):
            read_answer(HTTP, [path])

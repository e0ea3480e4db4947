"""What `try` prints of the parts of an answer that the row does not read, for each kind of protocol."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.ui.i18n import t
from data_sources import protocols
from data_sources._mapping.answer_parts import AnswerPart
from data_sources._mapping.option_names import option_names
from ioc.cli.batch_report import BatchReport
from ioc.cli.unread_parts import unread_lines, unread_parts_of
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

VALUES = {"series": "a", "value": "v"}
FEATURE = {
    "type": "Feature",
    "properties": {"id": 1, "unit": "cm"},
    "geometry": {"type": "Point", "coordinates": [1, 2]},
}
EVENTS = {"events": {"kind": "work", "key": "{properties.id}", "title": "{properties.id}"}}
CAP = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><info><event>x</event>
<eventCode><valueName>A</valueName><value>9</value></eventCode><audience>all</audience></info></alert>"""
KIWIS = [{"ts_id": "1", "ts_shortname": "H", "ts_unitsymbol": "cm", "columns": "Timestamp,Value", "data": [[1, 2]]}]


def paths_of(protocol: str, options: dict[str, Any], *bodies: object, name: str = "a.json") -> list[str]:
    pages = (body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies)
    payload = Payload(tuple(ResponsePage(page, address=name) for page in pages))
    return [part.path for part in unread_parts_of(row(options=options, protocol=protocol), payload)]


UPLINK = {
    "deduplicationId": "d", "time": "2026-11-24T09:00:00Z", "deviceInfo": {"tenantId": "t", "devEui": "e"}, "fPort": 2,
    "object": {"level": 1.5, "battery": {"v": "3,2"}, "state": "on"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("protocol", "options", "body", "unread"),
    [
        ("http_json", VALUES, {"v": 1, "unit": "cm"}, ["unit"]),
        ("webhook", {**VALUES, "push_token": "${T}"}, {"v": 1, "unit": "cm"}, ["unit"]),
        ("mqtt", {**VALUES, "topics": ["a"]}, {"v": 1, "unit": "cm"}, ["unit"]),
        ("mqtt", {"topics": ["a"], "format": "senml"}, [{"n": "a", "v": 1, "u": "m"}], []),
        ("geojson", EVENTS, {"type": "FeatureCollection", "features": [FEATURE], "numberMatched": 9},
         ["features[].properties.unit", "numberMatched"]),
        ("geojson", EVENTS, {"type": "FeatureCollection", "features": [], "timeStamp": "2026-11-24", "metadata":
            {"generated": 1}, "generated": 1, "timestamp": 1}, []),
        ("geojson", EVENTS, FEATURE, ["features[].properties.unit"]),
        ("cameras", {"events": {"key": "{id}", "title": "{id}"}}, [{"id": 1, "status": "off"}], ["[].status"]),
        ("kiwis", {"group": "1"}, KIWIS, ["[].ts_shortname"]),
        ("cap", {}, CAP.encode(),
         ["alert.info.eventCode.A", "alert.info.audience"]),
        ("mqtt", {"topics": ["a"], "format": "chirpstack"}, UPLINK, ["object.state", "fPort", "deviceInfo.tenantId"]),
        ("mqtt", {"topics": ["a"], "format": "chirpstack", "series": "{deviceInfo.devEui}", "value": "object.level"},
         UPLINK, ["object.state", "deviceInfo.tenantId", "fPort", "object.battery.v"]),
        ("http_json", VALUES, b"no json", []),
        ("rss", {}, b"<rss/>", []),
        ("tt10", {}, b"PM10\t1\tug/m3\t20261124090000\t00", []),  # each row is read or rejected
    ],
)  # fmt: skip
def test_each_protocol_names_what_its_row_does_not_read(
    protocol: str, options: dict[str, Any], body: object, unread: list[str]
) -> None:
    assert paths_of(protocol, options, body) == unread


SHEET: Rows = [
    ["BÁO CÁO MỰC NƯỚC"], ["Trạng thái: ước"], [], ["t", "Mực nước", "Ghi chú", "Lưu lượng"],
    ["24/11/2026 07:00", 1.5, "tạm tính", 20], ["24/11/2026 08:00", 1.6, None, 21],
]  # fmt: skip


def test_a_spreadsheet_has_columns_texts_above_and_sheets_that_are_not_read() -> None:
    options = {"time": "t", "columns": {"level": "Mực nước"}}
    body = xlsx({"Biểu 1": SHEET, "Phụ lục": [["Đơn vị", "cm"]]})
    source = row(options=options, protocol="spreadsheet")
    parts = unread_parts_of(source, Payload((ResponsePage(body, address="a.xlsx"),)))
    assert parts == [
        AnswerPart("Biểu 1!C “Ghi chú”", ('"tạm tính"',), 1, True),
        AnswerPart("Biểu 1!A2", ('"Trạng thái: ước"',), 1, True),
        AnswerPart("Phụ lục", ('"Đơn vị"', '"cm"'), 2, False, may_be_unit=True),
        AnswerPart("Biểu 1!D “Lưu lượng”", ('"20"', '"21"'), 2, False),
        AnswerPart("Biểu 1!A1", ('"BÁO CÁO MỰC NƯỚC"',), 1, False),
    ]


def test_texts_of_events_are_shown_only_where_they_may_qualify_a_value() -> None:
    parts = [
        AnswerPart("status", ('"new"',), 1, True),
        AnswerPart("name", ('"A. Person"',), 1, False),
        AnswerPart("n", ("4",), 1, False),
        AnswerPart("phone_status", ('"0912345678"',), 1, True),
    ]
    source = replace(row(), events=(EventKind("report", LocalizedText("Phản ánh", "Reports")),))
    text = "\n".join(unread_lines(source, parts, "en", lists_all=True))
    assert '"new"' in text and "4" in text
    assert "Person" not in text and "0912345678" not in text


@pytest.mark.parametrize(
    "field",
    [
        {"ghi_chu": "Private"}, {"ghiChu": "Private"}, {"message": {"from": "Private"}},
        {"status": {"reporter": "Private"}}, {"thông báo": "Private"}, {"msg": "Private"}, {"status_note": "Private"},
        {"links": ["Private"]}, {"last_name": "Private"},
    ],
)  # fmt: skip
def test_free_texts_of_events_are_not_shown(field: dict[str, Any]) -> None:
    source = row(options={"events": {"kind": "report", "items": "data", "key": "{id}", "title": "{id}"}})
    source = replace(source, events=(EventKind("report", LocalizedText("Phản ánh", "Reports")),))
    body = json.dumps({"data": [{"id": 1, "status": {"code": "open"}, **field}, {"id": 2, "unit": "cm"}]}).encode()
    parts = unread_parts_of(source, Payload((ResponsePage(body),)))
    text = "\n".join(unread_lines(source, parts, "en", lists_all=True))
    assert '"cm"' in text and "Private" not in text and len(parts) >= 2
    assert "Private" in "\n".join(unread_lines(replace(source, events=()), parts, "en", lists_all=True))


def test_the_count_of_different_values_stands_where_not_all_are_shown() -> None:
    parts = [AnswerPart("a", ('"x"', '"y"'), 9, False, other_count=3), AnswerPart("b", ("31", "32"), 3, False)]
    (_, first, second) = unread_lines(row(), parts, "en", lists_all=True)
    assert "…" in first and "(9; 5 " in first and second.strip() == "b: 31, 32 (3)"


def test_a_list_that_is_read_in_part_has_its_counts_and_hides_entries_of_events() -> None:
    parts = [AnswerPart("data[]", ('{"name":"A. Person"}',), 57, False, read_count=3)]
    (_, line) = unread_lines(row(), parts, "en", lists_all=True)
    assert "3" in line and "60" in line and "(57)" in line and "Person" in line
    with_events = replace(row(), events=(EventKind("report", LocalizedText("Phản ánh", "Reports")),))
    assert "Person" not in "\n".join(unread_lines(with_events, parts, "en", lists_all=True))


@pytest.mark.parametrize("protocol", ["http_json", "ngsi", "tt10"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_units_of_the_answer_are_named_where_none_was_found(protocol: str, lang: str) -> None:
    source = replace(row(), option_names=option_names(protocols()[protocol].Options))
    parts = [AnswerPart("status", ('"ok"',), 1, True), AnswerPart("u.t", ('"f"',), 1, True, may_be_unit=True)]
    many = [AnswerPart(f"u.t{n}", ('"f"',), 1, True, may_be_unit=True) for n in range(9)]
    for found, named, left in ((parts, 'u.t: "f"', "status:"), (many, 'u.t4: "f"; …', 'u.t5: "f"'), ([], "", "u.t")):
        report = BatchReport(source, Batch(assumed_unit_count=2), NOW, lang, unread_parts=found)
        (line,) = [one for one in report.text().splitlines() if " 2 " in one][:1]
        assert named in line and left not in line
        assert (t("commands.units_assumed", lang, n=2).split(":")[0] in line) is (not found)


@pytest.mark.parametrize("sample", ["1778388000", "1778388000123", '"1778388000"', "1778388000.5"])
def test_unix_times_are_masked_only_where_the_source_has_events(sample: str) -> None:
    parts = [AnswerPart("time", (sample,), 1, False), AnswerPart("tel", ('"0912345678"',), 1, False)]
    (_, time, telephone) = unread_lines(row(), parts, "en", lists_all=True)
    assert sample in time and "0912345678" not in telephone
    with_events = replace(row(), events=(EventKind("report", LocalizedText("Phản ánh", "Reports")),))
    assert sample not in "\n".join(unread_lines(with_events, parts, "en", lists_all=True))


@given(st.integers(0, 700), st.booleans())
def test_the_lines_are_the_last_and_bounded(count: int, lists_all: bool) -> None:
    parts = [AnswerPart(f"p{n}", ("1",), 1, False) for n in range(count)]
    report = BatchReport(row(), Batch(), NOW, "en", lists_all=lists_all, unread_parts=parts)
    lines = report.text().splitlines()
    most = 400 if lists_all else 25
    shown = [line for line in lines if line.strip().startswith("p") and ": 1 (1)" in line]
    assert len(shown) == min(count, most)
    if count > most:
        assert str(count - most) in lines[-1]

"""An answer that says itself that it failed is an error: its list is no state, and ends and counts nothing."""

import json
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.server_message import server_message
from tests.data_sources.server import NOW, row

EVENTS = {"kind": "outage", "items": "data", "key": "{id}", "title": "{id}", "complete": True}
OPTIONS: dict[str, dict[str, Any]] = {
    "http_json": {"events": EVENTS},
    "webhook": {"events": EVENTS, "push_token": "${TOKEN}"},
    "geojson": {"events": {**EVENTS, "items": "@"}},
    "cameras": {"events": {**EVENTS, "kind": "camera", "lon": "x", "lat": "y", "snapshot": "img"}},
}
ITEMS = [{"id": "a", "v": 1}]
FAILED: list[tuple[dict[str, Any], str]] = [
    ({"Success": False}, "Success: false"), ({"is_success": False}, "is_success: false"), ({"ok": False}, "ok: false"),
    ({"success": "false"}, "success: false"), ({"status": "error"}, "status: error"),
    ({"Status": "FAIL"}, "Status: FAIL"),
    ({"result": "failed"}, "result: failed"), ({"statusCode": 500}, "statusCode: 500"),
    ({"errorCode": 17}, "errorCode: 17"), ({"errorCode": "E401"}, "errorCode: E401"), ({"error": "x"}, "error: x"),
    ({"error": {"code": "", "message": "x"}}, "error: …"), ({"error": "lỗi không rõ"}, "error: lỗi không rõ"),
    ({"error": "401 Unauthorized"}, "error: 401 Unauthorized"),
    ({"error": {"code": 403}}, "error: …"), ({"errorMessage": "x"}, "errorMessage: x"),
]  # fmt: skip
WITHOUT_ITEMS: list[dict[str, Any]] = [
    {"error": "±0.02 m"}, {"error": "5 %"},
    {"code": 500}, {"status": 404}, {"errors": ["x"]}, {"error": 3}, {"success": 0}, {"success": "0"},
    {"Success": "no"}, {"ok": 0}, {"status": False}, {"status": "false"}, {"status": -1}, {"status": "ERROR_AUTH"},
    {"status": 0, "message": "Token hết hạn"}, {"Result": False}, {"result": False}, {"isError": True}, {"hasError": 1},
    {"State": False}, {"state": "error"}, {"trangThai": "Lỗi"}, {"trang_thai": "thất bại"}, {"ket_qua": False},
    {"loi": "Token hết hạn"}, {"maLoi": "01"}, {"cod": "401"}, {"httpStatus": 401}, {"retcode": -1}, {"errno": 10},
    {"err": "x"}, {"code": "TOKEN_EXPIRED"}, {"resultCode": "30", "resultMsg": "KEY IS NOT REGISTERED ERROR."},
    {"meta": {"success": False}}, {"meta": {"code": 401}}, {"header": {"status": "error"}}, {"result": {"ok": 0}},
    {"response": {"status": "error"}}, {"success": True, "error": "x"}, {"fault": {"message": "x"}},
    {"errors": [{"count": 1, "detail": "x"}]},
]  # fmt: skip
GOOD: list[dict[str, Any]] = [
    {"success": True}, {"ok": True}, {"status": "ok"}, {"status": "active"}, {"status": 200}, {"code": 0}, {"code": 1},
    {"code": "00"}, {"errorCode": 0}, {"errorCode": "00"}, {"errorCode": ""}, {"errorCode": None}, {"error": None},
    {"error": ""}, {"error": False}, {"error": {}}, {"errors": []}, {"errorMessage": "OK"}, {"success": None},
    {"status": 0}, {"status": 0, "message": "OK"}, {"status": 1}, {"code": 10000}, {"message": "Thành công"},
    {"errorMessage": "Thành công"}, {"errorMessage": "Lấy dữ liệu thành công"}, {"errorMessage": "No error"},
    {"errorMessage": "Không có lỗi"}, {"errorMessage": "Successful"}, {"errorMessage": "-"}, {"errorCode": "0000"},
    {"errorCode": 0.0}, {"errorCode": "ERR_NONE"}, {"errorCode": "E00"}, {"error": "N"}, {"error": "Không"},
    {"error": [None]}, {"error": {"code": 0, "message": ""}}, {"error": {"code": 0, "message": "OK"}},
    {"error": {"code": 200, "message": "Success"}}, {"error": {"code": None, "message": None}},
    {"error": {"rmse": 0.02}}, {"errorCode": "00", "errorMessage": "Có 3 trạm"}, {"maLoi": "00"},
    {"success": True, "errorMessage": "Không có bản ghi"}, {"isError": False}, {"err": 0}, {"resultCode": "00"},
    {"meta": {"status": "ok", "error": None}}, {"status": {"code": 0, "message": "ok"}}, {"status": "no error"},
    {"status": "error_free"}, {"errorCode": "0x0"}, {"errorCode": "INFO-000"}, {"error": "0 errors"},
]  # fmt: skip


def read(protocol: str, items: Any, marks: dict[str, Any]) -> Batch:
    document: dict[str, Any] = {**marks, "data": items}
    if protocol == "geojson":
        features = [{"type": "Feature", "properties": item, "geometry": None} for item in items or []]
        document = {"type": "FeatureCollection", "features": features, **marks}
    source = row(protocol=protocol, options=OPTIONS[protocol])
    page = ResponsePage(json.dumps(document).encode(), received_at=NOW)
    return protocols()[protocol].parse(source, Payload((page,)), NOW)


def reason(items: Any, marks: dict[str, Any], protocol: str = "http_json") -> tuple[str, Any, str]:
    with pytest.raises(SourceError) as caught:
        read(protocol, items, marks)
    failure = caught.value.failure
    return failure.code, failure.params.get("mark"), failure.external


@pytest.mark.parametrize("items", [[], ITEMS, None])
@pytest.mark.parametrize(("marks", "mark"), FAILED)
def test_failed_answer_is_an_error_with_the_field_that_says_so(items: Any, marks: dict[str, Any], mark: str) -> None:
    assert reason(items, marks)[:2] == (MappingCode.ANSWER_FAILED, mark)


@pytest.mark.parametrize("protocol", [name for name in OPTIONS if name != "webhook"])
def test_server_s_message_is_quoted_in_every_protocol(protocol: str) -> None:
    said = reason([], {"success": False, "Message": "Token hết hạn"}, protocol)
    assert said == (MappingCode.ANSWER_FAILED, "success: false", "Token hết hạn")


def test_failed_message_of_a_webhook_is_rejected_and_ends_nothing() -> None:
    batch = read("webhook", [], {"success": False})
    assert [item.failure.code for item in batch.rejected_items] == [MappingCode.ANSWER_FAILED]
    assert not batch.complete_kinds


@pytest.mark.parametrize("marks", WITHOUT_ITEMS)
def test_doubtful_mark_counts_where_nothing_came(marks: dict[str, Any]) -> None:
    assert reason([], marks)[0] == MappingCode.ANSWER_FAILED
    assert len(read("http_json", ITEMS, marks).events) == 1


@pytest.mark.parametrize("items", [[], ITEMS])
@pytest.mark.parametrize("marks", GOOD)
def test_good_answer_is_read(items: Any, marks: dict[str, Any]) -> None:
    assert len(read("http_json", items, marks).events) == len(items)


@pytest.mark.parametrize(
    ("marks", "message"),
    [({"header": {"resultCode": 500, "resultMsg": "KEY ERROR"}}, "KEY ERROR"), ({"success": False}, "")],
)
def test_objects_around_an_empty_list_may_say_that_it_failed(marks: dict[str, Any], message: str) -> None:
    options = {**OPTIONS["http_json"]["events"], "items": "response.body.items"}
    for items in ([], ITEMS):
        body = json.dumps({"response": {**marks, "body": {"items": items}}}).encode()
        payload = Payload((ResponsePage(body, received_at=NOW),))
        if items:
            assert len(protocols()["http_json"].parse(row(options={"events": options}), payload, NOW).events) == 1
            continue
        with pytest.raises(SourceError) as caught:
            protocols()["http_json"].parse(row(options={"events": options}), payload, NOW)
        assert caught.value.failure.code == MappingCode.ANSWER_FAILED and caught.value.failure.external == message


def test_fields_of_an_answer_that_is_the_item_are_values() -> None:
    source = row(options={"series": "a", "value": "v"})
    page = ResponsePage(b'{"status": "error", "ok": false, "v": 3}')
    batch = protocols()["http_json"].parse(source, Payload((page,)), NOW)
    assert [reading.value for reading in batch.readings] == [3]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"msg": "a"}, "a"), ({"errorMessage": "a"}, "a"), ({"error_reason": "a", "error_code": 3}, "a"),
        ({"error": {"message": "a"}}, "a"), ({"errors": [{"detail": "a"}]}, "a"), ({"Message": " a "}, "a"),
        ({"error": 3}, ""), ([], ""), ("a", "a"), ({"other": "a"}, ""),
    ],
)  # fmt: skip
def test_message_of_a_server_is_found(document: Any, message: str) -> None:
    assert server_message(document) == message

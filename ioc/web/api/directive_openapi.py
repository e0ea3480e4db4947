"""The part of the OpenAPI document about directives that people and systems work in."""

from typing import Any

from ioc.domain.directives.statistics import AgencyView
from ioc.web.api.schemas import directive_acts as schemas
from ioc.web.api.schemas.base import ApiModel, ErrorBody

REQUESTS: tuple[type[ApiModel], ...] = (schemas.DocumentUpsert, schemas.ActRequest)
RESPONSES: tuple[type[ApiModel], ...] = (
    schemas.DirectiveFigures, schemas.ActEvents, schemas.DocumentResponse, schemas.ActResponse, schemas.ActMessage,
)  # fmt: skip
_ERRORS = {
    "400": "Sai tham số hoặc trường / a wrong parameter or field; its name is in params",
    "401": "Thiếu khóa, hoặc khóa không được nhận / no key, or one that is not accepted",
    "403": "Khóa hoặc chức danh không có quyền này / neither key nor position permits this",
    "404": "Không có văn bản hoặc nhiệm vụ này / no such document or task",
    "409": "Trạng thái hiện tại không cho phép / the present state does not allow it",
    "422": "Thiếu hoặc sai nội dung / something is missing or wrong",
    "429": "Gửi lại sau Retry-After giây / repeat after Retry-After seconds",
    "503": "Chưa dùng được kho dữ liệu / the store cannot be used",
}
_DOCUMENT_EXAMPLE = {
    "external_id": "QLVB-2026-0815", "number": "815/MP-UBND", "issued_on": "2026-11-20",
    "title": "Văn bản mô phỏng", "kind": "công văn", "issuer": "<mã cơ quan ban hành>", "source": "peoples_committee",
    "tasks": [{
        "external_id": "1", "title": "Kết nối dữ liệu camera", "lead": "<mã hoặc tên cơ quan>",
        "assigned_on": "2026-11-20", "due": "2026-12-31", "horizon": "short",
    }],
}  # fmt: skip
_ACT_EXAMPLE = {
    "document": "QLVB-2026-0815", "task": "1", "external_id": "e-17", "act": "report",
    "stated": {"text": "Đã nối 60 camera", "percent": 40, "petition": "Bố trí kinh phí", "petition_to": "chairman"},
}  # fmt: skip


def paths() -> dict[str, Any]:
    """The paths below /directives, with an example of each body."""
    at = {"description": "Thời điểm / the moment; now by default", "schema": {"type": "string"}}
    view = {
        "description": "Theo cơ quan được giao hoặc đang chủ trì / as assigned or as held",
        "schema": {"type": "string", "enum": [item.value for item in AgencyView], "default": AgencyView.ASSIGNED.value},
    }
    after = {
        "description": "Số của việc cuối đã nhận / number of the last act that was received",
        "schema": {"type": "integer", "minimum": 0, "default": 0},
    }
    limit = {
        "description": "Nhiều nhất / at most",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 500},
    }
    return {
        "/directives/statistics": {"get": _operation(
            "directive-statistics", "Thống kê nhiệm vụ tại một thời điểm / statistics of tasks at a moment",
            schemas.DirectiveFigures, {"at": at, "view": view},
        )},
        "/directives/events": {"get": _operation(
            "directive-events",
            "Các việc đã làm sau một số, hỏi tiếp với next / acts since a number, to go on from next",
            schemas.ActEvents,
            {"after": after, "limit": limit},
        )},
        "/directives/evidence/{number}": {"get": _download()},
        "/directives/documents": {"post": _operation(
            "upsert-directive-document",
            "Nhập hoặc cập nhật văn bản và nhiệm vụ theo mã ngoài / enter or change a document by external id",
            schemas.DocumentResponse, {}, (schemas.DocumentUpsert, _DOCUMENT_EXAMPLE),
        )},
        "/directives/acts": {"post": _operation(
            "act-on-directive-task", "Một việc trên nhiệm vụ, theo mã ngoài / an act on a task, by external id",
            schemas.ActResponse, {}, (schemas.ActRequest, _ACT_EXAMPLE),
        )},
    }  # fmt: skip


def webhooks() -> dict[str, Any]:
    """What is sent to the address of a system (webhooks.yaml)."""
    headers = {
        "webhook-id": "The same whenever this act is sent.",
        "webhook-timestamp": "Seconds since 1970 when it is sent.",
        "webhook-signature": 'Standard Webhooks: "v1," and the HMAC-SHA256 of "id.timestamp.body" in base64.',
    }
    parameters = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in headers.items()
    ]
    return {"directive.act": {"post": {
        "operationId": "directive-act",
        "summary": "Một việc trên nhiệm vụ, gửi tới hệ thống khác / an act on a task, sent to another system",
        "parameters": parameters,
        "requestBody": {"required": True, "content": _content(schemas.ActMessage)},
        "responses": {"2XX": {"description": "Đã nhận; mã khác: gửi lại / taken; any other status: sent again"}},
    }}}  # fmt: skip


def _operation(
    name: str, summary: str, response: type[ApiModel], query: dict[str, Any],
    body: tuple[type[ApiModel], dict[str, Any]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [{"name": key, "in": "query", "required": False, **value} for key, value in query.items()],
        "responses": {
            "200": {"description": "OK", "content": _content(response)},
            **{status: {"description": text, "content": _content(ErrorBody)} for status, text in _ERRORS.items()},
        },
    }
    if body is not None:
        model, example = body
        content = {"application/json": _content(model)["application/json"] | {"example": example}}
        operation |= {"requestBody": {"required": True, "content": content}, "security": [{"bearer": []}]}
    return operation


def _download() -> dict[str, Any]:
    number = {
        "name": "number", "in": "path", "required": True, "schema": {"type": "integer"},
        "description": "Number of the file, as events give it.",
    }  # fmt: skip
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    refused = {status: text for status, text in _ERRORS.items() if status not in ("409", "422")}
    return {
        "operationId": "directive-evidence",
        "summary": "Tệp minh chứng của một việc; kiểu theo nội dung / a file that an act carries, of its own type",
        "parameters": [number],
        "responses": {
            "200": {"description": "OK", "content": content},
            **{status: {"description": text, "content": _content(ErrorBody)} for status, text in refused.items()},
        },
    }


def _content(model: type[ApiModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}

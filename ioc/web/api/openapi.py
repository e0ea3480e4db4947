"""The API described in OpenAPI 3.1, from its shapes and the table of its paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import models_json_schema

from ioc.web.api import schemas as api_schemas
from ioc.web.api.host_serializers import HostHealth
from ioc.web.api.params import POINTS_RANGE

_REF = "#/components/schemas/{model}"
_TIME = {"type": "string", "format": "date-time"}
PARAMETERS: Mapping[str, dict[str, Any]] = {
    "luc": {"description": "Xem lại thời điểm / as it was known at that moment", "schema": _TIME},
    "series": {"description": "Mã chuỗi số liệu / key of the series", "schema": {"type": "string"}, "required": True},
    "source": {"description": "Mã nguồn / key of the source", "schema": {"type": "string"}, "required": True},
    "key": {
        "description": "Mã sự việc ở nguồn đó / key of the event there",
        "schema": {"type": "string"},
        "required": True,
    },
    "from": {"description": "Từ / from; 24 h before `to` by default", "schema": _TIME},
    "to": {"description": "Đến / to; now by default", "schema": _TIME},
    "points": {
        "description": "Số điểm tối đa / at most this many points, extremes kept",
        "schema": {"type": "integer", "minimum": POINTS_RANGE[0], "maximum": POINTS_RANGE[1], "default": 500},
    },
}


@dataclass(frozen=True, slots=True)
class ApiPath:
    """One address of the API: what it is, the shape it answers with, the query parameters that it takes."""

    path: str
    summary: str
    response_model: type[api_schemas.ApiModel]
    query: tuple[str, ...] = ("luc",)


PATHS = (
    ApiPath("/kpis", "Các chỉ số / all KPIs", api_schemas.Kpis),
    ApiPath("/kpis/{key}", "Một chỉ số, thẻ định nghĩa / one KPI, its definition card", api_schemas.KpiDetail),
    ApiPath(
        "/readings",
        "Số liệu của một chuỗi / readings of one series",
        api_schemas.Readings,
        ("series", "from", "to", "points"),
    ),
    ApiPath("/sources", "Nguồn dữ liệu và tình trạng / sources and their health", api_schemas.Sources),
    ApiPath(
        "/events",
        "Sự việc: phản ánh, cảnh báo, phương tiện, tin, và nguồn còn cập nhật không / events, and how "
        "those are who tell them",
        api_schemas.Events,
    ),
    ApiPath(
        "/events/revisions",
        "Các lần báo của một sự việc / all that was told of one event",
        api_schemas.EventRevisions,
        ("source", "key"),
    ),
    ApiPath("/directives", "Văn bản chỉ đạo / directives", api_schemas.Directives),
    ApiPath("/directives/{key}", "Một văn bản và nhiệm vụ / one directive, its tasks", api_schemas.DirectiveDetail),
    ApiPath("/machine", "Máy chủ: đĩa, đồng hồ, chứng thư, sao lưu / the machine under the centre", HostHealth),
    ApiPath("/units", "Phường, xã / commune-level units", api_schemas.AdminUnits),
)


def document(base: str) -> dict[str, Any]:
    """The OpenAPI document; `base` is where the API stands."""
    models = [(one.response_model, "serialization") for one in PATHS] + [(api_schemas.ErrorBody, "serialization")]
    _, schemas = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "IOC Cần Thơ – giao diện dữ liệu chỉ đọc / read-only data",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": {**{one.path: {"get": _operation(one)} for one in PATHS}, "/vao/{key}": _WEBHOOK_PATH},
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SECURITY_SCHEMES},
    }


_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Token"},
}
_ANYTHING: dict[str, Any] = {"schema": {}}
_WEBHOOK_PATH: dict[str, Any] = {
    "servers": [{"url": "/"}],
    "post": {
        "operationId": "post-letter",
        "summary": "Gửi số liệu vào một nguồn / push data to a source",
        "security": [{"bearer": []}, {"header": []}],
        "parameters": [
            {"name": "key", "in": "path", "required": True, "schema": {"type": "string"},
             "description": "Mã nguồn / key of the source"},
        ],
        "requestBody": {
            "required": True,
            "content": dict.fromkeys(("application/json", "text/plain", "application/cbor"), _ANYTHING),
        },
        "responses": {
            "202": {"description": "Đã ghi vào kho / committed"},
            "401": {"description": "Sai mã hoặc không có nguồn này / wrong token or no such source"},
            "413": {"description": "Lớn hơn 1 MiB / larger than 1 MiB"},
            "415": {"description": "Loại nội dung không nhận / a kind that is not taken"},
            "429": {"description": "Gửi lại sau Retry-After giây / come again after Retry-After seconds"},
            "503": {"description": "Chưa ghi được vào kho / the store cannot be written"},
        },
    },
}  # fmt: skip


def _operation(one: ApiPath) -> dict[str, Any]:
    parameters = [{"name": name, "in": "query", "required": False, **PARAMETERS[name]} for name in one.query]
    if "{key}" in one.path:
        parameters.append({"name": "key", "in": "path", "required": True, "schema": {"type": "string"}})
    answers = {
        "200": {"description": "OK", "content": _content(one.response_model)},
        "304": {"description": "Không đổi / unchanged since the ETag that was sent"},
    }
    answers |= {
        code: {"description": said, "content": _content(api_schemas.ErrorBody)}
        for code, said in _ERROR_DESCRIPTIONS.items()
    }
    name = one.path.strip("/").replace("/{key}", "-one")
    return {"operationId": name, "summary": one.summary, "parameters": parameters, "responses": answers}


_ERROR_DESCRIPTIONS = {
    "400": "Tham số sai / a wrong parameter",
    "401": "Thiếu khóa, hoặc khóa không được nhận / no key, or one that is not accepted",
    "403": "Khóa không có quyền này / the key is not good for that",
    "404": "Không có / not found",
    "429": "Gửi lại sau Retry-After giây / come again after Retry-After seconds",
    "503": "Chưa đọc được kho dữ liệu / the store cannot be read",
}


def _content(model: type[api_schemas.ApiModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}

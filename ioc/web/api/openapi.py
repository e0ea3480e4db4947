"""The OpenAPI 3.1 document, from the schemas and the table of paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import models_json_schema

from ioc.web.api import directive_openapi
from ioc.web.api.params import POINTS_RANGE
from ioc.web.api.schemas import directives, events, kpis, sources
from ioc.web.api.schemas.base import ApiModel, ErrorBody

_REF = "#/components/schemas/{model}"
# As ioc.domain.base.times.parse_moment reads it; a wider form than date-time.
_TIME = {"type": "string", "examples": ["2026-11-24T14:30:00+07:00", "24/11/2026 14:30"]}
PARAMETERS: Mapping[str, dict[str, Any]] = {
    "luc": {
        "description": "Xem lại thời điểm / a past moment, shown as it was known then; now by default",
        "schema": _TIME,
    },
    "series": {"description": "Mã chuỗi số liệu / key of the series", "schema": {"type": "string"}, "required": True},
    "source": {"description": "Mã nguồn / key of the source", "schema": {"type": "string"}, "required": True},
    "key": {
        "description": "Mã sự việc ở nguồn đó / the source's own id of the event",
        "schema": {"type": "string"},
        "required": True,
    },
    "from": {"description": "Từ / begin of the period; by default 24 h before `to`", "schema": _TIME},
    "to": {"description": "Đến / end of the period; by default now", "schema": _TIME},
    "points": {
        "description": "Số điểm tối đa / largest number of points; the extremes are kept",
        "schema": {"type": "integer", "minimum": POINTS_RANGE[0], "maximum": POINTS_RANGE[1], "default": 500},
    },
}


@dataclass(frozen=True, slots=True)
class ApiPath:
    """One address of the API: its summary, the schema of its response, its query parameters."""

    path: str
    summary: str
    response_model: type[ApiModel]
    query: tuple[str, ...] = ("luc",)


PATHS = (
    ApiPath("/kpis", "Các chỉ số / all KPIs", kpis.Kpis),
    ApiPath("/kpis/{key}", "Một chỉ số, thẻ định nghĩa / one KPI, its definition card", kpis.KpiDetail),
    ApiPath(
        "/readings",
        "Số liệu của một chuỗi / readings of one series",
        kpis.Readings,
        ("series", "from", "to", "points"),
    ),
    ApiPath("/sources", "Nguồn dữ liệu và tình trạng / sources and their health", sources.Sources),
    ApiPath(
        "/events",
        "Sự việc: phản ánh, cảnh báo, phương tiện, tin, và nguồn còn cập nhật không / open events, with the state "
        "of their sources",
        events.Events,
    ),
    ApiPath(
        "/events/revisions",
        "Các lần báo của một sự việc / all reports of one source about one event",
        events.EventRevisions,
        ("source", "key"),
    ),
    ApiPath("/directives", "Văn bản chỉ đạo / directives", directives.Directives),
    ApiPath("/directives/{key}", "Một văn bản và nhiệm vụ / one directive, its tasks", directives.DirectiveDetail),
    ApiPath("/machine", "Máy chủ: đĩa, đồng hồ, chứng thư, sao lưu / health of the host", sources.HostHealth),
    ApiPath("/units", "Phường, xã / commune-level units", directives.AdminUnits),
)


def document(base: str) -> dict[str, Any]:
    """The OpenAPI document; `base`: path of the API."""
    responses = (*(path.response_model for path in PATHS), *directive_openapi.RESPONSES, ErrorBody)
    models = [(model, "serialization") for model in responses]
    models += [(model, "validation") for model in directive_openapi.REQUESTS]
    _, schemas = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "IOC Cần Thơ – giao diện dữ liệu / data and directives",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": {
            **{path.path: {"get": _operation(path)} for path in PATHS},
            **directive_openapi.paths(),
            "/vao/{key}": _WEBHOOK_PATH,
        },
        "webhooks": directive_openapi.webhooks(),
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SECURITY_SCHEMES},
    }


_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Token"},
}
_ANY_CONTENT: dict[str, Any] = {"schema": {}}
_WEBHOOK_PATH: dict[str, Any] = {
    "servers": [{"url": "/"}],
    "post": {
        "operationId": "post-webhook-message",
        "summary": "Gửi số liệu vào một nguồn / push data to a source",
        "security": [{"bearer": []}, {"header": []}],
        "parameters": [
            {"name": "key", "in": "path", "required": True, "schema": {"type": "string"},
             "description": "Mã nguồn / key of the source"},
        ],
        "requestBody": {
            "required": True,
            "content": dict.fromkeys(("application/json", "text/plain", "application/cbor"), _ANY_CONTENT),
        },
        "responses": {
            "202": {"description": "Đã ghi vào kho / committed"},
            "401": {"description": "Sai mã hoặc không có nguồn này / wrong token or no such source"},
            "413": {"description": "Lớn hơn 1 MiB / larger than 1 MiB"},
            "415": {"description": "Loại nội dung không nhận / a content type that is not accepted"},
            "429": {"description": "Gửi lại sau Retry-After giây / repeat after Retry-After seconds"},
            "503": {"description": "Chưa ghi được vào kho / the store cannot be written"},
        },
    },
}  # fmt: skip


def _operation(path: ApiPath) -> dict[str, Any]:
    parameters = [{"name": name, "in": "query", "required": False, **PARAMETERS[name]} for name in path.query]
    if "{key}" in path.path:
        parameters.append({"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, **_KEY})
    responses = {
        "200": {"description": "OK", "content": _content(path.response_model)},
        "304": {"description": "Không đổi / unchanged since the ETag that was sent"},
    }
    responses |= {
        status: {"description": description, "content": _content(ErrorBody)}
        for status, description in _ERROR_DESCRIPTIONS.items()
    }
    name = path.path.strip("/").replace("/{key}", "-one")
    return {"operationId": name, "summary": path.summary, "parameters": parameters, "responses": responses}


_KEY = {"description": "Mã chỉ số hoặc văn bản / key of the KPI or of the directive"}
_ERROR_DESCRIPTIONS = {
    "400": "Tham số sai / a wrong parameter",
    "401": "Thiếu khóa, hoặc khóa không được nhận / no key, or one that is not accepted",
    "403": "Khóa không có quyền này / the key does not permit this",
    "404": "Không có / not found",
    "429": "Gửi lại sau Retry-After giây / repeat after Retry-After seconds",
    "503": "Chưa đọc được kho dữ liệu / the store cannot be read",
}


def _content(model: type[ApiModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}

"""Read-only JSON under /api/v1/. Every answer has an ETag; every refusal is JSON, in both languages."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol

import htpy as h
import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from components.ui.i18n import t
from ioc.auth.permissions import Action
from ioc.domain.base.times import to_ms
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History
from ioc.storage.db.store import StoreError
from ioc.storage.events.events import EventRecord
from ioc.web.api import params, serializers
from ioc.web.api.event_serializers import events, revisions
from ioc.web.api.host_serializers import host_health
from ioc.web.api.openapi import PATHS, document
from ioc.web.api.params import ApiError
from ioc.web.api.schemas import ApiModel
from ioc.web.errors import json_errors
from ioc.web.middleware.authorization import requires

log = logging.getLogger("ioc.api")

BASE = "/api/v1"
_COLLECTIONS: Mapping[str, Callable[[Snapshot], ApiModel | None]] = {
    "kpis": serializers.kpis, "sources": serializers.sources,
    "directives": serializers.directives, "units": serializers.units,
    "events": events, "machine": host_health,
}  # fmt: skip


class ApiReadModel(Protocol):
    """What the API reads from: ioc.snapshot.cache."""

    @property
    def history(self) -> History: ...

    def phoned_moments(self, series: str, start: datetime, end: datetime) -> list[datetime]: ...

    def revisions(self, source: str, key: str) -> list[EventRecord]: ...

    def snapshot(self) -> Snapshot: ...

    def at(self, moment: datetime) -> Snapshot: ...


def blueprint(reads: ApiReadModel) -> Blueprint:
    """The API over `reads`."""
    api = Blueprint("api", __name__, url_prefix=BASE)
    seen = requires(Action.READ_API)
    described = orjson.dumps(document(BASE))

    def shown(answer: Callable[[Snapshot], ApiModel | None], missing: str = "", key: str = "") -> Response:
        given = _query_params("luc")
        now = reads.snapshot()
        at = params.as_of(given, now.at)
        snapshot = now if at is None else reads.at(at)
        return _conditional_response(snapshot, lambda: _or_not_found(answer(snapshot), missing, key))

    for name, answer in _COLLECTIONS.items():
        api.add_url_rule(f"/{name}", name, seen(partial(shown, answer)))

    api.add_url_rule("/readings", "readings", seen(partial(_readings, reads)))
    api.add_url_rule("/events/revisions", "revisions", seen(partial(_revisions, reads)))

    @api.get("/kpis/<key>")
    @seen
    def kpi(key: str) -> Response:
        return shown(lambda snapshot: serializers.kpi(snapshot, key), "unknown_kpi", key)

    @api.get("/directives/<key>")
    @seen
    def directive(key: str) -> Response:
        return shown(lambda snapshot: serializers.directive(snapshot, key), "unknown_directive", key)

    @api.get("/openapi.json")
    @seen
    def openapi() -> Response:
        return Response(described, mimetype="application/json")

    @api.get("/")
    @seen
    def listing() -> Response:
        return Response(_listing(), mimetype="text/html")

    @api.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @seen
    def nothing(rest: str) -> Response:
        if request.method != "GET":
            raise ApiError(405, "read-only", "read_only")
        raise ApiError(404, "not-found", "unknown_path")

    api.register_error_handler(ApiError, _error_response)
    api.register_error_handler(HTTPException, _http_error_response)
    api.register_error_handler(Exception, _unexpected_error_response)
    return api


def _readings(reads: ApiReadModel) -> Response:
    given = _query_params("series", "from", "to", "points")
    snapshot = reads.snapshot()
    key = _required_param(given, "series")
    span = params.readings_range(given, snapshot.at)
    found = serializers.find_series(snapshot, key)
    if found is None:
        raise ApiError(404, "not-found", "unknown_series", name=key)
    return _conditional_response(
        snapshot,
        lambda: serializers.readings(
            snapshot,
            found,
            span.start,
            span.end,
            reads.history(key, span.start, span.end, span.points),
            reads.phoned_moments(key, span.start, span.end),
        ),
    )


def _revisions(reads: ApiReadModel) -> Response:
    given, snapshot = _query_params("source", "key"), reads.snapshot()
    source, key = _required_param(given, "source"), _required_param(given, "key")
    return _conditional_response(
        snapshot, lambda: _or_not_found(revisions(snapshot, source, reads.revisions(source, key)), "unknown_event", key)
    )


def _required_param(given: Mapping[str, str], name: str) -> str:
    if not given.get(name):
        raise ApiError(400, "bad-parameter", "missing_parameter", name=name)
    return given[name]


def _query_params(*names: str) -> Mapping[str, str]:
    given = request.args.to_dict()
    params.reject_unknown(given, *names)
    return given


def _or_not_found(shape: ApiModel | None, missing: str, key: str) -> ApiModel:
    if shape is None:
        raise ApiError(404, "not-found", missing, name=key[:60])
    return shape


def _conditional_response(snapshot: Snapshot, make: Callable[[], ApiModel]) -> Response:
    """Made only when the caller does not hold it: an address's answer is its snapshot's."""
    etag = f"{snapshot.version}-{to_ms(snapshot.at):x}"
    if request.if_none_match.contains(etag):
        answer = Response(status=304)
    else:
        answer = Response(make().model_dump_json(by_alias=True), mimetype="application/json")
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _error_response(error: ApiError) -> Response:
    return json_errors.json_error(error.status, error.error, error.detail)


def _http_error_response(error: HTTPException) -> Response:
    if error.code == 405:
        return _error_response(ApiError(405, "read-only", "read_only"))
    return _error_response(
        ApiError(error.code or 400, "not-found" if error.code == 404 else "bad-request", "unknown_path")
    )


def _unexpected_error_response(error: Exception) -> Response:
    if isinstance(error, StoreError):
        log.error("the API cannot read the store: %s", error)
        return _error_response(ApiError(503, "unavailable", "unavailable"))
    log.error("the API failed to answer %s", request.path, exc_info=error)
    return _error_response(ApiError(500, "failed", "failed"))


def _listing() -> str:
    title = f"{t('api.title', 'vi')} / {t('api.title', 'en')}"
    rows = [
        h.li[
            h.code[h.a(href=BASE + one.path)[BASE + one.path] if "{" not in one.path else BASE + one.path],
            " – ", one.summary,
            h.small[" ?" + "&".join(one.query)],
        ]
        for one in PATHS
    ]  # fmt: skip
    body = h.body[h.h1[title], h.ul[rows], h.p[h.a(href=f"{BASE}/openapi.json")["openapi.json"]]]
    head = h.head[h.meta(charset="utf-8"), h.title[title], h.meta(name="viewport", content="width=device-width")]
    return str(h.html(lang="vi")[head, body])

"""Read-only JSON under /api/v1/. Every response has an ETag; every error is JSON with a code, in both languages."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol

import htpy as h
import orjson
from flask import Blueprint, Response, request

from components.ui.i18n import t
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import to_ms
from ioc.domain.directives.progress import DocumentView
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History
from ioc.storage.events.events import EventRecord
from ioc.web.api import params
from ioc.web.api.openapi import PATHS, document
from ioc.web.api.params import ApiError
from ioc.web.api.schemas.base import ApiModel
from ioc.web.api.serializers import directives, kpis, sources
from ioc.web.errors.codes import ApiCode, RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authentication import SAFE_METHODS
from ioc.web.middleware.authorization import requires

BASE = "/api/v1"
_MAX_ITEMS_AT_ONCE = 50  # of a list that are encoded in one call
_MAX_QUOTED_KEY = 60  # characters of an unknown key that are quoted
_COLLECTIONS: Mapping[str, Callable[[Snapshot], ApiModel | None]] = {
    "kpis": kpis.kpis,
    "sources": sources.sources,
    "directives": directives.directives,
    "units": directives.units,
    "events": sources.events,
    "machine": sources.host_health,
}


class ApiReadModel(Protocol):
    """What the API reads from: ioc.snapshot.cache. All times are aware."""

    @property
    def history(self) -> History: ...

    def phoned_moments(self, series: str, start: datetime, end: datetime) -> list[datetime]: ...

    def revisions(self, source: str, key: str) -> list[EventRecord]: ...

    def snapshot(self) -> Snapshot: ...

    def at(self, moment: datetime) -> Snapshot: ...


def blueprint(reads: ApiReadModel, followed: Callable[[str], DocumentView | None] = lambda _key: None) -> Blueprint:
    """The routes of the API over `reads`. `followed`: a document of the store by its key, None for an unknown one."""
    api = Blueprint("api", __name__, url_prefix=BASE)
    readable = requires(Action.READ_API)
    description = orjson.dumps(document(BASE))

    def from_snapshot(serialize: Callable[[Snapshot], ApiModel | None], unknown: ApiError | None = None) -> Response:
        query = params.query_params("luc")
        current = reads.snapshot()
        moment = params.as_of(query, current.at)
        snapshot = current if moment is None else reads.at(moment)
        return _conditional_response(snapshot, lambda: _require_found(serialize(snapshot), unknown))

    for name, serialize in _COLLECTIONS.items():
        api.add_url_rule(f"/{name}", name, readable(partial(from_snapshot, serialize)))

    api.add_url_rule("/readings", "readings", readable(partial(_readings, reads)))
    api.add_url_rule("/events/revisions", "revisions", readable(partial(_revisions, reads)))

    @api.get("/kpis/<key>")
    @readable
    def kpi(key: str) -> Response:
        unknown = ApiError(ApiCode.UNKNOWN_KPI, key=key[:_MAX_QUOTED_KEY])
        return from_snapshot(lambda snapshot: kpis.kpi(snapshot, key), unknown)

    @api.get("/directives/<key>")
    @readable
    def directive(key: str) -> Response:
        unknown = ApiError(ApiCode.UNKNOWN_DIRECTIVE, key=key[:_MAX_QUOTED_KEY])
        snapshot = reads.snapshot()
        is_configured = any(document.key == key for document in snapshot.register.documents)
        view = None if is_configured or request.args else followed(key)  # it is given as it is now
        if view is None:
            return from_snapshot(lambda snapshot: directives.directive(snapshot, key), unknown)
        body = directives.followed_directive(snapshot, view).model_dump_json(by_alias=True)
        return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})

    @api.get("/openapi.json")
    @readable
    def openapi() -> Response:
        return Response(description, mimetype="application/json")

    @api.get("/")
    @readable
    def listing() -> Response:
        return Response(_listing(), mimetype="text/html")

    @api.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @readable
    def unknown_path(rest: str) -> Response:
        raise RequestError(ApiCode.UNKNOWN_PATH if request.method in SAFE_METHODS else RequestCode.READ_ONLY)

    return api


def _readings(reads: ApiReadModel) -> Response:
    query = params.query_params("series", "from", "to", "points")
    snapshot = reads.snapshot()
    key = _required_param(query, "series")
    period = params.readings_range(query, snapshot.at)
    series_info = kpis.find_series(snapshot, key)
    if series_info is None:
        raise ApiError(ApiCode.UNKNOWN_SERIES, key=key[:_MAX_QUOTED_KEY])
    return _conditional_response(
        snapshot,
        lambda: kpis.readings(
            snapshot,
            series_info,
            period.start,
            period.end,
            reads.history(key, period.start, period.end, period.points),
            reads.phoned_moments(key, period.start, period.end),
        ),
    )


def _revisions(reads: ApiReadModel) -> Response:
    query, snapshot = params.query_params("source", "key"), reads.snapshot()
    source, key = _required_param(query, "source"), _required_param(query, "key")
    unknown = ApiError(ApiCode.UNKNOWN_EVENT, key=key[:_MAX_QUOTED_KEY])
    return _conditional_response(
        snapshot, lambda: _require_found(sources.revisions(snapshot, source, reads.revisions(source, key)), unknown)
    )


def _required_param(query: Mapping[str, str], name: str) -> str:
    if not query.get(name):
        raise ApiError(ApiCode.MISSING_PARAMETER, name=name)
    return query[name]


def _require_found(model: ApiModel | None, unknown: ApiError | None) -> ApiModel:
    if model is None:
        raise unknown or ApiError(ApiCode.UNKNOWN_PATH)
    return model


def _conditional_response(snapshot: Snapshot, make: Callable[[], ApiModel]) -> Response:
    """200, or 304 without calling `make`: a response depends on its address and its snapshot alone."""
    etag = f"{snapshot.version}-{to_ms(snapshot.at):x}"
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(b"".join(_encoded(make())), mimetype="application/json")
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _encoded(model: ApiModel) -> Iterator[bytes]:
    """The JSON of `model`, of a long list item by item: one call for all of it keeps other threads waiting."""
    long = {
        name: value
        for name, value in model
        if isinstance(value, list) and len(value) > _MAX_ITEMS_AT_ONCE and isinstance(value[0], ApiModel)
    }
    yield model.model_dump_json(by_alias=True, exclude=set(long))[:-1].encode()
    for name, items in long.items():
        yield f',"{type(model).model_fields[name].serialization_alias or name}":['.encode()
        for number, item in enumerate(items):
            yield (b"," if number else b"") + item.model_dump_json(by_alias=True).encode()
        yield b"]"
    yield b"}"


def _listing() -> str:
    title = f"{t('api.title', 'vi')} / {t('api.title', 'en')}"
    rows = [
        h.li[
            h.code[h.a(href=BASE + path.path)[BASE + path.path] if "{" not in path.path else BASE + path.path],
            " – ", path.summary,
            h.small[" ?" + "&".join(path.query)],
        ]
        for path in PATHS
    ]  # fmt: skip
    body = h.body[h.h1[title], h.ul[rows], h.p[h.a(href=f"{BASE}/openapi.json")["openapi.json"]]]
    head = h.head[h.meta(charset="utf-8"), h.title[title], h.meta(name="viewport", content="width=device-width")]
    return str(h.html(lang="vi")[head, body])

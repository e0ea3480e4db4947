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

from components.ui.i18n import say
from ioc.auth.permissions import Action
from ioc.domain.base.times import to_ms
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History
from ioc.storage.db.store import StoreError
from ioc.storage.events.events import Told
from ioc.web.api import params, serializers
from ioc.web.api.event_serializers import events, revisions
from ioc.web.api.host_serializers import machine
from ioc.web.api.openapi import PATHS, document
from ioc.web.api.params import Refusal
from ioc.web.api.schemas import Shape
from ioc.web.errors import json_errors
from ioc.web.middleware.authorization import names

log = logging.getLogger("ioc.api")

BASE = "/api/v1"
_WHOLE: Mapping[str, Callable[[Snapshot], Shape | None]] = {
    "kpis": serializers.kpis, "sources": serializers.sources,
    "directives": serializers.directives, "units": serializers.units,
    "events": events, "machine": machine,
}  # fmt: skip


class Reads(Protocol):
    """What the API reads from: ioc.snapshot.cache."""

    @property
    def history(self) -> History: ...

    def phoned(self, series: str, start: datetime, end: datetime) -> list[datetime]: ...

    def revisions(self, source: str, key: str) -> list[Told]: ...

    def snapshot(self) -> Snapshot: ...

    def at(self, moment: datetime) -> Snapshot: ...


def blueprint(reads: Reads) -> Blueprint:
    """The API over `reads`."""
    api = Blueprint("api", __name__, url_prefix=BASE)
    seen = names(Action.READ)
    described = orjson.dumps(document(BASE))

    def shown(answer: Callable[[Snapshot], Shape | None], missing: str = "", key: str = "") -> Response:
        given = _given("luc")
        now = reads.snapshot()
        at = params.past(given, now.at)
        snapshot = now if at is None else reads.at(at)
        return _answer(snapshot, lambda: _found(answer(snapshot), missing, key))

    for name, answer in _WHOLE.items():
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
            raise Refusal(405, "read-only", "read_only")
        raise Refusal(404, "not-found", "unknown_path")

    api.register_error_handler(Refusal, _refused)
    api.register_error_handler(HTTPException, _refused_by_flask)
    api.register_error_handler(Exception, _failed)
    return api


def _readings(reads: Reads) -> Response:
    given = _given("series", "from", "to", "points")
    snapshot = reads.snapshot()
    key = _needed(given, "series")
    span = params.span(given, snapshot.at)
    found = serializers.series_named(snapshot, key)
    if found is None:
        raise Refusal(404, "not-found", "unknown_series", name=key)
    return _answer(
        snapshot,
        lambda: serializers.readings(
            snapshot,
            found,
            span.start,
            span.end,
            reads.history(key, span.start, span.end, span.points),
            reads.phoned(key, span.start, span.end),
        ),
    )


def _revisions(reads: Reads) -> Response:
    given, snapshot = _given("source", "key"), reads.snapshot()
    source, key = _needed(given, "source"), _needed(given, "key")
    return _answer(
        snapshot, lambda: _found(revisions(snapshot, source, reads.revisions(source, key)), "unknown_event", key)
    )


def _needed(given: Mapping[str, str], name: str) -> str:
    if not given.get(name):
        raise Refusal(400, "bad-parameter", "missing_parameter", name=name)
    return given[name]


def _given(*names: str) -> Mapping[str, str]:
    given = request.args.to_dict()
    params.known(given, *names)
    return given


def _found(shape: Shape | None, missing: str, key: str) -> Shape:
    if shape is None:
        raise Refusal(404, "not-found", missing, name=key[:60])
    return shape


def _answer(snapshot: Snapshot, make: Callable[[], Shape]) -> Response:
    """Made only when the caller does not hold it: an address's answer is its snapshot's."""
    etag = f"{snapshot.version}-{to_ms(snapshot.at):x}"
    if request.if_none_match.contains(etag):
        answer = Response(status=304)
    else:
        answer = Response(make().model_dump_json(by_alias=True), mimetype="application/json")
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _refused(error: Refusal) -> Response:
    return json_errors.answer(error.status, error.error, error.detail)


def _refused_by_flask(error: HTTPException) -> Response:
    if error.code == 405:
        return _refused(Refusal(405, "read-only", "read_only"))
    return _refused(Refusal(error.code or 400, "not-found" if error.code == 404 else "bad-request", "unknown_path"))


def _failed(error: Exception) -> Response:
    if isinstance(error, StoreError):
        log.error("the API cannot read the store: %s", error)
        return _refused(Refusal(503, "unavailable", "unavailable"))
    log.error("the API failed to answer %s", request.path, exc_info=error)
    return _refused(Refusal(500, "failed", "failed"))


def _listing() -> str:
    title = f"{say('api.title', 'vi')} / {say('api.title', 'en')}"
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

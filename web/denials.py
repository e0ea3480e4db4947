"""How no is said: a way to sign in for a page, a sentence for a person, JSON for a program."""

import logging
import re
from collections.abc import Callable
from urllib.parse import urlencode

import htpy as h
from flask import Flask, Response, redirect, request

from components.text import say
from security.identity import Duty, Kind
from security.permission import Denied
from storage.store import StoreError
from web.forms.page import Words, page, words
from web.gate import key_of
from web.gate import told as as_json

log = logging.getLogger("ioc.access")

SIGN_IN, ENROL = "/dang-nhap", "/man-hinh"
DUTIES = {Duty.PASSWORD: "/tai-khoan/mat-khau", Duty.FACTOR: "/tai-khoan/lop-hai"}
_PROGRAMS = ("/api/", "/_dash", "/live/", "/toi", "/metrics", "/readyz")
# A path of our own: never another host's, whatever a browser makes of slashes and backslashes.
_OWN = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,400}")
_NO_WAY_BACK = ("/dang-nhap", "/dang-xuat", "/man-hinh", "/tai-khoan/mat-khau", "/tai-khoan/lop-hai")

Told = Callable[[Denied], object]


def answering(told: Told, is_kiosk: Callable[[str], bool]) -> Callable[[Denied], Response]:
    """What answers a Denied. `told` writes it down; being asked to sign in is no refusal yet."""

    def answer(denied: Denied) -> Response:
        asking = denied.visitor.kind is Kind.NOBODY and request.method in {"GET", "HEAD"}
        if not asking and not denied.visitor.duty:
            told(denied)
        return _answer(denied, is_kiosk)

    return answer


def _answer(denied: Denied, is_kiosk: Callable[[str], bool]) -> Response:
    if request.path.startswith(_PROGRAMS):
        return _program(401 if denied.must_sign_in else 403, key_of(denied))
    if request.method in {"GET", "HEAD"}:
        if denied.visitor.duty:
            return _to(DUTIES[denied.visitor.duty])
        if denied.must_sign_in:
            here = request.full_path.removesuffix("?")
            return _to(f"{ENROL if is_kiosk(request.path) else SIGN_IN}?{urlencode({'tiep': own(here)})}")
    return refuse(key_of(denied), 401 if denied.must_sign_in else 403)


def refuse(key: str, status: int = 403) -> Response:
    """The sentence gate.<key>: as a page, or as JSON for what a program asks."""
    if request.path.startswith(_PROGRAMS):
        return _program(status, key)
    said = words()
    other = h.a(".tool", href=SIGN_IN)[say("gate.other_account", said.lang)]
    body = h.section(".box.form-box")[
        h.p(".form-lead", role="alert")[say(f"gate.{key}", said.lang)],
        h.div(".form-row")[h.a(".tool.tool-main", href="/")[say("gate.back", said.lang)], status == 401 and other],
        _english(said, key),
    ]
    return page(say("gate.title", said.lang), body, status=status)


def _english(said: Words, key: str) -> h.Element | None:
    """Who was turned away may read either language."""
    return h.p(".quiet", lang="en")[say(f"gate.{key}", "en")] if said.lang != "en" else None


def own(path: str) -> str:
    """`path` where it is one of ours to go on to, "/" otherwise."""
    fits = _OWN.fullmatch(path) and path.isprintable() and not path.startswith(_NO_WAY_BACK)
    return path if fits else "/"


def guard_faults(server: Flask) -> None:
    """A body that is too large, and a store that is away, are answered in words, too."""

    @server.errorhandler(413)
    def too_large(_error: Exception) -> Response:
        return refuse("too_large", 413)

    @server.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        log.error("%s could not be answered: %s", request.path, error.reason)
        return refuse("away", 503)


def _to(path: str) -> Response:
    answer = redirect(path, 303)
    answer.headers["Cache-Control"] = "no-store"
    assert isinstance(answer, Response)
    return answer


def _program(status: int, key: str) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Response(as_json(key), status, mimetype="application/json", headers=headers)

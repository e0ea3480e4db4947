"""How no is said: a way to sign in for a page, a sentence for a person, JSON for a program."""

import logging
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import htpy as h
from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from components.ui.i18n import say
from ioc.auth.permissions import Denied
from ioc.auth.principal import Duty, Kind, Visitor
from ioc.storage.db.store import StoreError
from ioc.web.errors.audit import CODES, note
from ioc.web.errors.json_errors import answer, both
from ioc.web.middleware.authentication import FOR_PROGRAMS
from ioc.web.middleware.gate import PROGRAMS, for_programs, key_of, sentence
from ioc.web.views.layout import Words, page, words

log = logging.getLogger("ioc.access")

SIGN_IN, ENROL = "/dang-nhap", "/man-hinh"
DUTIES = {Duty.PASSWORD: "/tai-khoan/mat-khau", Duty.FACTOR: "/tai-khoan/lop-hai"}
# A path of our own: never another host's, whatever a browser makes of slashes and backslashes.
_OWN = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,400}")
_NO_WAY_BACK = ("/dang-nhap", "/dang-xuat", "/man-hinh", "/tai-khoan/mat-khau", "/tai-khoan/lop-hai")
_FAULTS = {404: "not_found", 405: "wrong_method", 413: "too_large", 415: "wrong_kind", 429: "too_fast", 500: "failed"}
_AGAIN = "60"  # seconds
_STRANGERS = frozenset({Kind.NOBODY, Kind.LOCAL})
_KEPT = ("Allow", "Retry-After")  # headers of werkzeug's own answers


def answering(is_kiosk: Callable[[str], bool]) -> Callable[[Denied], Response]:
    """What answers a Denied. Whoever is only led on to signing in, or to their duty, was refused nothing yet."""

    def answered(denied: Denied) -> Response:
        made = _answer(denied, is_kiosk)
        who = denied.visitor
        led = made.status_code == 303 and not who.gone and (who.duty or who.kind in _STRANGERS)
        if not led:
            what = f"{denied.about} {request.path}" if denied.about else ""
            note(denied.visitor.gone or _key(denied), denied.action, what)
        return made

    return answered


def _answer(denied: Denied, is_kiosk: Callable[[str], bool]) -> Response:
    status = 401 if denied.must_sign_in else 403
    if request.method in {"GET", "HEAD"} and not request.path.startswith(PROGRAMS):
        if denied.visitor.duty:
            return _to(DUTIES[denied.visitor.duty])
        if denied.must_sign_in and "Authorization" not in request.headers:
            here = request.full_path.removesuffix("?")
            wall = is_kiosk(request.path) or denied.visitor.gone.startswith("screen")  # whatever page it was given
            return _to(f"{ENROL if wall else SIGN_IN}?{urlencode({'tiep': own(here)})}")
    return refuse(_key(denied), status)


def _key(denied: Denied) -> str:
    """The sentence: to a program, by which a key would be shown or was shown where none is looked at."""
    key = key_of(denied)
    if key != "sign_in":
        return key
    if request.path.startswith(FOR_PROGRAMS):
        return "show_key"
    return "key_elsewhere" if "Authorization" in request.headers else key


def ended(was: Visitor) -> Response:
    """To who has filled in a form and is nobody any more: that it is over, and the way to sign in again."""
    made = refuse(sentence(was), 401)
    note(was.gone)
    return made


def refuse(key: str, status: int = 403, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """The sentence gate.<key>: as a page, or as JSON for what a program asks. What is refused is put down."""
    if status in CODES:
        note(key)
    programs = for_programs(request.path, request.headers.get("Accept", ""))
    made = answer(status, key, both(f"gate.{key}")) if programs else _page(key, status)
    made.headers.extend(dict(headers))
    return made


def _page(key: str, status: int) -> Response:
    said = words()
    other = h.a(".tool", href=SIGN_IN)[say("gate.other_account", said.lang)]
    body = h.section(".box.form-box")[
        h.p(".form-lead", role="alert")[say(f"gate.{key}", said.lang)],
        h.div(".form-row")[h.a(".tool.tool-main", href="/")[say("gate.back", said.lang)], status == 401 and other],
        _english(said, key),
    ]
    title = "gate.title" if status in CODES else "gate.title_none" if status == 404 else "gate.title_fault"
    # Nobody stands before a wall to press a key: it looks again by itself.
    looks = said.visitor.kind is Kind.SCREEN and request.method == "GET"
    return page(say(title, said.lang), body, status=status, refresh=_AGAIN if looks else "")


def _english(said: Words, key: str) -> h.Element | None:
    """Who was turned away may read either language."""
    return h.p(".quiet", lang="en")[say(f"gate.{key}", "en")] if said.lang != "en" else None


def own(path: str) -> str:
    """`path` where it is one of ours to go on to, "/" otherwise."""
    fits = _OWN.fullmatch(path) and path.isprintable() and not path.startswith(_NO_WAY_BACK)
    return path if fits else "/"


def guard_faults(server: Flask) -> None:
    """What cannot be answered, whoever found it out, is said in words: addresses, methods, bodies, a store away."""

    @server.errorhandler(HTTPException)
    def unanswered(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            made = error.get_response()
            assert isinstance(made, Response)
            return made
        kept = [(name, value) for name, value in error.get_headers() if name in _KEPT]
        return refuse(_FAULTS.get(status, "unread" if status < 500 else "failed"), status, kept)

    @server.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        log.error("%s could not be answered: %s", request.path, error.reason)
        return refuse("away", 503)


def _to(path: str) -> Response:
    made = redirect(path, 303)
    made.headers["Cache-Control"] = "no-store"
    assert isinstance(made, Response)
    return made

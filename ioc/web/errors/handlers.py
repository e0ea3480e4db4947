"""How no is said: a way to sign in for a page, a sentence for a person, JSON for a program."""

import logging
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import htpy as h
from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from components.ui.i18n import t
from ioc.auth.permissions import PermissionDeniedError
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction
from ioc.storage.db.store import StoreError
from ioc.web.errors.denials import DENIAL_REASONS, mark_denied
from ioc.web.errors.json_errors import bilingual, json_error
from ioc.web.middleware.authentication import API_KEY_PREFIXES
from ioc.web.middleware.gate import JSON_PREFIXES, denial_key, revoked_key, wants_json
from ioc.web.views.layout import PageContext, page_context, render_page

log = logging.getLogger("ioc.access")

LOGIN_PATH, ENROL_PATH = "/dang-nhap", "/man-hinh"
REQUIRED_ACTION_PATHS = {
    RequiredAction.CHANGE_PASSWORD: "/tai-khoan/mat-khau",
    RequiredAction.ENROL_MFA: "/tai-khoan/lop-hai",
}
# A path of our own: never another host's, whatever a browser makes of slashes and backslashes.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,400}")
_NO_RETURN_PATHS = ("/dang-nhap", "/dang-xuat", "/man-hinh", "/tai-khoan/mat-khau", "/tai-khoan/lop-hai")
_ERROR_KEYS = {
    404: "not_found",
    405: "wrong_method",
    413: "too_large",
    415: "wrong_kind",
    429: "too_fast",
    500: "failed",
}
_DISPLAY_REFRESH_SECONDS = "60"  # seconds
_ANONYMOUS_KINDS = frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.LOCAL})
_PRESERVED_HEADERS = ("Allow", "Retry-After")  # headers of werkzeug's own answers


def denied_handler(is_kiosk: Callable[[str], bool]) -> Callable[[PermissionDeniedError], Response]:
    """What answers a Denied. Whoever is only led on to signing in, or to their duty, was refused nothing yet."""

    def answered(denied: PermissionDeniedError) -> Response:
        made = _denied_response(denied, is_kiosk)
        who = denied.principal
        led = (
            made.status_code == 303 and not who.revoked_reason and (who.required_action or who.kind in _ANONYMOUS_KINDS)
        )
        if not led:
            what = f"{denied.about} {request.path}" if denied.about else ""
            mark_denied(denied.principal.revoked_reason or _message_key(denied), denied.action, what)
        return made

    return answered


def _denied_response(denied: PermissionDeniedError, is_kiosk: Callable[[str], bool]) -> Response:
    status = 401 if denied.must_sign_in else 403
    if request.method in {"GET", "HEAD"} and not request.path.startswith(JSON_PREFIXES):
        if denied.principal.required_action:
            return _redirect(REQUIRED_ACTION_PATHS[denied.principal.required_action])
        if denied.must_sign_in and "Authorization" not in request.headers:
            here = request.full_path.removesuffix("?")
            wall = is_kiosk(request.path) or denied.principal.revoked_reason.startswith(
                "screen"
            )  # whatever page it was given
            return _redirect(f"{ENROL_PATH if wall else LOGIN_PATH}?{urlencode({'tiep': safe_return_path(here)})}")
    return error_response(_message_key(denied), status)


def _message_key(denied: PermissionDeniedError) -> str:
    """The sentence: to a program, by which a key would be shown or was shown where none is looked at."""
    key = denial_key(denied)
    if key != "sign_in":
        return key
    if request.path.startswith(API_KEY_PREFIXES):
        return "show_key"
    return "key_elsewhere" if "Authorization" in request.headers else key


def session_ended_response(principal: Principal) -> Response:
    """To who has filled in a form and is nobody any more: that it is over, and the way to sign in again."""
    made = error_response(revoked_key(principal), 401)
    mark_denied(principal.revoked_reason)
    return made


def error_response(key: str, status: int = 403, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """The sentence gate.<key>: as a page, or as JSON for what a program asks. What is refused is put down."""
    if status in DENIAL_REASONS:
        mark_denied(key)
    programs = wants_json(request.path, request.headers.get("Accept", ""))
    made = json_error(status, key, bilingual(f"requests.{key}")) if programs else _error_page(key, status)
    made.headers.extend(dict(headers))
    return made


def _error_page(key: str, status: int) -> Response:
    said = page_context()
    other = h.a(".tool", href=LOGIN_PATH)[t("requests.other_account", said.lang)]
    body = h.section(".box.form-box")[
        h.p(".form-lead", role="alert")[t(f"requests.{key}", said.lang)],
        h.div(".form-row")[h.a(".tool.tool-main", href="/")[t("requests.back", said.lang)], status == 401 and other],
        _english_message(said, key),
    ]
    title = (
        "requests.title"
        if status in DENIAL_REASONS
        else "requests.title_none"
        if status == 404
        else "requests.title_fault"
    )
    # Nobody stands before a wall to press a key: it looks again by itself.
    looks = said.principal.kind is PrincipalKind.DISPLAY and request.method == "GET"
    return render_page(t(title, said.lang), body, status=status, refresh=_DISPLAY_REFRESH_SECONDS if looks else "")


def _english_message(said: PageContext, key: str) -> h.Element | None:
    """Who was turned away may read either language."""
    return h.p(".quiet", lang="en")[t(f"requests.{key}", "en")] if said.lang != "en" else None


def safe_return_path(path: str) -> str:
    """`path` where it is one of ours to go on to, "/" otherwise."""
    fits = _LOCAL_PATH.fullmatch(path) and path.isprintable() and not path.startswith(_NO_RETURN_PATHS)
    return path if fits else "/"


def install_error_handlers(server: Flask) -> None:
    """What cannot be answered, whoever found it out, is said in words: addresses, methods, bodies, a store away."""

    @server.errorhandler(HTTPException)
    def unanswered(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            made = error.get_response()
            assert isinstance(made, Response)
            return made
        kept = [(name, value) for name, value in error.get_headers() if name in _PRESERVED_HEADERS]
        return error_response(_ERROR_KEYS.get(status, "unread" if status < 500 else "failed"), status, kept)

    @server.errorhandler(StoreError)
    def away(error: StoreError) -> Response:
        log.error("%s could not be answered: %s", request.path, error.failure)
        return error_response("away", 503)


def _redirect(path: str) -> Response:
    made = redirect(path, 303)
    made.headers["Cache-Control"] = "no-store"
    assert isinstance(made, Response)
    return made

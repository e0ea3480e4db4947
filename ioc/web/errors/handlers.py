"""Responses to denied and failed requests: a redirect to the login, a page for a person, JSON for a program."""

import logging
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import htpy as h
from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.auth.permissions import PermissionDeniedError
from ioc.auth.principal import PrincipalKind, RequiredAction
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.storage.db.store import StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import DENIAL_REASONS, mark_denied
from ioc.web.errors.json_errors import failure_response
from ioc.web.middleware.authentication import API_KEY_PREFIXES
from ioc.web.middleware.gate import JSON_PREFIXES, denial_code, wants_json
from ioc.web.views.layout import page_context, render_page

log = logging.getLogger("ioc.access")

LOGIN_PATH, ENROL_PATH = "/dang-nhap", "/man-hinh"
REQUIRED_ACTION_PATHS = {
    RequiredAction.CHANGE_PASSWORD: "/tai-khoan/mat-khau",
    RequiredAction.ENROL_MFA: "/tai-khoan/lop-hai",
}
# A path of this host: no text that a browser could read as another host, whatever the slashes and backslashes.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,400}")
_NO_RETURN_PATHS = ("/dang-nhap", "/dang-xuat", "/man-hinh", "/tai-khoan/mat-khau", "/tai-khoan/lop-hai")
_CODES_BY_STATUS = {
    404: RequestCode.NOT_FOUND, 405: RequestCode.METHOD_NOT_ALLOWED, 413: RequestCode.TOO_LARGE,
    415: RequestCode.UNSUPPORTED_CONTENT_TYPE, 429: RequestCode.RATE_LIMITED, 500: RequestCode.INTERNAL_ERROR,
}  # fmt: skip
_DISPLAY_REFRESH_SECONDS = "60"
_ANONYMOUS_KINDS = frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.LOCAL})
_PRESERVED_HEADERS = ("Allow", "Retry-After")  # of werkzeug's own error responses


def denied_handler(is_kiosk: Callable[[str], bool]) -> Callable[[PermissionDeniedError], Response]:
    """The handler of PermissionDeniedError. `is_kiosk`: whether a path belongs to a display.

    A redirect to the login, or to a required action, is no denial yet.
    """

    def respond(denied: PermissionDeniedError) -> Response:
        response, principal = _denied_response(denied, is_kiosk), denied.principal
        may_continue = principal.required_action or principal.kind in _ANONYMOUS_KINDS
        if response.status_code != 303 or principal.revoked_reason or not may_continue:
            resource = f"{denied.about} {request.path}" if denied.about else ""
            mark_denied(principal.revoked_reason or _denied_code(denied), denied.action, resource)
        return response

    return respond


def _denied_response(denied: PermissionDeniedError, is_kiosk: Callable[[str], bool]) -> Response:
    status, principal = 401 if denied.must_sign_in else 403, denied.principal
    if request.method in {"GET", "HEAD"} and not request.path.startswith(JSON_PREFIXES):
        if principal.required_action:
            return _redirect(REQUIRED_ACTION_PATHS[principal.required_action])
        if denied.must_sign_in and "Authorization" not in request.headers:
            reason = principal.revoked_reason
            was_display = reason is not None and reason.credential_kind is PrincipalKind.DISPLAY
            path = ENROL_PATH if was_display or is_kiosk(request.path) else LOGIN_PATH
            return _redirect(f"{path}?{urlencode({'tiep': safe_return_path(request.full_path.removesuffix('?'))})}")
    return error_response(_denied_code(denied), status)


def _denied_code(denied: PermissionDeniedError) -> ErrorCode:
    """The code for the caller: a program is told how to send a key, or that a key is not accepted at this path."""
    code = denial_code(denied)
    if code is not RequestCode.LOGIN_REQUIRED:
        return code
    if request.path.startswith(API_KEY_PREFIXES):
        return RequestCode.KEY_REQUIRED
    return RequestCode.KEY_NOT_ACCEPTED_HERE if "Authorization" in request.headers else code


def error_response(code: ErrorCode, status: int = 403, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """The text of `code` as a page, or as JSON for a program. A status of DENIAL_REASONS is audited."""
    if status in DENIAL_REASONS:
        mark_denied(code)
    is_program = wants_json(request.path, request.headers.get("Accept", ""))
    response = failure_response(status, code) if is_program else _error_page(Failure(code), status)
    response.headers.extend(dict(headers))
    return response


def _error_page(failure: Failure, status: int) -> Response:
    context = page_context()
    sign_in = h.a(".tool", href=LOGIN_PATH)[context.t("views.error_other_account")]
    body = h.section(".box.form-box")[
        h.p(".form-lead", role="alert")[describe(failure, context.lang)],
        h.div(".form-row")[h.a(".tool.tool-main", href="/")[context.t("views.error_home")], status == 401 and sign_in],
        # A caller without a preference of their own may read either language.
        context.lang != "en" and h.p(".quiet", lang="en")[describe(failure, "en")],
    ]
    # Nobody presses a key at a wall: the page of a display reloads by itself.
    is_display = context.principal.kind is PrincipalKind.DISPLAY and request.method == "GET"
    refresh = _DISPLAY_REFRESH_SECONDS if is_display else ""
    return render_page(t(_title_key(status), context.lang), body, status=status, refresh=refresh)


def _title_key(status: int) -> str:
    if status in DENIAL_REASONS:
        return "views.error_denied"
    return "views.error_not_found" if status == 404 else "views.error_failed"


def safe_return_path(path: str) -> str:
    """`path` where it is a path of ours that a login may lead on to, "/" otherwise."""
    is_safe = _LOCAL_PATH.fullmatch(path) and path.isprintable() and not path.startswith(_NO_RETURN_PATHS)
    return path if is_safe else "/"


def install_error_handlers(server: Flask) -> None:
    """Answers HTTP errors of Flask and werkzeug, and failures of the store, with `error_response`."""

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            response = error.get_response()
            assert isinstance(response, Response)
            return response
        headers = [(name, value) for name, value in error.get_headers() if name in _PRESERVED_HEADERS]
        other = RequestCode.MALFORMED if status < 500 else RequestCode.INTERNAL_ERROR
        return error_response(_CODES_BY_STATUS.get(status, other), status, headers)

    @server.errorhandler(StoreError)
    def store_error(error: StoreError) -> Response:
        log.error("%s not answered: %s", request.path, error.failure)
        return error_response(RequestCode.STORE_UNAVAILABLE, 503)


def _redirect(path: str) -> Response:
    response = redirect(path, 303)
    response.headers["Cache-Control"] = "no-store"
    assert isinstance(response, Response)
    return response

"""Responses to denied and failed requests: a redirect to the login, a page for a person, JSON for a program."""

import logging
import re
from collections.abc import Callable
from urllib.parse import urlencode

import htpy as h
from dash.exceptions import DependencyException
from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.auth.errors import AuthError
from ioc.dash_kit.typed import InputError
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import PrincipalKind, RequiredAction
from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.base.failure import Failure, FailureError
from ioc.domain.base.system_errors import SystemCode, is_of_folder, system_failure
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.sheet_errors import SheetError
from ioc.domain.submissions.errors import SubmissionError
from ioc.storage.db.commands import CommandError
from ioc.storage.db.errors import StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import mark_denied, mark_if_denied
from ioc.web.errors.json_errors import JSON_PREFIXES, error_response, wants_json
from ioc.web.errors.permission_codes import permission_error
from ioc.web.errors.request_error import DENIAL_REASONS, RequestError, request_error
from ioc.web.errors.store_failures import store_request_code
from ioc.web.views.layout import page_context, render_page
from ioc.web.wsgi import Environ

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
    **DENIAL_REASONS, 404: RequestCode.NOT_FOUND, 405: RequestCode.METHOD_NOT_ALLOWED, 500: RequestCode.INTERNAL_ERROR,
}  # fmt: skip
_DISPLAY_RELOAD_SECONDS = 60
_MAX_LOGGED = 200  # characters of why a value was refused
_ANONYMOUS_KINDS = frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.LOCAL})
_PRESERVED_HEADERS = ("Allow", "Retry-After")  # of werkzeug's own error responses


def respond(error: RequestError, environ: Environ | None = None) -> Response:
    """The response to a request that is denied or cannot be answered: JSON for a program, a page for a person.

    `environ`: of a request that has not reached Flask; a page needs Flask's context all the same.
    """
    environ = request.environ if environ is None else environ
    mark_if_denied(environ, error)
    is_program = wants_json(environ["PATH_INFO"], environ.get("HTTP_ACCEPT", ""))
    return (error_response if is_program else _error_page)(error)


def _permission_response(denied: PermissionDeniedError, is_kiosk: Callable[[str], bool]) -> Response:
    """A redirect to the login or to a required action is no denial yet, unless a credential was not accepted."""
    error, path = permission_error(denied, request.environ), _redirect_path(denied, is_kiosk)
    if not path:
        return respond(error)
    principal = denied.principal
    may_continue = principal.required_action or principal.kind in _ANONYMOUS_KINDS
    if principal.revoked_reason or not may_continue:
        mark_denied(request.environ, error)
    response = redirect(path, 303)
    response.headers["Cache-Control"] = "no-store"
    assert isinstance(response, Response)
    return response


def _redirect_path(denied: PermissionDeniedError, is_kiosk: Callable[[str], bool]) -> str:
    """Where a person without the permission is led, "" for nowhere."""
    principal = denied.principal
    if request.method not in {"GET", "HEAD"} or request.path.startswith(JSON_PREFIXES):
        return ""
    if principal.required_action:
        return REQUIRED_ACTION_PATHS[principal.required_action]
    if not denied.must_sign_in or "Authorization" in request.headers:
        return ""
    reason = principal.revoked_reason
    was_display = reason is not None and reason.credential_kind is PrincipalKind.DISPLAY
    path = ENROL_PATH if was_display or is_kiosk(request.path) else LOGIN_PATH
    return f"{path}?{urlencode({'tiep': safe_return_path(request.full_path.removesuffix('?'))})}"


def _error_page(error: RequestError) -> Response:
    ensure_may_block()
    context, status, failure = page_context(), error.status, error.failure
    sign_in = h.a(".tool", href=LOGIN_PATH)[context.t("views.error_other_account")]
    path = request.full_path.removesuffix("?")
    is_passing = status == 503 and _LOCAL_PATH.fullmatch(path) is not None
    again = h.a(".tool.tool-main", href=path)[context.t("views.error_again")]
    home = h.a(".tool" if is_passing else ".tool.tool-main", href="/")[context.t("views.error_home")]
    is_bare = context.principal.kind is PrincipalKind.ANONYMOUS  # who may open none of the pages in the rail
    body = h.section(".box.form-box")[
        h.p(".form-lead", role="alert")[describe(failure, context.lang)],
        h.div(".form-row")[is_passing and again, home, status == 401 and sign_in],
        # A caller whom nobody knows may read either language.
        is_bare and context.lang != "en" and h.p(".quiet", lang="en")[describe(failure, "en")],
    ]
    # Nobody presses a key at a wall: the page of a display reloads by itself.
    is_display = context.principal.kind is PrincipalKind.DISPLAY and request.method == "GET"
    seconds = _DISPLAY_RELOAD_SECONDS if is_display else 0
    title = t(_title_key(status), context.lang)
    response = render_page(title, body, status=status, reload_seconds=seconds, is_bare=is_bare)
    response.headers.update(error.headers)
    return response


def _title_key(status: int) -> str:
    if status in DENIAL_REASONS:
        return "views.error_denied"
    return "views.error_not_found" if status == 404 else "views.error_failed"


def safe_return_path(path: str) -> str:
    """`path` where it is a path of ours that a login may lead on to, "/" otherwise."""
    is_safe = _LOCAL_PATH.fullmatch(path) and path.isprintable() and not path.startswith(_NO_RETURN_PATHS)
    return path if is_safe else "/"


def _file_error(error: OSError) -> Response:
    """A disk or folder that takes no file; any other error is one of the program."""
    if not is_of_folder(error):
        raise error
    cause = system_failure(error)
    is_of_program = cause.code == SystemCode.NOT_FOUND  # it may be
    log.error("%r not answered: %s %s", request.path, cause, error.filename or "", exc_info=is_of_program)
    return respond(RequestError(Failure(RequestCode.FILE_NOT_KEPT, {"cause": cause})))


def install(server: Flask, is_kiosk: Callable[[str], bool]) -> None:
    """Answers denied permissions, errors of requests, HTTP errors and failures of the store.

    `is_kiosk`: whether a path belongs to a display.
    """
    server.register_error_handler(RequestError, respond)
    server.register_error_handler(OSError, _file_error)

    @server.errorhandler(PermissionDeniedError)
    def permission_denied(denied: PermissionDeniedError) -> Response:
        return _permission_response(denied, is_kiosk)

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            response = error.get_response()
            assert isinstance(response, Response)
            return response
        headers = {name: value for name, value in error.get_headers() if name in _PRESERVED_HEADERS}
        other = RequestCode.MALFORMED if status < 500 else RequestCode.INTERNAL_ERROR
        return respond(RequestError(_CODES_BY_STATUS.get(status, other), status=status, headers=headers))

    @server.errorhandler(DependencyException)
    def unknown_file(error: DependencyException) -> Response:
        """A file of Dash's components that there is not."""
        return respond(RequestError(RequestCode.NOT_FOUND))

    @server.errorhandler(AuthError)
    @server.errorhandler(SubmissionError)
    @server.errorhandler(SheetError)
    @server.errorhandler(ActError)
    @server.errorhandler(CommandError)
    def refused(error: FailureError) -> Response:
        """A command refused what a callback asked for."""
        return respond(request_error(error))

    @server.errorhandler(InputError)
    def bad_input(error: InputError) -> Response:
        """A callback was sent what it does not take."""
        log.info("%r refused: %r", request.path, str(error)[:_MAX_LOGGED])
        return respond(RequestError(RequestCode.MALFORMED))

    @server.errorhandler(StoreError)
    def store_error(error: StoreError) -> Response:
        code = store_request_code(error)
        level = logging.WARNING if code is RequestCode.BUSY else logging.ERROR  # its sender repeats it
        log.log(level, "%r not answered: %s", request.path, error.failure)
        return respond(RequestError(code))

"""/man-hinh: opened on a display that is to be enrolled: shows its code, then leads to its page."""

import htpy as h
from flask import Blueprint, Response, request

from components.access.displays import PLACE_PARAMETER
from components.ui.error_messages import describe
from ioc.auth.displays import DisplayService
from ioc.auth.errors import AuthError
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.failure import Failure
from ioc.web.errors.handlers import safe_return_path
from ioc.web.errors.permission_codes import revoked_code
from ioc.web.middleware.authentication import DISPLAY_COOKIE
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.cookies import delete_cookie, get_cookie, set_cookie
from ioc.web.middleware.get_only import get_only
from ioc.web.views.form_errors import error_text, http_status
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services, page_that_leads_on, redirect_to, user_agent

REQUEST_COOKIE = "ioc-ask"  # "code.secret" of a display that waits to be enrolled
COOKIE_SECONDS = 400 * 86400  # the longest that browsers keep a cookie; it is set again with each page
_REQUEST_COOKIE_SECONDS = 900
_RELOAD_SECONDS = 4


def blueprint(services: Services) -> Blueprint:
    """The page of a display that waits. It reloads by itself, without a script."""
    pages = Blueprint("display_enrolment", __name__)
    _add_cookie_renewal(pages, services.auth.displays)

    @pages.get("/man-hinh")
    @requires(Action.VIEW_PUBLIC)
    @get_only
    def show() -> Response:
        if page := page_that_leads_on():  # a person or a display is recognised in the next request
            return page
        if current_principal().kind is PrincipalKind.DISPLAY:
            return redirect_to(display_path(services, current_principal().name))
        if current_principal().kind is PrincipalKind.USER and "tiep" in request.args:
            return redirect_to(safe_return_path(request.args["tiep"]))
        code, _, secret = get_cookie(REQUEST_COOKIE).partition(".")
        if secret and (cookie := services.auth.displays.collect_cookie(secret)):
            return _enrolled_response(services, cookie)
        return _code_response(services, code, secret)

    return pages


def display_path(services: Services, key: str) -> str:
    """The path that the display `key` is to show."""
    return services.auth.displays.page_of(key) or "/tuong"


def _enrolled_response(services: Services, cookie: str) -> Response:
    """Gives the browser the cookie of the display, and leads to its page."""
    display = services.auth.displays.authenticate(cookie, current_principal().address, is_use=False)
    is_enrolled = display.kind is PrincipalKind.DISPLAY
    response = redirect_to(display_path(services, display.name) if is_enrolled else "/man-hinh")
    set_cookie(response, DISPLAY_COOKIE, cookie, seconds=COOKIE_SECONDS)
    delete_cookie(response, REQUEST_COOKIE)
    return response


def _code_response(services: Services, code: str, secret: str) -> Response:
    context = page_context()
    new_code = None
    if not services.auth.displays.is_pending(secret):
        try:
            place_code = request.args.get(PLACE_PARAMETER, "")[:20]
            new_code = services.auth.displays.request_code(current_principal().address, user_agent(), place_code)
        except AuthError as error:
            return _enrolment_page(error_text(context, error), status=http_status(error))
        code, secret = new_code.code, new_code.secret
    response = _enrolment_page(context.t("views.waiting_how"), code)
    if new_code:
        set_cookie(response, REQUEST_COOKIE, f"{code}.{secret}", seconds=_REQUEST_COOKIE_SECONDS)
    return response


def _enrolment_page(instructions: str, code: str = "", status: int = 200) -> Response:
    context = page_context()
    inside = h.div(".waiting")[
        _former_display_notice(context),
        code and h.output(".code", aria_label=context.t("views.screen_code"))[code],
        h.p[instructions],
        h.p(".quiet")[context.t("views.waiting_until")],
        request.args.get("tiep") and h.p(".quiet")[h.a(".link", href="/dang-nhap")[context.t("views.waiting_person")]],
    ]
    title = context.t("views.waiting_title")
    return render_page(title, inside, is_bare=True, reload_seconds=_RELOAD_SECONDS, status=status)


def _former_display_notice(context: PageContext) -> h.Element | None:
    """That this browser was a display, by its name, and is none any more."""
    principal, reason = context.principal, context.principal.revoked_reason
    if reason is None or reason.credential_kind is not PrincipalKind.DISPLAY:
        return None
    name = h.b[f"{principal.display_name}: "] if principal.display_name else None
    return h.p(role="status")[name, describe(Failure(revoked_code(principal) or reason), context.lang)]


def _add_cookie_renewal(pages: Blueprint, displays: DisplayService) -> None:
    """Sets a display's cookie again with each page, and a new one when it is old: it never expires in use.

    Not with an answer for shared caches, which would give the cookie to everybody.
    """

    @pages.after_app_request
    def renew(response: Response) -> Response:
        is_personal = request.method != "HEAD" and not response.cache_control.public
        cookie = get_cookie(DISPLAY_COOKIE) if is_personal else ""
        is_page = response.mimetype == "text/html" and current_principal().kind is PrincipalKind.DISPLAY
        if cookie and is_page and (kept := displays.renew_cookie(cookie, current_principal().address)):
            set_cookie(response, DISPLAY_COOKIE, kept, seconds=COOKIE_SECONDS)
        return response

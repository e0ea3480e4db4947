"""/man-hinh: what a screen opens that is to be enrolled: its code, read from across the room; then its page."""

import htpy as h
from flask import Blueprint, Response, request

from ioc.auth.displays import DisplayService
from ioc.auth.errors import AuthError
from ioc.auth.permissions import Action
from ioc.auth.principal import PrincipalKind
from ioc.web.errors.denials import mark_form_denied
from ioc.web.middleware.authentication import DISPLAY_COOKIE
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.cookies import delete_cookie, get_cookie, set_cookie
from ioc.web.middleware.gate import revoked_key
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services, redirect_to, user_agent
from ioc.web.views.widgets import http_status

REQUEST_COOKIE = "ioc-ask"  # the cookie of a screen that waits: "code.secret"
COOKIE_SECONDS = 400 * 86400  # seconds: what browsers keep a cookie for at the most; it is given anew with each page
_REQUEST_COOKIE_SECONDS = 900
_REFRESH_SECONDS = "4"  # seconds until the page looks again


def blueprint(services: Services) -> Blueprint:
    """Waiting to be enrolled. It looks again by itself, without a script."""
    pages = Blueprint("screen", __name__)
    _add_cookie_renewal(pages, services.displays)

    @pages.get("/man-hinh")
    @requires(Action.VIEW_PUBLIC)
    def waits() -> Response:
        if current_principal().kind is PrincipalKind.DISPLAY:
            return redirect_to(display_path(services, current_principal().name))
        code, _, secret = get_cookie(REQUEST_COOKIE).partition(".")
        if secret and (cookie := services.displays.collect_cookie(secret)):
            return _enrolled_response(services, cookie)
        return _code_response(services, code, secret)

    return pages


def display_path(services: Services, key: str) -> str:
    """Where the screen `key` belongs."""
    return services.displays.page_of(key) or "/tuong"


def _enrolled_response(services: Services, cookie: str) -> Response:
    """Enrolled: the identity is the browser's from now on."""
    known = services.displays.authenticate(cookie, current_principal().address)
    answer = redirect_to(display_path(services, known.name) if known.kind is PrincipalKind.DISPLAY else "/man-hinh")
    set_cookie(answer, DISPLAY_COOKIE, cookie, seconds=COOKIE_SECONDS, strict=True)
    delete_cookie(answer, REQUEST_COOKIE)
    return answer


def _code_response(services: Services, code: str, secret: str) -> Response:
    said = page_context()
    fresh = None
    if not services.displays.is_pending(secret):
        try:
            fresh = services.displays.request_code(current_principal().address, user_agent())
        except AuthError as refused:
            mark_form_denied(refused)
            return _enrolment_page(said.t("forms.waiting_full"), status=http_status(refused))
        code, secret = fresh.code, fresh.secret
    answer = _enrolment_page(said.t("forms.waiting_how"), code)
    if fresh:
        set_cookie(answer, REQUEST_COOKIE, f"{code}.{secret}", seconds=_REQUEST_COOKIE_SECONDS, strict=True)
    return answer


def _enrolment_page(instructions: str, code: str = "", status: int = 200) -> Response:
    said = page_context()
    inside = h.div(".waiting")[
        _former_display_notice(said),
        code and h.output(".code", aria_label=said.t("forms.screen_code"))[code],
        h.p[instructions],
        h.p(".quiet")[said.t("forms.waiting_until")],
        request.args.get("tiep") and h.p(".quiet")[h.a(".link", href="/dang-nhap")[said.t("forms.waiting_person")]],
    ]
    return render_page(said.t("forms.waiting_title"), inside, is_bare=True, refresh=_REFRESH_SECONDS, status=status)


def _former_display_notice(context: PageContext) -> h.Element | None:
    """Which wall this browser was, and that it is none now."""
    was = context.principal
    if not was.revoked_reason.startswith("screen"):
        return None
    text = context.t(f"requests.{revoked_key(was)}")
    return h.p(role="status")[h.b[f"{was.display_name}: "] if was.display_name else None, text]


def _add_cookie_renewal(pages: Blueprint, displays: DisplayService) -> None:
    """With each page a screen's cookie is given anew, or another one once it grows old: no wall goes dark by age."""

    @pages.after_app_request
    def given_anew(response: Response) -> Response:
        cookie = get_cookie(DISPLAY_COOKIE)
        if cookie and response.mimetype == "text/html" and current_principal().kind is PrincipalKind.DISPLAY:
            fresh = displays.renew_cookie(cookie, current_principal().address)
            set_cookie(response, DISPLAY_COOKIE, fresh or cookie, seconds=COOKIE_SECONDS, strict=True)
        return response

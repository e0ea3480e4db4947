"""/dang-nhap: password, then second factor; /dang-xuat."""

from urllib.parse import urlencode

import htpy as h
from flask import Blueprint, Response, request

from components.ui.error_messages import describe
from components.ui.icons import mark
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.mfa import MfaChallenge
from ioc.auth.sessions import NewSession
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import PrincipalKind, RevokedReason
from ioc.domain.base.failure import Failure
from ioc.web.errors.handlers import safe_return_path
from ioc.web.middleware.authentication import SESSION_COOKIE
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.cookies import delete_cookie, get_cookie, set_cookie
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import (
    Services,
    page_that_brings_cookies,
    redirect_to,
    user_agent,
    with_session_cookie,
)
from ioc.web.views.widgets import button, done_notice, field, form, form_value

MFA_COOKIE = "ioc-step"  # token of a login that waits for the second factor
_MFA_COOKIE_SECONDS = 300
_MAX_PASSWORD_LENGTH = 1024


def blueprint(services: Services) -> Blueprint:
    """Login and logout."""
    pages = Blueprint("login", __name__)

    @pages.get("/dang-nhap")
    @requires(Action.VIEW_PUBLIC)
    def show_login() -> Response:
        if current_principal().kind is PrincipalKind.USER:
            return redirect_to(services.page_after_login(_next_path(), current_principal()))
        # Who is signed in already is recognised in the next request.
        return page_that_brings_cookies() or login_page(services, None)

    @pages.post("/dang-nhap")
    @requires(Action.VIEW_PUBLIC)
    def send_password() -> Response:
        try:
            password = request.form.get("mat-khau", "")[:_MAX_PASSWORD_LENGTH]
            result = services.auth.login.sign_in(
                Credentials(form_value("ten"), password), current_principal().address, user_agent=user_agent()
            )
        except AuthError as error:
            return login_page(services, error)
        return login_response(services, result, _next_path())

    _add_mfa_routes(pages, services)
    _add_sign_out_routes(pages, services)
    return pages


def _add_mfa_routes(pages: Blueprint, services: Services) -> None:
    @pages.get("/dang-nhap/ma")
    @requires(Action.VIEW_PUBLIC)
    def show_code() -> Response:
        return _mfa_code_page(None) if get_cookie(MFA_COOKIE) else redirect_to("/dang-nhap")

    @pages.post("/dang-nhap/ma")
    @requires(Action.VIEW_PUBLIC)
    def send_code() -> Response:
        try:
            session = services.auth.login.verify_mfa(
                get_cookie(MFA_COOKIE), form_value("ma"), current_principal().address
            )
        except AuthError as error:
            is_over = error.code is AuthCode.LOGIN_STEP_EXPIRED
            return login_page(services, error) if is_over else _mfa_code_page(error)
        path = services.page_after_login(_next_path(), session.principal)
        response = _begin_session(services, redirect_to(path), session)
        delete_cookie(response, MFA_COOKIE)
        return response


def _add_sign_out_routes(pages: Blueprint, services: Services) -> None:
    @pages.post("/dang-xuat")
    @requires(Action.VIEW_PUBLIC)
    def sign_out() -> Response:
        if current_principal().kind is PrincipalKind.USER:
            services.auth.sessions.sign_out(current_principal())
        response = redirect_to("/dang-nhap?xong=out")
        delete_cookie(response, SESSION_COOKIE)
        return response

    @pages.get("/dang-xuat")
    @requires(Action.VIEW_PUBLIC)
    def redirect_to_account() -> Response:
        return redirect_to("/tai-khoan")


def login_response(services: Services, result: NewSession | MfaChallenge, path: str) -> Response:
    """After a right password: to `path` with a session, or to the second step with its token."""
    if isinstance(result, NewSession):
        return _begin_session(services, redirect_to(services.page_after_login(path, result.principal)), result)
    response = redirect_to(f"/dang-nhap/ma?{urlencode({'tiep': path})}")
    set_cookie(response, MFA_COOKIE, result.token, seconds=_MFA_COOKIE_SECONDS)
    return response


def _begin_session(services: Services, response: Response, session: NewSession) -> Response:
    """`response` with the cookie of `session`. The one that the browser loses ends: nobody could sign it out."""
    if current_principal().kind is PrincipalKind.USER:
        services.auth.sessions.sign_out(current_principal())
    return with_session_cookie(response, session)


def _next_path() -> str:
    return safe_return_path(request.form.get("tiep") or request.args.get("tiep", ""))


def login_page(services: Services, error: AuthError | None) -> Response:
    """The form for name and password, with the error of the attempt before."""
    context = page_context()
    next_path = _next_path()
    inside = form(
        "/dang-nhap",
        h.input(type="hidden", name="tiep", value=next_path),
        field(context.t("views.name"), "ten", form_value("ten"), autocomplete="username", has_focus=True),
        field(
            context.t("views.password"), "mat-khau", kind="password", autocomplete="current-password", max_length=256
        ),
        button(context.t("views.sign_in"), is_primary=True),
    )
    provider = (
        None
        if services.policy.oidc is None
        else h.a(".tool", href=f"/dang-nhap/oidc?{urlencode({'tiep': next_path})}")[context.t("views.by_provider")]
    )
    wall = h.p(".quiet.form-row")[
        context.t("views.is_wall"), " ", h.a(".link", href="/man-hinh")[context.t("views.enrol_here")]
    ]
    public = h.p(".quiet.form-row")[h.a(".link", href="/cong-khai")[context.t("shell.public")]]
    box = h.section(".box.form-box.form-wide")[
        h.p(".quiet")[context.t("views.sign_in_why")],
        _session_ended_notice(context, error),
        error_notice(context, error),
        done_notice(context),
        inside,
        provider,
        wall,
        public,
    ]
    return render_page(context.t("views.sign_in"), box, is_bare=True, status=http_status(error))


def _session_ended_notice(context: PageContext, error: AuthError | None) -> h.Element | None:
    """That the session of this browser's cookie has ended."""
    reason = current_principal().revoked_reason
    if error is not None or reason is not RevokedReason.SESSION_ENDED or request.args.get("xong"):
        return None
    text = describe(Failure(reason), context.lang)
    return h.div(".said.said-wrong", role="status")[mark("late"), h.p[text]]


def _mfa_code_page(error: AuthError | None) -> Response:
    context = page_context()
    inside = form(
        "/dang-nhap/ma",
        h.input(type="hidden", name="tiep", value=_next_path()),
        h.div(".code-field")[
            field(context.t("views.code"), "ma", autocomplete="one-time-code", has_focus=True, max_length=20,
                  hint=context.t("views.code_hint"))
        ],
        button(context.t("views.go_on"), is_primary=True),
    )  # fmt: skip
    restart = h.a(".link", href="/dang-nhap")[context.t("views.start_again")]
    box = h.section(".box.form-box.form-wide")[error_notice(context, error), inside, h.p[restart]]
    return render_page(context.t("views.second_step"), box, is_bare=True, status=http_status(error))

"""/dang-nhap: the password, then the second factor; /dang-xuat."""

from urllib.parse import urlencode

import htpy as h
from flask import Blueprint, Response, request

from components.ui.icons import mark
from ioc.auth.account_service import NewSession
from ioc.auth.errors import AuthError
from ioc.auth.permissions import Action
from ioc.auth.principal import PrincipalKind, RevokedReason
from ioc.web.errors.handlers import safe_return_path
from ioc.web.middleware.authentication import SESSION_COOKIE
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.cookies import delete_cookie, get_cookie, set_cookie
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services, redirect_to, user_agent, with_session_cookie
from ioc.web.views.widgets import button, done_notice, error_notice, field, form, form_value, http_status

MFA_COOKIE = "ioc-step"  # the cookie of who has shown the password and not yet the second factor
MFA_COOKIE_SECONDS = 300
_MAX_PASSWORD_LENGTH = 1024


def blueprint(services: Services) -> Blueprint:
    """Signing in and out."""
    pages = Blueprint("sign_in", __name__)

    @pages.get("/dang-nhap")
    @requires(Action.VIEW_PUBLIC)
    def asked() -> Response:
        if current_principal().kind is PrincipalKind.USER:
            return redirect_to(_next_path())
        return login_page(services, None)

    @pages.post("/dang-nhap")
    @requires(Action.VIEW_PUBLIC)
    def sent() -> Response:
        try:
            typed = request.form.get("mat-khau", "")[:_MAX_PASSWORD_LENGTH]
            made = services.accounts.sign_in(
                form_value("ten"), typed, current_principal().address, user_agent=user_agent()
            )
        except AuthError as refused:
            return login_page(services, refused)
        if isinstance(made, NewSession):
            return with_session_cookie(redirect_to(_next_path()), made)
        answer = redirect_to(f"/dang-nhap/ma?{urlencode({'tiep': _next_path()})}")
        set_cookie(answer, MFA_COOKIE, made.token, seconds=MFA_COOKIE_SECONDS)
        return answer

    _add_mfa_routes(pages, services)
    _add_sign_out_routes(pages, services)
    return pages


def _add_mfa_routes(pages: Blueprint, services: Services) -> None:
    @pages.get("/dang-nhap/ma")
    @requires(Action.VIEW_PUBLIC)
    def code_asked() -> Response:
        return _mfa_code_page(None) if get_cookie(MFA_COOKIE) else redirect_to("/dang-nhap")

    @pages.post("/dang-nhap/ma")
    @requires(Action.VIEW_PUBLIC)
    def code_sent() -> Response:
        try:
            made = services.accounts.verify_mfa(get_cookie(MFA_COOKIE), form_value("ma"), current_principal().address)
        except AuthError as refused:
            return login_page(services, refused) if refused.key == "waited" else _mfa_code_page(refused)
        answer = with_session_cookie(redirect_to(_next_path()), made)
        delete_cookie(answer, MFA_COOKIE)
        return answer


def _add_sign_out_routes(pages: Blueprint, services: Services) -> None:
    @pages.post("/dang-xuat")
    @requires(Action.VIEW_PUBLIC)
    def out() -> Response:
        if current_principal().kind is PrincipalKind.USER:
            services.accounts.sign_out(current_principal())
        answer = redirect_to("/dang-nhap?xong=out")
        delete_cookie(answer, SESSION_COOKIE)
        return answer

    @pages.get("/dang-xuat")
    @requires(Action.VIEW_PUBLIC)
    def out_asked() -> Response:
        return redirect_to("/tai-khoan")


def _next_path() -> str:
    return safe_return_path(request.form.get("tiep") or request.args.get("tiep", ""))


def login_page(services: Services, error: AuthError | None) -> Response:
    """Name and password, and why it was refused."""
    said = page_context()
    way = _next_path()
    inside = form(
        "/dang-nhap",
        h.input(type="hidden", name="tiep", value=way),
        field(said.t("forms.name"), "ten", form_value("ten"), autocomplete="username", has_focus=True),
        field(said.t("forms.password"), "mat-khau", kind="password", autocomplete="current-password", max_length=256),
        button(said.t("forms.sign_in"), is_primary=True),
    )
    provider = (
        None
        if services.rules.oidc is None
        else h.a(".tool", href=f"/dang-nhap/oidc?{urlencode({'tiep': way})}")[said.t("forms.by_provider")]
    )
    wall = h.p(".quiet.form-row")[
        said.t("forms.is_wall"), " ", h.a(".link", href="/man-hinh")[said.t("forms.enrol_here")]
    ]
    box = h.section(".box.form-box.form-wide")[
        h.p(".quiet")[said.t("forms.sign_in_why")],
        _session_ended_notice(said, error),
        error_notice(said, error),
        done_notice(said),
        inside,
        provider,
        wall,
    ]
    return render_page(said.t("forms.sign_in"), box, is_bare=True, status=http_status(error))


def _session_ended_notice(context: PageContext, error: AuthError | None) -> h.Element | None:
    """That the session which this browser still shows has ended."""
    if (
        error is not None
        or current_principal().revoked_reason is not RevokedReason.SESSION_ENDED
        or request.args.get("xong")
    ):
        return None
    return h.div(".said.said-wrong", role="status")[mark("late"), h.p[context.t("requests.gone_session")]]


def _mfa_code_page(error: AuthError | None) -> Response:
    said = page_context()
    inside = form(
        "/dang-nhap/ma",
        h.input(type="hidden", name="tiep", value=_next_path()),
        h.div(".code-field")[
            field(said.t("forms.code"), "ma", autocomplete="one-time-code", has_focus=True, max_length=20,
                  hint=said.t("forms.code_hint"))
        ],
        button(said.t("forms.go_on"), is_primary=True),
    )  # fmt: skip
    again = h.a(".link", href="/dang-nhap")[said.t("forms.start_again")]
    box = h.section(".box.form-box.form-wide")[error_notice(said, error), inside, h.p[again]]
    return render_page(said.t("forms.second_step"), box, is_bare=True, status=http_status(error))

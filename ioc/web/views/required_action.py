"""Required actions, which come before everything else: a password of one's own, and the second factor.

Plain forms, since no other page and no callback is open before. Later: pages/account.py.
"""

import re
from collections.abc import Callable
from functools import wraps

import htpy as h
from flask import Blueprint, Response, request
from markupsafe import Markup

from components.ui.error_messages import describe
from ioc.auth import totp
from ioc.auth.errors import AuthError
from ioc.auth.self_service import PasswordChange
from ioc.auth.totp import TotpEnrolment
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import RequiredAction
from ioc.domain.base.failure import Failure
from ioc.web.errors.codes import RequestCode
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services, redirect_to, with_session_cookie
from ioc.web.views.widgets import action_button, button, done_notice, field, form, form_value

_ACCOUNT = "/tai-khoan"
_MFA = f"{_ACCOUNT}/lop-hai"
_SVG_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')  # size of an SVG that is to fit its box
_SECRET_PATTERN = re.compile(r"[A-Z2-7]{16,64}", re.ASCII)
_MAX_PASSWORD_LENGTH = 1024  # read of a form; longer than any that is accepted

View = Callable[[], Response]


def blueprint(services: Services) -> Blueprint:
    """The forms of both actions."""
    pages = Blueprint("required_action", __name__, url_prefix=_ACCOUNT)

    @pages.get("/mat-khau")
    @_while_required(RequiredAction.CHANGE_PASSWORD)
    def show_password_form() -> Response:
        return _password_page(None)

    @pages.post("/mat-khau")
    @_while_required(RequiredAction.CHANGE_PASSWORD)
    def change_password() -> Response:
        new, repeated = (request.form.get(name, "")[:_MAX_PASSWORD_LENGTH] for name in ("moi", "lai"))
        try:
            session = services.auth.self_service.change_password(current_principal(), PasswordChange("", new, repeated))
        except AuthError as error:
            return _password_page(error)
        first = services.page_after_login("/", session.principal)
        return with_session_cookie(redirect_to(f"{_ACCOUNT}?xong=password" if first == "/" else first), session)

    @pages.get("/lop-hai")
    @_while_required(RequiredAction.ENROL_MFA)
    def show_mfa_form() -> Response:
        return _mfa_page(services, None)

    @pages.post("/lop-hai/bat-dau")
    @_while_required(RequiredAction.ENROL_MFA)
    def begin() -> Response:
        password = request.form.get("mat-khau", "")[:_MAX_PASSWORD_LENGTH]
        try:
            enrolment = services.auth.mfa.begin(current_principal(), password)
        except AuthError as error:
            return _mfa_page(services, error)
        return _scan_page(enrolment, None)

    @pages.post("/lop-hai/xac-nhan")
    @_while_required(RequiredAction.ENROL_MFA)
    def confirm() -> Response:
        try:
            issued = services.auth.mfa.confirm(current_principal(), form_value("ma"))
        except AuthError as error:
            return _scan_again_page(services, error)
        return with_session_cookie(_recovery_codes_page(issued.recovery_codes), issued.session)

    return pages


def _while_required(action: RequiredAction) -> Callable[[View], View]:
    """A view for who must do `action` first; everybody else is led to the own account."""

    def mark(view: View) -> View:
        @requires(Action.MANAGE_OWN_ACCOUNT)
        @wraps(view)
        def when_required() -> Response:
            return view() if current_principal().required_action is action else redirect_to(_ACCOUNT)

        return when_required

    return mark


def _password_page(error: AuthError | None) -> Response:
    context = page_context()
    inside = form(
        f"{_ACCOUNT}/mat-khau",
        field(
            context.t("views.password_new"), "moi", kind="password", autocomplete="new-password", max_length=256,
            has_focus=True, hint=context.t("views.password_hint"),
        ),
        field(context.t("views.password_again"), "lai", kind="password", autocomplete="new-password", max_length=256),
        button(context.t("views.save"), is_primary=True),
    )  # fmt: skip
    box = h.section(".box.form-box.form-wide")[
        h.p(".form-lead")[describe(Failure(RequestCode.PASSWORD_CHANGE_REQUIRED), context.lang)],
        error_notice(context, error),
        inside,
        action_button("/dang-xuat", context.t("views.sign_out")),
    ]
    return render_page(context.t("views.change_password"), box, is_bare=True, status=http_status(error))


def _mfa_page(services: Services, error: AuthError | None) -> Response:
    context, has_password = page_context(), services.auth.self_service.has_password(current_principal())
    box = h.section(".box.form-box.form-wide")[
        h.p(".form-lead")[describe(Failure(RequestCode.MFA_SETUP_REQUIRED), context.lang)],
        error_notice(context, error),
        done_notice(context),
        h.p[context.t("views.factor_why")],
        form(
            f"{_MFA}/bat-dau",
            has_password and _password_input(context),
            button(context.t("views.factor_begin"), is_primary=True),
        ),
        action_button("/dang-xuat", context.t("views.sign_out")),
    ]
    return render_page(context.t("views.factor"), box, is_bare=True, status=http_status(error))


def _password_input(context: PageContext) -> h.Element:
    return field(
        context.t("views.password_old"), "mat-khau", kind="password", autocomplete="current-password", max_length=256
    )


def _scan_page(enrolment: TotpEnrolment, error: AuthError | None) -> Response:
    context = page_context()
    spaced = " ".join(re.findall(".{1,4}", enrolment.secret))
    box = h.section(".box.form-box.form-wide")[
        error_notice(context, error),
        h.ol(".steps")[(h.li[context.t(f"views.factor_step_{n}")] for n in (1, 2, 3))],
        h.div(".qr")[_qr_image(enrolment)],
        h.details(".more")[h.summary[context.t("views.factor_type")], h.output(".secret")[spaced]],
        form(
            f"{_MFA}/xac-nhan",
            h.input(type="hidden", name="bi-mat", value=enrolment.secret),
            h.div(".code-field")[
                field(context.t("views.code_app"), "ma", autocomplete="one-time-code", has_focus=True, max_length=10,
                      inputmode="numeric")
            ],
            button(context.t("views.factor_confirm"), is_primary=True),
        ),
        action_button("/dang-xuat", context.t("views.sign_out")),
    ]  # fmt: skip
    return render_page(context.t("views.factor"), box, is_bare=True, status=http_status(error))


def _scan_again_page(services: Services, error: AuthError) -> Response:
    """The enrolment again, from the form's own field; the code is checked against the secret in the store."""
    secret = form_value("bi-mat")
    if not _SECRET_PATTERN.fullmatch(secret):
        return _mfa_page(services, error)
    return _scan_page(totp.enrolment(current_principal().name, secret), error)


def _qr_image(enrolment: TotpEnrolment) -> Markup:
    """The SVG, scaled to its box. It is generated here and holds no text from outside."""
    return Markup(_SVG_SIZE.sub(r'viewBox="0 0 \1 \2"', enrolment.qr_svg, count=1))  # nosec B704


def _recovery_codes_page(codes: tuple[str, ...]) -> Response:
    """The codes in the response to the form itself: they are stored nowhere in clear."""
    context = page_context()
    box = h.section(".box.form-box.form-wide")[
        h.div(".said.said-done", role="status")[h.p[context.t("views.done_factor")]],
        h.p[context.t("views.codes_why")],
        h.ul(".codes")[(h.li[code] for code in codes)],
        h.a(".tool.tool-main", href=_ACCOUNT)[context.t("views.codes_kept")],
    ]
    return render_page(context.t("views.codes"), box, is_bare=True)

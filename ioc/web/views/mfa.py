"""/tai-khoan/lop-hai: own second factor: enrolment by QR code, confirmation, recovery codes, removal."""

import re

import htpy as h
from flask import Blueprint, Response, request
from markupsafe import Markup

from components.ui.error_messages import describe
from ioc.auth import totp
from ioc.auth.errors import AuthError
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

BASE_PATH = "/tai-khoan/lop-hai"
_SVG_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')  # size of an SVG that is to fit its box
_SECRET_PATTERN = re.compile(r"[A-Z2-7]{16,64}", re.ASCII)


def blueprint(services: Services) -> Blueprint:
    """The second factor of the signed-in user."""
    pages = Blueprint("mfa", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def show() -> Response:
        return _mfa_page(services, None)

    @pages.post("/bat-dau")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def begin() -> Response:
        try:
            enrolment = services.auth.mfa.begin(current_principal(), _submitted_password())
        except AuthError as error:
            return _mfa_page(services, error)
        return _scan_page(enrolment, None)

    @pages.post("/xac-nhan")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def confirm() -> Response:
        try:
            issued = services.auth.mfa.confirm(current_principal(), form_value("ma"))
        except AuthError as error:
            return _scan_again_page(services, error)
        return with_session_cookie(_recovery_codes_page(issued.recovery_codes, "factor"), issued.session)

    @pages.post("/bo")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def remove() -> Response:
        try:
            session = services.auth.mfa.remove(current_principal(), _submitted_password())
        except AuthError as error:
            return _mfa_page(services, error)
        return with_session_cookie(redirect_to("/tai-khoan?xong=factor_dropped"), session)

    @pages.post("/ma-du-phong")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def renew_codes() -> Response:
        try:
            issued = services.auth.mfa.renew_recovery_codes(current_principal(), _submitted_password())
        except AuthError as error:
            return _mfa_page(services, error)
        return with_session_cookie(_recovery_codes_page(issued.recovery_codes, "codes"), issued.session)

    return pages


def _submitted_password() -> str:
    return request.form.get("mat-khau", "")[:1024]


def _mfa_page(services: Services, error: AuthError | None) -> Response:
    """The state of the second factor, and its forms."""
    context, principal = page_context(), current_principal()
    has_mfa = services.auth.mfa.is_enabled(principal)
    password_input = services.auth.self_service.has_password(principal) and _password_input(context)
    is_required = principal.required_action is RequiredAction.ENROL_MFA
    box = h.section(".box.form-box.form-wide")[
        is_required and h.p(".form-lead")[describe(Failure(RequestCode.MFA_SETUP_REQUIRED), context.lang)],
        error_notice(context, error),
        done_notice(context),
        h.p[context.t("views.factor_why")],
        has_mfa and h.p(".quiet")[context.t("views.codes_left", n=services.auth.mfa.recovery_codes_left(principal))],
        form(
            f"{BASE_PATH}/bat-dau",
            password_input,
            button(context.t("views.factor_again" if has_mfa else "views.factor_begin"), is_primary=True),
        ),
        has_mfa and _further_actions(context, password_input),
        is_required and action_button("/dang-xuat", context.t("views.sign_out")),
    ]
    return render_page(context.t("views.factor"), box, is_bare=True, status=http_status(error))


def _further_actions(context: PageContext, password_input: h.Node) -> h.Element:
    return h.details(".more")[
        h.summary[context.t("views.factor_more")],
        form(f"{BASE_PATH}/ma-du-phong", password_input, button(context.t("views.codes_new"))),
        form(f"{BASE_PATH}/bo", password_input, button(context.t("views.factor_drop"), is_danger=True)),
    ]


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
            f"{BASE_PATH}/xac-nhan",
            h.input(type="hidden", name="bi-mat", value=enrolment.secret),
            h.div(".code-field")[
                field(context.t("views.code_app"), "ma", autocomplete="one-time-code", has_focus=True, max_length=10,
                      inputmode="numeric")
            ],
            button(context.t("views.factor_confirm"), is_primary=True),
        ),
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


def _recovery_codes_page(codes: tuple[str, ...], done_key: str) -> Response:
    """The codes in the response to the form itself: they are stored nowhere in clear. `done_key`: what was done."""
    context = page_context()
    box = h.section(".box.form-box.form-wide")[
        h.div(".said.said-done", role="status")[h.p[context.t(f"views.done_{done_key}")]],
        h.p[context.t("views.codes_why")],
        h.ul(".codes")[(h.li[code] for code in codes)],
        h.a(".tool.tool-main", href="/tai-khoan")[context.t("views.codes_kept")],
    ]
    return render_page(context.t("views.codes"), box, is_bare=True)

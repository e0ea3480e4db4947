"""/tai-khoan/lop-hai: an authenticator, its picture to be scanned, the code that proves it, recovery codes."""

import re

import htpy as h
from flask import Blueprint, Response, request
from markupsafe import Markup

from ioc.auth import mfa
from ioc.auth.errors import AuthError
from ioc.auth.mfa import TotpEnrolment
from ioc.auth.permissions import Action
from ioc.auth.principal import RequiredAction
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services, redirect_to, with_session_cookie
from ioc.web.views.widgets import action_button, button, done_notice, error_notice, field, form, form_value, http_status

BASE_PATH = "/tai-khoan/lop-hai"
_SVG_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')  # of a drawing that is to fit its box
_SECRET_PATTERN = re.compile(r"[A-Z2-7]{16,64}", re.ASCII)


def blueprint(services: Services) -> Blueprint:
    """The second factor of whoever is signed in."""
    pages = Blueprint("factor", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def shown() -> Response:
        return _mfa_page(services, None)

    @pages.post("/bat-dau")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def begun() -> Response:
        try:
            made = services.accounts.begin_mfa(current_principal(), _submitted_password())
        except AuthError as refused:
            return _mfa_page(services, refused)
        return _scan_page(made, None)

    @pages.post("/xac-nhan")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def confirmed() -> Response:
        try:
            made = services.accounts.confirm_mfa(current_principal(), form_value("ma"))
        except AuthError as refused:
            # Drawn from what this browser was shown; what counts is what the store keeps.
            secret = form_value("bi-mat")
            again = _SECRET_PATTERN.fullmatch(secret)
            return (
                _scan_page(mfa.enrolment(current_principal().name, secret), refused)
                if again
                else _mfa_page(services, refused)
            )
        return with_session_cookie(_recovery_codes_page(made.recovery_codes, "factor"), made.session)

    @pages.post("/bo")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def dropped() -> Response:
        try:
            made = services.accounts.remove_mfa(current_principal(), _submitted_password())
        except AuthError as refused:
            return _mfa_page(services, refused)
        return with_session_cookie(redirect_to("/tai-khoan?xong=factor_dropped"), made)

    @pages.post("/ma-du-phong")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def renewed() -> Response:
        try:
            made = services.accounts.renew_recovery_codes(current_principal(), _submitted_password())
        except AuthError as refused:
            return _mfa_page(services, refused)
        return with_session_cookie(_recovery_codes_page(made.recovery_codes, "codes"), made.session)

    return pages


def _submitted_password() -> str:
    return request.form.get("mat-khau", "")[:1024]


def _mfa_page(services: Services, error: AuthError | None) -> Response:
    """Where it stands, and what can be done about it."""
    said, mine = page_context(), current_principal()
    stands, ask = services.accounts.has_mfa(mine), services.accounts.has_password(mine) and _password_input(said)
    box = h.section(".box.form-box.form-wide")[
        mine.required_action is RequiredAction.ENROL_MFA and h.p(".form-lead")[said.t("requests.duty_factor")],
        error_notice(said, error),
        done_notice(said),
        h.p[said.t("forms.factor_why")],
        stands and h.p(".quiet")[said.t("forms.codes_left", n=services.accounts.recovery_codes_left(mine))],
        form(
            f"{BASE_PATH}/bat-dau",
            ask,
            button(said.t("forms.factor_again" if stands else "forms.factor_begin"), is_primary=True),
        ),
        stands and _further_actions(said, ask),
        mine.required_action is RequiredAction.ENROL_MFA and action_button("/dang-xuat", said.t("forms.sign_out")),
    ]
    return render_page(said.t("forms.factor"), box, is_bare=True, status=http_status(error))


def _further_actions(context: PageContext, password_input: h.Node) -> h.Element:
    return h.details(".more")[
        h.summary[context.t("forms.factor_more")],
        form(f"{BASE_PATH}/ma-du-phong", password_input, button(context.t("forms.codes_new"))),
        form(f"{BASE_PATH}/bo", password_input, button(context.t("forms.factor_drop"), is_danger=True)),
    ]


def _password_input(context: PageContext) -> h.Element:
    return field(
        context.t("forms.password_old"), "mat-khau", kind="password", autocomplete="current-password", max_length=256
    )


def _scan_page(enrolment: TotpEnrolment, error: AuthError | None) -> Response:
    said = page_context()
    spaced = " ".join(re.findall(".{1,4}", enrolment.secret))
    box = h.section(".box.form-box.form-wide")[
        error_notice(said, error),
        h.ol(".steps")[(h.li[said.t(f"forms.factor_step_{n}")] for n in (1, 2, 3))],
        h.div(".qr")[_qr_image(enrolment)],
        h.details(".more")[h.summary[said.t("forms.factor_type")], h.output(".secret")[spaced]],
        form(
            f"{BASE_PATH}/xac-nhan",
            h.input(type="hidden", name="bi-mat", value=enrolment.secret),
            h.div(".code-field")[
                field(said.t("forms.code_app"), "ma", autocomplete="one-time-code", has_focus=True, max_length=10,
                      inputmode="numeric")
            ],
            button(said.t("forms.factor_confirm"), is_primary=True),
        ),
    ]  # fmt: skip
    return render_page(said.t("forms.factor"), box, is_bare=True, status=http_status(error))


def _qr_image(enrolment: TotpEnrolment) -> Markup:
    """The drawing, as large as its box. It is of our own making: no text of anybody's stands in it."""
    return Markup(_SVG_SIZE.sub(r'viewBox="0 0 \1 \2"', enrolment.qr_svg, count=1))  # nosec B704


def _recovery_codes_page(codes: tuple[str, ...], done_key: str) -> Response:
    """Shown in the answer to the form itself: nothing keeps them, so no later page could. `what`: is done."""
    said = page_context()
    box = h.section(".box.form-box.form-wide")[
        h.div(".said.said-done", role="status")[h.p[said.t(f"forms.done_{done_key}")]],
        h.p[said.t("forms.codes_why")],
        h.ul(".codes")[(h.li[one] for one in codes)],
        h.a(".tool.tool-main", href="/tai-khoan")[said.t("forms.codes_kept")],
    ]
    return render_page(said.t("forms.codes"), box, is_bare=True)

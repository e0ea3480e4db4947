"""/tai-khoan: the own account: facts, password, sessions. The second factor: mfa.py."""

import re
from collections.abc import Iterable

import htpy as h
from flask import Blueprint, Response, request

from components.ui.error_messages import describe
from components.ui.format import format_moment
from components.ui.icons import mark
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.self_service import PasswordChange
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import RequiredAction
from ioc.domain.base.failure import Failure
from ioc.storage.access.sessions import LoginHistory, Session
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.handlers import REQUIRED_ACTION_PATHS
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.admin import TABS
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.login_notice import is_suspicious, previous_login_text
from ioc.web.views.services import Services, redirect_to, with_session_cookie
from ioc.web.views.widgets import action_button, button, done_notice, field, form, table

# User-Agent patterns in order: each browser also carries the names of those below it.
_BROWSERS = (
    ("(?i)coc_coc", "Cốc Cốc"), ("Edg(e|A|iOS)?/", "Edge"), ("OPR/|Opera", "Opera"), ("Samsung", "Samsung Internet"),
    ("Firefox/|FxiOS", "Firefox"), ("Chromium", "Chromium"), ("Chrome/|CriOS", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPad", "iPad"), ("iPhone", "iPhone"), ("CrOS", "ChromeOS"),
    ("Macintosh|Mac OS", "macOS"), ("Linux|X11", "Linux"),
)  # fmt: skip


_SUBMISSION_PAGES = (
    (Action.SUBMIT, "/nhap-so-lieu", "submissions.desk"),
    (Action.APPROVE_SUBMISSION, "/duyet-so-lieu", "submissions.release"),
    (Action.ENTER_PHONE_REPORT, "/bao-qua-dien-thoai", "submissions.call"),
)


def blueprint(services: Services) -> Blueprint:
    """The account of the signed-in user."""
    pages = Blueprint("account", __name__, url_prefix="/tai-khoan")

    @pages.get("")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def show() -> Response:
        action = current_principal().required_action
        return redirect_to(REQUIRED_ACTION_PATHS[action]) if action else _account_page(services, None)

    @pages.get("/mat-khau")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def show_password_form() -> Response:
        return _password_page(None)

    @pages.post("/mat-khau")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def change_password() -> Response:
        old, new, repeated = (request.form.get(name, "")[:1024] for name in ("cu", "moi", "lai"))
        try:
            if new != repeated:
                raise AuthError(AuthCode.PASSWORD_MISMATCH)
            session = services.auth.self_service.change_password(current_principal(), PasswordChange(old, new))
        except AuthError as error:
            return _password_page(error)
        return with_session_cookie(redirect_to("/tai-khoan?xong=password"), session)

    @pages.post("/phien")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def end_session() -> Response:
        principal, number = current_principal(), request.form.get("phien", "")
        try:
            if number == "*":
                services.auth.sessions.end_all_sessions(principal.name, principal, except_session=principal.session_id)
            else:
                services.auth.sessions.end_session(parse_session_id(number), principal, owner=principal.name)
        except AuthError as error:
            return _account_page(services, error)
        return redirect_to("/tai-khoan?xong=ended")

    return pages


def parse_session_id(text: str) -> int:
    """The number of a session. Raises AuthError: SESSION_NOT_FOUND for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise AuthError(AuthCode.SESSION_NOT_FOUND)
    return int(text)


def _account_page(services: Services, error: AuthError | None) -> Response:
    context, principal = page_context(), current_principal()
    has_mfa = services.auth.mfa.is_enabled(principal)
    agency = services.agency_names().get(principal.agency)
    facts = (
        ("views.name", principal.name), ("views.shown", principal.display_name),
        ("views.roles", role_names(context, principal.roles)),
        ("views.agency", agency.get(context.lang) if agency else principal.agency or "–"),
        ("views.factor", context.t("views.factor_on" if has_mfa else "views.factor_off")),
    )  # fmt: skip
    links = [("/tai-khoan/mat-khau", "views.change_password"), ("/tai-khoan/lop-hai", "views.factor_change")]
    links += [(path, key) for action, path, key in _SUBMISSION_PAGES if is_allowed(principal, action)]
    if any(is_allowed(principal, action) for _, _, action in TABS):
        links.append(("/quan-tri", "shell.admin"))
    facts_box = h.section(".box.form-box")[
        h.dl(".facts")[((h.dt[context.t(key)], h.dd[value]) for key, value in facts)],
        h.div(".form-row")[
            (h.a(".tool", href=path)[context.t(key)] for path, key in links),
            action_button("/dang-xuat", context.t("views.sign_out")),
        ],
    ]
    rows = services.auth.sessions.list_sessions(principal.name, principal)
    login_notice = _login_notice(context, services.auth.sessions.login_history(principal))
    sessions_box = h.section(".box.form-box")[
        h.h2(".box-title")[context.t("views.sessions")],
        h.p(".quiet")[context.t("views.sessions_why")],
        sessions_table(context, rows, "/tai-khoan/phien", principal.session_id),
        len(rows) > 1
        and h.div(".form-row")[action_button("/tai-khoan/phien", context.t("views.end_others"), hidden={"phien": "*"})],
    ]
    return render_page(
        context.t("views.account"),
        error_notice(context, error),
        done_notice(context),
        login_notice,
        facts_box,
        sessions_box,
        status=http_status(error),
    )


def _login_notice(context: PageContext, login_history: LoginHistory) -> h.Element:
    """The previous login; and what to do where somebody else may have used or tried the account."""
    line = h.p[previous_login_text(login_history, context.lang)]
    if not is_suspicious(login_history):
        return h.div(".said")[mark("normal"), line]
    new = (
        login_history.unfamiliar
        and h.p[context.t("views.before_new"), " ", _new_places_text(context, login_history), "."]
    )
    return h.div(".said.said-wrong", role="status")[
        mark("attention"), h.div[line, new, h.p[context.t("views.before_doubt")]]
    ]


def _new_places_text(context: PageContext, login_history: LoginHistory) -> str:
    return ", ".join(context.t(f"views.strange_{kind}") for kind in sorted(login_history.unfamiliar))


def role_names(context: PageContext, roles: Iterable[str]) -> str:
    """The words of the roles, "–" for none."""
    return ", ".join(context.t(f"views.role_{role}") for role in sorted(roles)) or "–"


def sessions_table(context: PageContext, rows: Iterable[Session], action: str, own_session_id: int = 0) -> h.Element:
    """Sessions, each with a button to end it, except the own one. `action`: where the button posts."""
    heads = [context.t(f"views.{head}") for head in ("browser", "address", "since", "last_act")]
    return table(
        [*heads, ""],
        (
            [
                h.fragment[user_agent_label(context, session.user_agent), _new_place_badge(context, session)],
                session.address,
                format_moment(session.created_at),
                format_moment(session.last_active),
                h.span(".quiet")[context.t("views.this_one")]
                if session.id == own_session_id
                else action_button(action, context.t("views.end"), hidden={"phien": str(session.id)}),
            ]
            for session in rows
        ),
    )


def user_agent_label(context: PageContext, user_agent: str) -> h.Element:
    """Browser and operating system in words; the User-Agent header itself is the tooltip."""
    parts = {
        "browser": _first_match(_BROWSERS, user_agent) or context.t("views.browser_other"),
        "system": _first_match(_SYSTEMS, user_agent),
    }
    return h.span(title=user_agent or None)[
        context.t("views.browser_on", **parts) if parts["system"] else parts["browser"]
    ]


def _first_match(patterns: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in patterns if re.search(pattern, user_agent)), "")


def _new_place_badge(context: PageContext, session: Session) -> h.Element | None:
    """That the session began from a place that was new to the account."""
    if not session.login_history.unfamiliar:
        return None
    return h.div[h.small(".state")[mark("attention"), _new_places_text(context, session.login_history)]]


def _password_page(error: AuthError | None) -> Response:
    context = page_context()
    is_one_time = current_principal().required_action is RequiredAction.CHANGE_PASSWORD
    inside = form(
        "/tai-khoan/mat-khau",
        not is_one_time
        and field(
            context.t("views.password_old"), "cu", kind="password", autocomplete="current-password", max_length=256
        ),
        field(
            context.t("views.password_new"),
            "moi",
            kind="password",
            autocomplete="new-password",
            max_length=256,
            has_focus=is_one_time,
            hint=context.t("views.password_hint"),
        ),
        field(context.t("views.password_again"), "lai", kind="password", autocomplete="new-password", max_length=256),
        button(context.t("views.save"), is_primary=True),
    )
    box = h.section(".box.form-box.form-wide")[
        is_one_time and h.p(".form-lead")[describe(Failure(RequestCode.PASSWORD_CHANGE_REQUIRED), context.lang)],
        error_notice(context, error), inside,
        is_one_time and action_button("/dang-xuat", context.t("views.sign_out")),
    ]  # fmt: skip
    return render_page(context.t("views.change_password"), box, is_bare=True, status=http_status(error))

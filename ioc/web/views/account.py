"""/tai-khoan: one's own account: who one is, the password, the sessions. The second factor: ioc/web/views/mfa.py."""

from collections.abc import Iterable

import htpy as h
from flask import Blueprint, Response, request

from components.ui.icons import mark
from ioc.auth.errors import AuthError
from ioc.auth.permissions import Action, is_allowed
from ioc.auth.principal import RequiredAction
from ioc.storage.access.sessions import LoginHistory, Session
from ioc.web.errors.handlers import REQUIRED_ACTION_PATHS
from ioc.web.middleware.authorization import current_principal, require, requires
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.login_notice import is_suspicious, previous_login_text
from ioc.web.views.services import Services, redirect_to, with_session_cookie
from ioc.web.views.submission_layout import SUBMISSION_PAGES
from ioc.web.views.user_agents import browser_name, os_name
from ioc.web.views.widgets import (
    action_button,
    button,
    done_notice,
    error_notice,
    field,
    form,
    format_moment,
    http_status,
    table,
)


def blueprint(services: Services) -> Blueprint:
    """Everybody's own account."""
    pages = Blueprint("account", __name__, url_prefix="/tai-khoan")

    @pages.get("")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def shown() -> Response:
        duty = current_principal().required_action
        return redirect_to(REQUIRED_ACTION_PATHS[duty]) if duty else _account_page(services, None)

    @pages.get("/mat-khau")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def password_asked() -> Response:
        return _password_page(None)

    @pages.post("/mat-khau")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def password_sent() -> Response:
        old, new, again = (request.form.get(name, "")[:1024] for name in ("cu", "moi", "lai"))
        try:
            if new != again:
                raise AuthError("password_differs")
            made = services.accounts.change_password(current_principal(), old, new)
        except AuthError as refused:
            return _password_page(refused)
        return with_session_cookie(redirect_to("/tai-khoan?xong=password"), made)

    @pages.post("/phien")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def end() -> Response:
        mine = require(Action.MANAGE_OWN_ACCOUNT)
        try:
            if request.form.get("phien") == "*":
                services.accounts.end_all_sessions(mine.name, mine, except_session=mine.session_id)
            else:
                services.accounts.end_session(_parse_session_id(request.form.get("phien", "")), mine, owner=mine.name)
        except AuthError as refused:
            return _account_page(services, refused)
        return redirect_to("/tai-khoan?xong=ended")

    return pages


def _parse_session_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise AuthError("no_session")
    return int(text)


def _account_page(services: Services, error: AuthError | None) -> Response:
    said, mine = page_context(), current_principal()
    factor = services.accounts.has_mfa(mine)
    agency = services.agency_names().get(mine.agency)
    facts = (
        ("forms.name", mine.name), ("forms.shown", mine.display_name), ("forms.roles", role_names(said, mine.roles)),
        ("forms.agency", agency.get(said.lang) if agency else mine.agency or "–"),
        ("forms.factor", said.t("forms.factor_on" if factor else "forms.factor_off")),
    )  # fmt: skip
    ways = [("/tai-khoan/mat-khau", "forms.change_password"), ("/tai-khoan/lop-hai", "forms.factor_change")]
    ways += [(path, word) for action, path, word in SUBMISSION_PAGES if is_allowed(mine, action)]
    if any(is_allowed(mine, one) for one in (Action.ADMINISTER, Action.MANAGE_DISPLAYS, Action.READ_AUDIT_LOG)):
        ways.append(("/quan-tri", "shell.admin"))
    who = h.section(".box.form-box")[
        h.dl(".facts")[((h.dt[said.t(key)], h.dd[value]) for key, value in facts)],
        h.div(".form-row")[
            (h.a(".tool", href=path)[said.t(key)] for path, key in ways),
            action_button("/dang-xuat", said.t("forms.sign_out")),
        ],
    ]
    rows = services.accounts.list_sessions(mine.name)
    told = _login_notice(said, services.accounts.login_history(mine))
    listed = h.section(".box.form-box")[
        h.h2(".box-title")[said.t("forms.sessions")],
        h.p(".quiet")[said.t("forms.sessions_why")],
        sessions_table(said, rows, "/tai-khoan/phien", mine.session_id),
        len(rows) > 1
        and h.div(".form-row")[action_button("/tai-khoan/phien", said.t("forms.end_others"), hidden={"phien": "*"})],
    ]
    return render_page(
        said.t("forms.account"),
        error_notice(said, error),
        done_notice(said),
        told,
        who,
        listed,
        status=http_status(error),
    )


def _login_notice(context: PageContext, login_history: LoginHistory) -> h.Element:
    """The sign-in before this one; and what to do where somebody else may have been at it."""
    line = h.p[previous_login_text(login_history, context.lang)]
    if not is_suspicious(login_history):
        return h.div(".said")[mark("normal"), line]
    new = (
        login_history.unfamiliar
        and h.p[context.t("forms.before_new"), " ", _new_places_text(context, login_history), "."]
    )
    return h.div(".said.said-wrong", role="status")[
        mark("attention"), h.div[line, new, h.p[context.t("forms.before_doubt")]]
    ]


def _new_places_text(context: PageContext, login_history: LoginHistory) -> str:
    return ", ".join(context.t(f"forms.strange_{one}") for one in sorted(login_history.unfamiliar))


def role_names(context: PageContext, roles: Iterable[str]) -> str:
    """Their words."""
    return ", ".join(context.t(f"forms.role_{one}") for one in sorted(roles)) or "–"


def sessions_table(context: PageContext, rows: Iterable[Session], action: str, own_session_id: int = 0) -> h.Element:
    """Where somebody is signed in; each can be ended there."""
    heads = [context.t(f"forms.{one}") for one in ("browser", "address", "since", "last_act")]
    return table(
        [*heads, ""],
        (
            [
                h.fragment[user_agent_label(context, one.user_agent), _new_place_badge(context, one)],
                one.address,
                format_moment(one.created_at),
                format_moment(one.last_active),
                h.span(".quiet")[context.t("forms.this_one")]
                if one.id == own_session_id
                else action_button(action, context.t("forms.end"), hidden={"phien": str(one.id)}),
            ]
            for one in rows
        ),
    )


def user_agent_label(context: PageContext, user_agent: str) -> h.Element:
    """A browser and its system; what it calls itself stands behind them, for who has to know exactly."""
    parts = {"browser": browser_name(user_agent) or context.t("forms.browser_other"), "system": os_name(user_agent)}
    return h.span(title=user_agent or None)[
        context.t("forms.browser_on", **parts) if parts["system"] else parts["browser"]
    ]


def _new_place_badge(context: PageContext, session: Session) -> h.Element | None:
    """That it came from a place that was new to the account."""
    if not session.login_history.unfamiliar:
        return None
    return h.div[h.small(".state")[mark("attention"), _new_places_text(context, session.login_history)]]


def _password_page(error: AuthError | None) -> Response:
    said, mine = page_context(), current_principal()
    lent = mine.required_action is RequiredAction.CHANGE_PASSWORD
    inside = form(
        "/tai-khoan/mat-khau",
        not lent
        and field(said.t("forms.password_old"), "cu", kind="password", autocomplete="current-password", max_length=256),
        field(
            said.t("forms.password_new"),
            "moi",
            kind="password",
            autocomplete="new-password",
            max_length=256,
            has_focus=lent,
            hint=said.t("forms.password_hint"),
        ),
        field(said.t("forms.password_again"), "lai", kind="password", autocomplete="new-password", max_length=256),
        button(said.t("forms.save"), is_primary=True),
    )
    box = h.section(".box.form-box.form-wide")[
        lent and h.p(".form-lead")[said.t("requests.duty_password")], error_notice(said, error), inside,
        lent and action_button("/dang-xuat", said.t("forms.sign_out")),
    ]  # fmt: skip
    return render_page(said.t("forms.change_password"), box, is_bare=True, status=http_status(error))

"""GET /toi: the current user. Frames are the same for everybody; only this response and the index are personal."""

from collections.abc import Callable, Mapping

import orjson
from flask import Blueprint, Response

from components.access.login_notice import is_suspicious, previous_login_text
from components.ui.i18n import LANGS
from ioc.auth.account_rules import idle_timeout_of
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access.sessions import LoginHistory
from ioc.web.middleware.authorization import current_principal, requires

LoginHistoryLookup = Callable[[Principal], LoginHistory | None]
WaitingCounts = Callable[[Principal], Mapping[str, int]]


def blueprint(access_policy: AccessPolicy, login_history: LoginHistoryLookup, waiting: WaitingCounts) -> Blueprint:
    """The endpoint, for the script of the page. `waiting`: how much waits for somebody, by page."""
    me = Blueprint("me", __name__)

    @me.get("/toi")
    @requires(Action.VIEW_PUBLIC)
    def me_response() -> Response:
        principal = current_principal()
        parts = identity(principal, access_policy) | _login_notice(login_history(principal))
        if counts := waiting(principal):
            parts["waiting"] = counts
        body = orjson.dumps(parts)
        return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})

    return me


def identity(principal: Principal, access_policy: AccessPolicy) -> dict[str, object]:
    """Kind, name and permissions. `idle`: seconds without activity after which the session ends, 0 for never.

    `ended`: the browser still names a session that ended; where pages are open to everybody nothing else tells.
    """
    is_user = principal.kind is PrincipalKind.USER
    return {
        "kind": principal.kind,
        "shown": principal.display_name or principal.name if is_user else "",
        "idle": idle_timeout_of(principal, access_policy).total_seconds() * is_user,
        "ended": principal.revoked_reason is RevokedReason.SESSION_ENDED,
        "can": [action for action in Action if is_allowed(principal, action)],
    }


def _login_notice(history: LoginHistory | None) -> dict[str, object]:
    """The previous login in each language; `doubt`: somebody else may have used or tried the account."""
    if history is None:
        return {}
    return {"before": {lang: previous_login_text(history, lang) for lang in LANGS}, "doubt": is_suspicious(history)}

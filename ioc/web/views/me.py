"""GET /toi: who looks at this screen. Frames are the same for all; this small answer alone is personal."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response

from components.ui.i18n import LANGS
from ioc.auth.permissions import Action, is_allowed
from ioc.auth.principal import Principal, PrincipalKind, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access.sessions import LoginHistory
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.login_notice import is_suspicious, previous_login_text

LoginHistoryLookup = Callable[[Principal], LoginHistory | None]


def blueprint(access_policy: AccessPolicy, login_history: LoginHistoryLookup) -> Blueprint:
    """The answer, for the screen's script."""
    me = Blueprint("me", __name__)

    @me.get("/toi")
    @requires(Action.VIEW_PUBLIC)
    def told() -> Response:
        body = orjson.dumps(
            _identity(current_principal(), access_policy) | _login_notice(login_history(current_principal()))
        )
        return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})

    return me


def _identity(principal: Principal, access_policy: AccessPolicy) -> dict[str, object]:
    """`idle`: seconds without an act after which the session is over, 0 for never."""
    person = principal.kind is PrincipalKind.USER
    idle = (
        access_policy.administrator_idle_timeout
        if Role.ADMINISTRATOR in principal.roles
        else access_policy.idle_timeout
    )
    return {
        "kind": principal.kind,
        "shown": principal.display_name or principal.name if person else "",
        "idle": idle.total_seconds() * person,
        "can": [one for one in Action if is_allowed(principal, one)],
    }


def _login_notice(history: LoginHistory | None) -> dict[str, object]:
    """The sign-in before this one, in both languages; `doubt`: somebody else may have been at it."""
    if history is None:
        return {}
    return {"before": {lang: previous_login_text(history, lang) for lang in LANGS}, "doubt": is_suspicious(history)}

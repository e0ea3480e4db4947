"""GET /toi: who looks at this screen. Frames are the same for all; this small answer alone is personal."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response

from components.ui.i18n import LANGS
from ioc.auth.permissions import Action, may
from ioc.auth.principal import Kind, Role, Visitor
from ioc.domain.base.access_policy import Access
from ioc.storage.access.sessions import Entered
from ioc.web.middleware.authorization import names, visitor
from ioc.web.views.login_notice import before_line, doubtful

News = Callable[[Visitor], Entered | None]


def blueprint(rules: Access, news: News) -> Blueprint:
    """The answer, for the screen's script."""
    me = Blueprint("me", __name__)

    @me.get("/toi")
    @names(Action.PUBLIC)
    def told() -> Response:
        body = orjson.dumps(_told(visitor(), rules) | _news(news(visitor())))
        return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})

    return me


def _told(who: Visitor, rules: Access) -> dict[str, object]:
    """`idle`: seconds without an act after which the session is over, 0 for never."""
    person = who.kind is Kind.PERSON
    idle = rules.idle_administrator if Role.ADMINISTRATOR in who.roles else rules.idle
    return {
        "kind": who.kind, "shown": who.shown or who.name if person else "", "idle": idle.total_seconds() * person,
        "can": [one for one in Action if may(who, one)],
    }  # fmt: skip


def _news(told: Entered | None) -> dict[str, object]:
    """The sign-in before this one, in both languages; `doubt`: somebody else may have been at it."""
    if told is None:
        return {}
    return {"before": {lang: before_line(told, lang) for lang in LANGS}, "doubt": doubtful(told)}

"""What the pages of /quan-tri share: who may open which, and the way between them."""

import htpy as h
from flask import Blueprint, Response

from ioc.auth.permissions import Action, Denied, may
from ioc.web.middleware.authorization import names, visitor
from ioc.web.views.layout import Words, page
from ioc.web.views.services import to

TABS = (
    ("/quan-tri/tai-khoan", "forms.accounts", Action.ADMINISTER),
    ("/quan-tri/man-hinh", "forms.screens", Action.WALL),
    ("/quan-tri/chuong-trinh", "forms.programs", Action.ADMINISTER),
    ("/quan-tri/nhat-ky", "forms.trail", Action.TRAIL),
)


def blueprint() -> Blueprint:
    """/quan-tri leads to the first page that the visitor may open."""
    pages = Blueprint("admin", __name__)

    @pages.get("/quan-tri")
    @names(Action.OWN)
    def first() -> Response:
        for path, _, action in TABS:
            if may(visitor(), action):
                return to(path)
        raise Denied(visitor(), Action.ADMINISTER)

    return pages


def admin_page(said: Words, title: str, path: str, *body: h.Node, status: int = 200) -> Response:
    """A page of the administration, its tabs on top. `path`: of the tab that it belongs to."""
    tabs = (
        h.a(".chip", href=one, aria_current="page" if one == path else None)[said.say(key)]
        for one, key, action in TABS
        if may(said.visitor, action)
    )
    return page(title, h.nav(".tabs", aria_label=said.say("shell.admin"))[tabs], *body, status=status, here="admin")

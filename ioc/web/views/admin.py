"""What the pages of /quan-tri share: their permissions and tabs."""

import htpy as h
from flask import Blueprint, Response

from ioc.dash_kit.pages import ADMIN, section_pages
from ioc.domain.access.permissions import Action, PermissionDeniedError, is_allowed
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.layout import PageContext, render_page
from ioc.web.views.services import redirect_to

TABS = (
    ("/quan-tri/tai-khoan", "views.accounts", Action.ADMINISTER),
    ("/quan-tri/man-hinh", "views.screens", Action.MANAGE_DISPLAYS),
    ("/quan-tri/chuong-trinh", "views.programs", Action.ADMINISTER),
    ("/quan-tri/nhat-ky", "audit_log.title", Action.READ_AUDIT_LOG),
)


def blueprint() -> Blueprint:
    """/quan-tri redirects to the first page that the principal may open."""
    pages = Blueprint("admin", __name__)

    @pages.get("/quan-tri")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def index() -> Response:
        for page in section_pages(ADMIN):
            return redirect_to(page["path"])
        raise PermissionDeniedError(current_principal(), Action.ADMINISTER)

    return pages


def admin_page(context: PageContext, title: str, active_path: str, *body: h.Node, status: int = 200) -> Response:
    """A page of the administration with its tabs. `active_path`: of the tab that it belongs to."""
    tabs = (
        h.a(".chip", href=path, aria_current="page" if path == active_path else None)[context.t(key)]
        for path, key, action in TABS
        if is_allowed(context.principal, action)
    )
    return render_page(
        title, h.nav(".tabs", aria_label=context.t("shell.admin"))[tabs], *body, status=status, nav_key="admin"
    )

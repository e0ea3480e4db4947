"""All views of login, required actions and administration."""

from flask import Blueprint, Response

from ioc.dash_kit.pages import ADMIN, section_pages
from ioc.domain.access.permissions import Action, PermissionDeniedError
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views import display_enrolment, login, oidc, required_action
from ioc.web.views.services import Services, redirect_to


def blueprints(services: Services) -> list[Blueprint]:
    """Their blueprints, for the application."""
    modules = (login, oidc, required_action, display_enrolment)
    parts = (module.blueprint(services) for module in modules)
    return [*parts, _administration()]


def _administration() -> Blueprint:
    """/quan-tri redirects to the first page that the principal may open."""
    pages = Blueprint("admin", __name__)

    @pages.get("/quan-tri")
    @requires(Action.MANAGE_OWN_ACCOUNT)
    def index() -> Response:
        for page in section_pages(ADMIN):
            return redirect_to(page["path"])
        raise PermissionDeniedError(current_principal(), Action.ADMINISTER)

    return pages

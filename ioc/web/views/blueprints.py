"""All views of login, required actions and administration."""

from flask import Blueprint

from ioc.web import audit_exports
from ioc.web.views import admin, display_enrolment, login, oidc, required_action
from ioc.web.views.services import Services


def blueprints(services: Services) -> list[Blueprint]:
    """Their blueprints, for the application."""
    modules = (login, oidc, required_action, display_enrolment)
    parts = (module.blueprint(services) for module in modules)
    return [*parts, admin.blueprint(), audit_exports.blueprint(services.auth.audit)]

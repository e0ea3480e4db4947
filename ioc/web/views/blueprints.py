"""All views of login, account and administration."""

from flask import Blueprint

from ioc.web import audit_exports
from ioc.web.views import account, admin, api_keys, display_enrolment, displays, login, mfa, oidc
from ioc.web.views.services import Services


def blueprints(services: Services) -> list[Blueprint]:
    """Their blueprints, for the application."""
    modules = (login, oidc, account, mfa, displays, display_enrolment, api_keys)
    parts = (module.blueprint(services) for module in modules)
    return [*parts, admin.blueprint(), audit_exports.blueprint(services.auth.audit)]

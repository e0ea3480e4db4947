"""All views of login, required actions and administration."""

from flask import Blueprint

from ioc.web.views import admin, audit_log, display_enrolment, login, oidc, required_action
from ioc.web.views.services import Services


def blueprints(services: Services) -> list[Blueprint]:
    """Their blueprints, for the application."""
    modules = (login, oidc, required_action, display_enrolment, audit_log)
    return [*(module.blueprint(services) for module in modules), admin.blueprint()]

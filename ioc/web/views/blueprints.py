"""All views of login, account and administration."""

from flask import Blueprint

from ioc.web.views import account, admin, audit_log, display_enrolment, login, mfa, oidc
from ioc.web.views.services import Services


def blueprints(services: Services) -> list[Blueprint]:
    """Their blueprints, for the application."""
    modules = (login, oidc, account, mfa, display_enrolment, audit_log)
    return [*(module.blueprint(services) for module in modules), admin.blueprint()]

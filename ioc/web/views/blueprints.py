"""All pages of forms."""

from flask import Blueprint

from ioc.web.views import account, admin, api_keys, audit_log, display_enrolment, displays, login, mfa, oidc, users
from ioc.web.views.services import Services


def blueprints(services: Services) -> list[Blueprint]:
    """For the application."""
    some = [
        one.blueprint(services)
        for one in (login, oidc, account, mfa, users, displays, display_enrolment, api_keys, audit_log)
    ]
    return [*some, admin.blueprint()]

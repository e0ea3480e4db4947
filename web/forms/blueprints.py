"""All pages of forms."""

from flask import Blueprint

from web.forms import account, admin, factor, people, programs, provider, screen, screens, sign_in, trail
from web.forms.office import Office


def blueprints(office: Office) -> list[Blueprint]:
    """For the application."""
    some = [
        one.blueprint(office) for one in (sign_in, provider, account, factor, people, screens, screen, programs, trail)
    ]
    return [*some, admin.blueprint()]

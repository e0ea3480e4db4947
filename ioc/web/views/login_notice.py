"""What whoever signs in is told: the sign-in before, tries that came to nothing, a place that is new to the account."""

from components.ui.i18n import t
from ioc.storage.access.sessions import LoginHistory
from ioc.web.views.widgets import format_moment


def previous_login_text(login_history: LoginHistory, lang: str) -> str:
    """When and from where the sign-in before was, and how many tries have failed since."""
    if login_history.previous_login is None:
        return t("forms.before_first", lang)
    last = t(
        "forms.before",
        lang,
        when=format_moment(login_history.previous_login),
        address=login_history.previous_address or "–",
    )
    missed = (
        t("forms.missed", lang, n=login_history.failed_logins)
        if login_history.failed_logins
        else t("forms.missed_none", lang)
    )
    return f"{last} {missed}"


def is_suspicious(login_history: LoginHistory) -> bool:
    """Whether somebody else may have been at it."""
    return login_history.failed_logins > 0 or bool(login_history.unfamiliar)

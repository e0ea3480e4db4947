"""Login notice: the previous login and the failures since, in words."""

from components.ui.format import format_moment
from components.ui.i18n import t
from ioc.storage.access.sessions import LoginHistory


def previous_login_text(login_history: LoginHistory, lang: str) -> str:
    """When and from where the previous login was, and how many attempts have failed since."""
    if login_history.previous_login is None:
        return t("views.before_first", lang)
    when, address = format_moment(login_history.previous_login), login_history.previous_address or "–"
    previous = t("views.before", lang, when=when, address=address)
    failed = login_history.failed_logins
    return f"{previous} {t('views.missed', lang, n=failed) if failed else t('views.missed_none', lang)}"


def is_suspicious(login_history: LoginHistory) -> bool:
    """Whether somebody else may have used or tried the account: failures, or a place that is new to it."""
    return login_history.failed_logins > 0 or bool(login_history.unfamiliar)

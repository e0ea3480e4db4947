"""Login notice: the previous login and the failures since, in words."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from components.ui.format import format_moment
from components.ui.i18n import t


class LoginHistoryView(Protocol):
    """What is shown of the login history of a session. `unfamiliar`: what of its place is new to the account."""

    @property
    def previous_login(self) -> datetime | None: ...
    @property
    def previous_address(self) -> str: ...
    @property
    def failed_logins(self) -> int: ...
    @property
    def unfamiliar(self) -> Collection[str]: ...


def previous_login_text(login_history: LoginHistoryView, lang: str) -> str:
    """When and from where the previous login was, and how many attempts have failed since."""
    if login_history.previous_login is None:
        failed = login_history.failed_logins
        first = t("views.before_first", lang)
        return f"{first} {t('views.missed_before', lang, n=failed)}" if failed else first
    when, address = format_moment(login_history.previous_login), login_history.previous_address or "–"
    previous = t("views.before", lang, when=when, address=address)
    failed = login_history.failed_logins
    return f"{previous} {t('views.missed', lang, n=failed) if failed else t('views.missed_none', lang)}"


def is_suspicious(login_history: LoginHistoryView) -> bool:
    """Whether somebody else may have used or tried the account: failures, or a place that is new to it."""
    return login_history.failed_logins > 0 or bool(login_history.unfamiliar)


def new_place_text(login_history: LoginHistoryView, lang: str) -> str:
    """What of the place of a session is new to its account; "" for nothing."""
    return ", ".join(t(f"views.strange_{kind}", lang) for kind in sorted(login_history.unfamiliar))

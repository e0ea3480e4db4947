"""What whoever signs in is told: the sign-in before, tries that came to nothing, a place that is new to the account."""

from components.ui.i18n import say
from ioc.storage.access.sessions import Entered
from ioc.web.views.widgets import when


def before_line(entered: Entered, lang: str) -> str:
    """When and from where the sign-in before was, and how many tries have failed since."""
    if entered.before is None:
        return say("forms.before_first", lang)
    last = say("forms.before", lang, when=when(entered.before), address=entered.address or "–")
    missed = say("forms.missed", lang, n=entered.missed) if entered.missed else say("forms.missed_none", lang)
    return f"{last} {missed}"


def doubtful(entered: Entered) -> bool:
    """Whether somebody else may have been at it."""
    return entered.missed > 0 or bool(entered.strange)

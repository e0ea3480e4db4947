"""Everything about people: one `People` per process, safe to share between threads. No web in it."""

from security.roster import Roster
from security.sign_in import SignedIn, Waiting

__all__ = ["People", "SignedIn", "Waiting"]


class People(Roster):
    """Sessions (security/sessions), signing in (sign_in), one's own account (own_account), everybody's (roster)."""

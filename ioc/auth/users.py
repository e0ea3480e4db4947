"""Everything about people: one `People` per process, safe to share between threads. No web in it."""

from ioc.auth.login import SignedIn, Waiting
from ioc.auth.oidc_accounts import Outside

__all__ = ["People", "SignedIn", "Waiting"]


class People(Outside):
    """Sessions (security/sessions), signing in (sign_in), one's own account (own_account), everybody's (roster),
    whom a provider knows (vouched).
    """

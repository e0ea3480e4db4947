"""Everything about people: one `People` per process, safe to share between threads. No web in it."""

from ioc.auth.login import MfaChallenge, NewSession
from ioc.auth.oidc_accounts import OidcProvisioning

__all__ = ["AccountService", "MfaChallenge", "NewSession"]


class AccountService(OidcProvisioning):
    """Sessions (security/sessions), signing in (sign_in), one's own account (own_account), everybody's (roster),
    whom a provider knows (vouched).
    """

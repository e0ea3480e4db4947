"""The account service: one AccountService per process, safe to share between threads."""

from ioc.auth.login import MfaChallenge, NewSession
from ioc.auth.oidc_accounts import OidcProvisioning

__all__ = ["AccountService", "MfaChallenge", "NewSession"]


class AccountService(OidcProvisioning):
    """Sessions (sessions.py), login (login.py), self-service (self_service.py), administration (user_admin.py) and
    accounts of the identity provider (oidc_accounts.py).
    """

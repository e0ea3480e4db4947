"""Everything about people: one `People` per process, safe to share between threads. No web in it."""

from security.sign_in import SignedIn, SignIn, Waiting

__all__ = ["People", "SignedIn", "Waiting"]


class People(SignIn):
    """See the classes that it is made of: sessions, signing in."""

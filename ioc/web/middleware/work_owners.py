"""To whom the work of a request is charged while its credentials are not looked up in the store yet.

A request that writes is authenticated by the store, in a thread: until then only its cookie or key is known. Charged to
the address, all people behind it would share the threads that one of them uses up.
"""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from ioc.domain.access.principal import Principal
from ioc.web.middleware.authentication import (
    DISPLAY_COOKIE,
    SESSION_COOKIE,
    bearer_key,
    cookie_name,
    parse_cookies,
    principal_of,
)
from ioc.web.middleware.rate_limit import work_owner
from ioc.web.wsgi import Environ

_LAST_OWNER_KEY = "ioc.last_owner"  # of the WSGI environ
_MAX_OWNERS = 10_000  # remembered, of about 200 bytes each


class WorkOwners:
    """Whose the credentials were that were accepted last. For charging work alone: nobody is admitted by it."""

    def __init__(self) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def expect(self, environ: Environ, *, is_secure: bool) -> None:
        """Notes whose request this is, by its credentials, before they are looked up."""
        digest = _credentials_digest(environ, is_secure=is_secure)
        with self._lock:
            if digest in self._owners:
                self._owners.move_to_end(digest)
                environ[_LAST_OWNER_KEY] = self._owners[digest]

    def remember(self, environ: Environ, principal: Principal, *, is_secure: bool) -> None:
        """Remembers whose the credentials of an authenticated request are."""
        if principal.name and (digest := _credentials_digest(environ, is_secure=is_secure)):
            with self._lock:
                self._owners[digest] = work_owner(principal)
                self._owners.move_to_end(digest)
                while len(self._owners) > _MAX_OWNERS:
                    self._owners.popitem(last=False)


def is_known_owner(environ: Environ) -> bool:
    """Whether credentials of the request were accepted before, by this process."""
    return _LAST_OWNER_KEY in environ


def charged_owner(environ: Environ) -> tuple[str, bool]:
    """The owner of a request's work, and whether it is a network, which stands for many people."""
    principal = principal_of(environ)
    last_owner = environ.get(_LAST_OWNER_KEY)
    if principal.name or last_owner is None:
        return work_owner(principal), not principal.name
    return str(last_owner), False


def _credentials_digest(environ: Environ, *, is_secure: bool) -> str:
    """Of the API key, the session or the display that a request names; "" without any."""
    cookies = parse_cookies(environ.get("HTTP_COOKIE", ""))
    names = (cookie_name(SESSION_COOKIE, is_secure), cookie_name(DISPLAY_COOKIE, is_secure))
    credentials = bearer_key(environ) or next(filter(None, map(cookies.get, names)), "")
    return sha256(credentials.encode("latin-1", "replace")).hexdigest() if credentials else ""

"""The queue of screens that show a code and wait until somebody enrols them."""

import hmac
from collections import Counter
from datetime import datetime, timedelta

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.passwords import ALPHABET
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.net.client_network import client_network
from ioc.storage.access import displays
from ioc.storage.access.displays import EnrolmentRequest
from ioc.storage.db.store import Conn

CODE_LIFETIME = timedelta(minutes=10)
CODE_LENGTH, MAX_PENDING = 8, 50


class PlaceCodes:
    """Codes with which a screen gets a place in a full queue; a new one every CODE_LIFETIME."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def current(self, now: datetime, ago: int = 0) -> str:
        """The code of now, or of `ago` lifetimes before."""
        period = int(now.timestamp() // CODE_LIFETIME.total_seconds()) - ago
        digest = hmac.digest(self._key, str(period).encode(), "sha256")
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:CODE_LENGTH])

    def is_valid(self, code: str, now: datetime) -> bool:
        """Whether it is the code of now or the one before."""
        shown = code.casefold().encode()
        return any(hmac.compare_digest(shown, self.current(now, ago).encode()) for ago in (0, 1))


def make_room(conn: Conn, address: str, *, has_place: bool) -> None:
    """Makes room for one more request: when the queue is full, the network with the most requests loses its oldest.

    So all screens of a room behind one address get a code, and no network keeps another one out. Raises AuthError:
    DISPLAY_QUEUE_FULL, without a place when no network has at least two requests more than its own.
    """
    requests = displays.list_requests(conn)  # the newest first
    if len(requests) < MAX_PENDING:
        return
    counts = Counter(client_network(request.address) for request in requests if not request.display_key)
    network, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
    if not has_place and most <= counts[client_network(address)] + 1:
        raise AuthError(AuthCode.DISPLAY_QUEUE_FULL)
    waiting = (request for request in reversed(requests) if not request.display_key)
    oldest = next((request for request in waiting if client_network(request.address) == network), None)
    if oldest is None:  # all are enrolled and collect their cookies
        raise AuthError(AuthCode.DISPLAY_QUEUE_FULL)
    displays.delete_request(conn, oldest.code)


def is_code_valid(request: EnrolmentRequest, now: datetime) -> bool:
    """Whether the code of a request may still be used."""
    return is_within(CODE_LIFETIME, request.requested_at, now, CLOCK_TOLERANCE)

"""Rate limiting: token buckets by principal and by client network, in the memory of each process."""

from collections.abc import Callable
from time import monotonic

from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.net.client_network import client_network
from ioc.web.token_bucket import Rate, TokenBuckets

# A display sends a request per second, and sixty at once when it starts.
PRINCIPAL_RATE = Rate(10, 200)
# A hundred displays behind one address, all of which start at once.
ADDRESS_RATE = Rate(400, 6000)
# A login page takes about ten; a hundred displays that wait to be enrolled send twenty per second.
ANONYMOUS_RATE = Rate(25, 300)
# Sessions and displays of one address that a web process must look up: all of an office after the program starts.
LOOKUP_RATE = Rate(50, 1000)
# A whole office that logs in at half past seven behind one address; accounts have their own lockout.
LOGIN_RATE = Rate(0.5, 20)
# Webhooks: of one address, and of one source.
WEBHOOK_ADDRESS_RATE, WEBHOOK_SOURCE_RATE = Rate(400, 2000), Rate(50, 200)
# Bytes of one source, in seconds of its rate: half a minute's worth may come at once.
WEBHOOK_BYTE_SECONDS = Rate(1, 32)
# Corrections of one person: figures that are already stored. Each is kept for ever.
CORRECTION_RATE = Rate(0.05, 60)

_EXEMPT_KINDS = frozenset({PrincipalKind.LOCAL, PrincipalKind.PRINT_WORKER})
_FILE_PREFIXES = ("/assets/", "/_dash-component-suites/")
_FILE_COST = 0.1


class RateLimiter:
    """The limits of each principal. This machine and its print worker have none."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._identity, self._address, self._anonymous, self._lookup, self._login, self._webhook = (
            TokenBuckets(rate, clock)
            for rate in (PRINCIPAL_RATE, ADDRESS_RATE, ANONYMOUS_RATE, LOOKUP_RATE, LOGIN_RATE, WEBHOOK_ADDRESS_RATE)
        )

    def retry_lookup_after(self, address: str) -> float:
        """Seconds until credentials that nobody is known to have may be looked up for this address, 0 for now."""
        return self._lookup.take(client_network(address))

    def retry_after(self, principal: Principal, path: str, method: str = "GET") -> float:
        """Seconds until this request is allowed, 0 when it is allowed now."""
        if principal.kind in _EXEMPT_KINDS:
            return 0.0
        network = client_network(principal.address)
        if path.startswith("/vao/"):
            return self._webhook.take(network)
        is_login = path.startswith("/dang-nhap") and (method == "POST" or path.startswith("/dang-nhap/oidc"))
        if is_login and (wait := self._login.take(network)):
            return wait
        cost = _FILE_COST if path.startswith(_FILE_PREFIXES) else 1.0
        if principal.kind is PrincipalKind.ANONYMOUS:
            return self._anonymous.take(network, cost)
        return self._identity.take(work_owner(principal), cost) or self._address.take(network, cost)


def correction_limit(clock: Callable[[], float] = monotonic) -> Callable[[Principal], float]:
    """Counts a correction of the principal: 0, or the seconds until another one is allowed."""
    buckets = TokenBuckets(CORRECTION_RATE, clock)
    return lambda principal: buckets.take(work_owner(principal))


def work_owner(principal: Principal) -> str:
    """To whom work is charged: the account, API key or display; without one the client's network."""
    return f"{principal.kind}:{principal.name or client_network(principal.address)}"

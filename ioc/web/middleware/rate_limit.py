"""Rate limiting: token buckets by principal and by client network, in the memory of each process."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from threading import Lock
from time import monotonic

from ioc.domain.access.principal import Principal, PrincipalKind


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens added per second, and the capacity of the bucket."""

    per_second: float
    burst: float


# A display sends a request per second, and sixty at once when it starts.
PRINCIPAL_RATE = Rate(10, 200)
# A hundred displays behind one address, all of which start at once.
ADDRESS_RATE = Rate(400, 6000)
# A login page takes about ten; a hundred displays that wait to be enrolled send twenty per second.
ANONYMOUS_RATE = Rate(25, 300)
# A whole office that logs in at half past seven behind one address; accounts have their own lockout.
LOGIN_RATE = Rate(0.5, 20)
# Webhooks: of one address, and of one source.
WEBHOOK_ADDRESS_RATE, WEBHOOK_SOURCE_RATE = Rate(400, 2000), Rate(50, 200)

_EXEMPT_KINDS = frozenset({PrincipalKind.LOCAL, PrincipalKind.PRINT_WORKER})
_FILE_PREFIXES = ("/assets/", "/_dash-component-suites/")
_FILE_COST = 0.1
_MAX_BUCKETS = 8192  # of each kind; the least recently used is dropped


class TokenBuckets:
    """One token bucket per key. Thread-safe."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = monotonic, max_buckets: int = _MAX_BUCKETS) -> None:
        self._rate, self._clock, self._max_buckets = rate, clock, max_buckets
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Takes `cost` tokens and returns 0; or takes none and returns the seconds until they are there."""
        with self._lock:
            now = self._clock()
            tokens, updated_at = self._tokens.get(key, (self._rate.burst, now))
            tokens = min(self._rate.burst, tokens + (now - updated_at) * self._rate.per_second)
            missing = max(0.0, cost - tokens)
            self._tokens[key] = (tokens if missing else tokens - cost, now)
            self._tokens.move_to_end(key)
            while len(self._tokens) > self._max_buckets:
                self._tokens.popitem(last=False)
        return missing / self._rate.per_second

    def __len__(self) -> int:
        return len(self._tokens)


class RateLimiter:
    """The limits of each principal. This machine and its print worker have none."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._identity, self._address, self._anonymous, self._login, self._webhook = (
            TokenBuckets(rate, clock)
            for rate in (PRINCIPAL_RATE, ADDRESS_RATE, ANONYMOUS_RATE, LOGIN_RATE, WEBHOOK_ADDRESS_RATE)
        )

    def retry_after(self, principal: Principal, path: str, method: str = "GET") -> float:
        """Seconds until this request is allowed, 0 when it is allowed now."""
        if principal.kind in _EXEMPT_KINDS:
            return 0.0
        network = subscriber_network(principal.address)
        if path.startswith("/vao/"):
            return self._webhook.take(network)
        is_login = path.startswith("/dang-nhap") and (method == "POST" or path.startswith("/dang-nhap/oidc"))
        if is_login and (wait := self._login.take(network)):
            return wait
        cost = _FILE_COST if path.startswith(_FILE_PREFIXES) else 1.0
        if principal.kind is PrincipalKind.ANONYMOUS:
            return self._anonymous.take(network, cost)
        return self._identity.take(work_owner(principal), cost) or self._address.take(network, cost)


def work_owner(principal: Principal) -> str:
    """To whom work is charged: the account, API key or display; without one the subscriber's network."""
    return f"{principal.kind}:{principal.name or subscriber_network(principal.address)}"


def subscriber_network(address: str) -> str:
    """The address of one subscriber: of IPv6 the /64 network."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))

"""How fast one may ask: token buckets by identity and by address, in the memory of each process and bounded there."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from threading import Lock
from time import monotonic

from ioc.auth.principal import Principal, PrincipalKind


@dataclass(frozen=True, slots=True)
class Rate:
    """What comes back each second, and the most that is held."""

    per_second: float
    burst: float


# A wall asks once a second, and sixty times at once when it starts anew.
PRINCIPAL_RATE = Rate(10, 200)
# A hundred walls behind one address, all of which start anew at once.
ADDRESS_RATE = Rate(400, 6000)
# A page of signing in takes about ten; a hundred screens that wait to be enrolled ask twenty times a second.
ANONYMOUS_RATE = Rate(25, 300)
# A whole office that signs in at half past seven, behind one address; the account has locks of its own.
LOGIN_RATE = Rate(0.5, 20)
# What is pushed: from one address, and behind that of one source.
WEBHOOK_ADDRESS_RATE, WEBHOOK_SOURCE_RATE = Rate(400, 2000), Rate(50, 200)

_EXEMPT_KINDS = frozenset({PrincipalKind.LOCAL, PrincipalKind.PRINT_WORKER})
_FILE_PREFIXES = ("/assets/", "/_dash-component-suites/")
_FILE_COST = 0.1
_MAX_BUCKETS = 8192  # buckets of each kind; whoever asked longest ago is forgotten


class TokenBuckets:
    """One bucket for each key. Thread-safe."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = monotonic, max_buckets: int = _MAX_BUCKETS) -> None:
        self._rate, self._clock, self._max_buckets = rate, clock, max_buckets
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Seconds to wait until `key` may; 0 when it may now, which takes `cost`."""
        with self._lock:
            now = self._clock()
            left, at = self._tokens.get(key, (self._rate.burst, now))
            left = min(self._rate.burst, left + (now - at) * self._rate.per_second)
            short = max(0.0, cost - left)
            self._tokens[key] = (left if short else left - cost, now)
            self._tokens.move_to_end(key)
            while len(self._tokens) > self._max_buckets:
                self._tokens.popitem(last=False)
        return short / self._rate.per_second

    def __len__(self) -> int:
        return len(self._tokens)


class RateLimiter:
    """What each visitor may. This machine itself and its printer are not counted."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._identity, self._address, self._anonymous, self._login, self._webhook = (
            TokenBuckets(rate, clock)
            for rate in (PRINCIPAL_RATE, ADDRESS_RATE, ANONYMOUS_RATE, LOGIN_RATE, WEBHOOK_ADDRESS_RATE)
        )

    def retry_after(self, visitor: Principal, path: str, method: str = "GET") -> float:
        """Seconds until this may be asked again, 0 when it may be asked now."""
        if visitor.kind in _EXEMPT_KINDS:
            return 0.0
        home = subscriber_network(visitor.address)
        if path.startswith("/vao/"):
            return self._webhook.take(home)
        signs_in = path.startswith("/dang-nhap") and (method == "POST" or path.startswith("/dang-nhap/oidc"))
        if signs_in and (wait := self._login.take(home)):
            return wait
        cost = _FILE_COST if path.startswith(_FILE_PREFIXES) else 1.0
        if visitor.kind is PrincipalKind.ANONYMOUS:
            return self._anonymous.take(home, cost)
        return self._identity.take(f"{visitor.kind}:{visitor.session_id}:{visitor.name}", cost) or self._address.take(
            home, cost
        )


def subscriber_network(address: str) -> str:
    """Whose address it is: of IPv6 the network of 64 bits, which one subscriber has to himself."""
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))

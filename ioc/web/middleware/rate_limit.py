"""How fast one may ask: token buckets by identity and by address, in the memory of each process and bounded there."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from threading import Lock
from time import monotonic

from ioc.auth.principal import Kind, Visitor


@dataclass(frozen=True, slots=True)
class Rate:
    """What comes back each second, and the most that is held."""

    each_second: float
    burst: float


# A wall asks once a second, and sixty times at once when it starts anew.
IDENTITY = Rate(10, 200)
# A hundred walls behind one address, all of which start anew at once.
KNOWN_ADDRESS = Rate(400, 6000)
# A page of signing in takes about ten; a hundred screens that wait to be enrolled ask twenty times a second.
NOBODY = Rate(25, 300)
# A whole office that signs in at half past seven, behind one address; the account has locks of its own.
SIGN_IN = Rate(0.5, 20)
# What is pushed: from one address, and behind that of one source.
MAIL, SOURCE = Rate(400, 2000), Rate(50, 200)

_FREE = frozenset({Kind.LOCAL, Kind.PRINTER})
_FILES = ("/assets/", "/_dash-component-suites/")
_FILE_COST = 0.1
_MOST = 8192  # buckets of each kind; whoever asked longest ago is forgotten


class Buckets:
    """One bucket for each key. Thread-safe."""

    def __init__(self, rate: Rate, seconds: Callable[[], float] = monotonic, most: int = _MOST) -> None:
        self._rate, self._seconds, self._most = rate, seconds, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Seconds to wait until `key` may; 0 when it may now, which takes `cost`."""
        with self._lock:
            now = self._seconds()
            left, at = self._left.get(key, (self._rate.burst, now))
            left = min(self._rate.burst, left + (now - at) * self._rate.each_second)
            short = max(0.0, cost - left)
            self._left[key] = (left if short else left - cost, now)
            self._left.move_to_end(key)
            while len(self._left) > self._most:
                self._left.popitem(last=False)
        return short / self._rate.each_second

    def __len__(self) -> int:
        return len(self._left)


class Limits:
    """What each visitor may. This machine itself and its printer are not counted."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._identity, self._known, self._nobody, self._sign_in, self._mail = (
            Buckets(rate, seconds) for rate in (IDENTITY, KNOWN_ADDRESS, NOBODY, SIGN_IN, MAIL)
        )

    def wait(self, visitor: Visitor, path: str, method: str = "GET") -> float:
        """Seconds until this may be asked again, 0 when it may be asked now."""
        if visitor.kind in _FREE:
            return 0.0
        home = neighbourhood(visitor.address)
        if path.startswith("/vao/"):
            return self._mail.take(home)
        signs_in = path.startswith("/dang-nhap") and (method == "POST" or path.startswith("/dang-nhap/oidc"))
        if signs_in and (wait := self._sign_in.take(home)):
            return wait
        cost = _FILE_COST if path.startswith(_FILES) else 1.0
        if visitor.kind is Kind.NOBODY:
            return self._nobody.take(home, cost)
        return self._identity.take(f"{visitor.kind}:{visitor.session}:{visitor.name}", cost) or self._known.take(
            home, cost
        )


def neighbourhood(address: str) -> str:
    """Whose address it is: of IPv6 the network of 64 bits, which one subscriber has to himself."""
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))

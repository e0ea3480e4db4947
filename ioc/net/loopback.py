"""Whether a request comes from this machine to itself: it may then be answered without a login."""

from functools import lru_cache
from ipaddress import ip_address


def is_local(remote: str, host: str, is_proxied: bool) -> bool:
    """Whether a request came from a loopback address, to a loopback host name, and through no proxy."""
    name = _host_name(host)
    return not is_proxied and _is_loopback(remote) and (name == "localhost" or _is_loopback(name))


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] or host if host.count(":") == 1 else host


@lru_cache(maxsize=256)
def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False

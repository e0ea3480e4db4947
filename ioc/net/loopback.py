"""Whether a request comes from this machine to itself: whoever sits there may look without signing in."""

from functools import lru_cache
from ipaddress import ip_address


def is_local(remote: str, host: str, is_proxied: bool) -> bool:
    """Whether a request came from this machine, to it by its own name, and through no proxy."""
    return (
        not is_proxied and _is_loopback(remote) and (_host_name(host) == "localhost" or _is_loopback(_host_name(host)))
    )


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

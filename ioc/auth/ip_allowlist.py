"""What displays and API keys have in common: a key made from a name, and the networks that they may come from."""

from collections.abc import Callable
from functools import partial

from ioc.auth.errors import AuthCode, AuthError
from ioc.domain.base.failure import check_all
from ioc.domain.base.slug import slugify
from ioc.net import ip_networks
from ioc.net.ip_networks import Networks

_MAX_LENGTH = 400  # characters of a stored list


def key_from_name(name: str) -> str:
    """The key of a name: "Phòng họp 1" becomes "phong-hop-1". Raises AuthError: NAME_MISSING."""
    key = slugify(name, 60)
    if not key:
        raise AuthError(AuthCode.NAME_MISSING)
    return key


def parse_networks(text: str) -> Networks:
    """Networks in CIDR notation, separated by spaces or commas. Raises AuthError: NETWORK_INVALID."""
    return tuple(network for word in text.replace(",", " ").split() for network in _parse_network(word))


def _parse_network(word: str) -> Networks:
    try:
        return ip_networks.parse_networks([word])
    except ValueError:
        raise AuthError(AuthCode.NETWORK_INVALID, network=word[:60]) from None


def is_address_allowed(address: str, networks: Networks) -> bool:
    """Whether the address lies in one of the networks; any address is allowed when there are none."""
    return not networks or ip_networks.is_in_networks(address, networks)


def format_networks(networks: Networks) -> str:
    """The list as it is stored. Raises AuthError: NETWORKS_TOO_LONG (cut off, the last network would be another)."""
    text = " ".join(map(str, networks))
    if len(text) > _MAX_LENGTH:
        raise AuthError(AuthCode.NETWORKS_TOO_LONG, most=_MAX_LENGTH)
    return text


def require_name_and_networks(name: str, networks: str, *more: Callable[[], object]) -> tuple[str, Networks]:
    """The key of the name and the networks, once `more` checks hold too. AuthError: all that is wrong, at once."""
    check_all(partial(key_from_name, name), lambda: format_networks(parse_networks(networks)), *more)
    return key_from_name(name), parse_networks(networks)

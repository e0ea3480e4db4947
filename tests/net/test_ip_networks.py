"""Addresses and networks: one reading of an address for rate limits, trusted proxies and allowlists."""

import pytest

from ioc.auth.ip_allowlist import is_address_allowed, parse_networks
from ioc.net.client_network import client_network
from ioc.net.ip_networks import is_in_networks, unmap_ipv4
from ioc.web.middleware.client_ip import TrustedProxies
from ioc.web.server.connections import ConnectionLimiter

NETWORK = "10.1.0.0/24"


@pytest.mark.parametrize(
    ("address", "unmapped"),
    [
        ("::ffff:10.1.0.4", "10.1.0.4"), ("::FFFF:a01:4", "10.1.0.4"), ("10.1.0.4", "10.1.0.4"),
        ("2001:DB8::1", "2001:DB8::1"), ("::10.1.0.4", "::10.1.0.4"), ("nowhere", "nowhere"), ("", ""),
        ("fe80::1%" + "x" * 60, "fe80::1%" + "x" * 60),
    ],
)  # fmt: skip
def test_mapped_address_is_its_ipv4_address(address: str, unmapped: str) -> None:
    assert unmap_ipv4(address) == unmapped


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("10.1.0.4", True),
        ("::ffff:10.1.0.4", True),
        ("10.1.1.4", False),
        ("::1", False),
        ("10.1.0", False),
        ("", False),
    ],
)
def test_every_list_of_networks_decides_the_same(address: str, is_inside: bool) -> None:
    networks = parse_networks(NETWORK)
    assert is_in_networks(address, networks) == is_inside
    assert is_address_allowed(address, networks) == is_inside
    assert ConnectionLimiter([NETWORK], max_per_address=0).is_unlimited(address) == (is_inside or address == "::1")
    environ = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    assert (TrustedProxies([NETWORK]).client_info(environ).address == "203.0.113.9") == is_inside


def test_mapped_address_is_counted_as_its_ipv4_address() -> None:
    assert client_network("::ffff:10.1.0.4") == client_network("10.1.0.4") == "10.1.0.4"

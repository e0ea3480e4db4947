"""The SSRF guard: which addresses are public, one by one and as a property over all of them."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.net.ssrf import PrivateAddressError, is_public, parse_ip_literal, require_public

_PRIVATE_NETWORKS = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.127.255.255", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.170",
        "198.19.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1", "2002:7f00:1::",
        "2002:a9fe:a9fe::", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2001:0:1::1",
        "2001:db8::1", "3fff::1", "100::1", "4000::1", "5f00::1", "", "nonsense", "127.1",
    ],
)  # fmt: skip
def test_private_address_is_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(PrivateAddressError):
        require_public(address, allow_private=False)
    require_public(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8", "172.32.0.1", "100.128.0.1", "126.255.255.255", "169.253.1.1", "203.162.4.190", "2606:4700::1111",
        "2401:d800::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
    ],
)  # fmt: skip
def test_internet_address_is_public(address: str) -> None:
    assert is_public(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_embedded_ipv4_address_decides_in_every_form(address: IPv4Address) -> None:
    number = int(address)
    forms = [
        str(address),
        *(str(IPv6Address(form)) for form in ((0xFFFF << 32) | number, (0x64FF9B << 96) | number)),
        str(IPv6Address((0x2002 << 112) | (number << 80) | 1)),
    ]
    assert len({is_public(form) for form in forms}) == 1
    assert not (is_public(str(address)) and any(address in network for network in _PRIVATE_NETWORKS))


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_only_allocated_ipv6_addresses_are_public(address: IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global and not address.is_multicast and not address.is_private
        assert int(address) >> 125 == 1 or int(address) >> 32 in (0, 0xFFFF, 0x64FF9B << 64)


@given(st.integers(0, 2**32 - 1))
def test_every_spelling_is_the_address_that_the_resolver_reads(number: int) -> None:
    first, rest = number >> 24, number & 0xFFFFFF
    short = (f"{first}.{rest}", f"{hex(first)}.{rest}", f"0{first:o}.{rest}")
    for text in (str(number), hex(number), f"0{number:o}", *short):
        resolved = socket.getaddrinfo(text, 80, type=socket.SOCK_STREAM)[0][4][0]
        assert parse_ip_literal(text) == resolved == str(IPv4Address(number))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("[::1]", "::1"), ("127.0.0.1.", "127.0.0.1"), ("localhost", ""), ("1e100.net", ""), ("", ""),
        ("1.2.3.4.5", ""),
        ("2.vnexpress.net", ""), ("0", "0.0.0.0"), ("fe80::1%eth0", "fe80::1"), ("１２７.0.0.1", ""),
    ],
)  # fmt: skip
def test_host_name_is_no_address(host: str, address: str) -> None:
    assert parse_ip_literal(host) == address

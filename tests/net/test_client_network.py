import pytest

from ioc.net.client_network import client_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:0DB8:0:7:ffff::2", "2001:db8:0:7::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_client_counts_by_address_and_by_64_of_ipv6(address: str, network: str) -> None:
    assert client_network(address) == network


@pytest.mark.parametrize("text", ["x" * 5000, ":" * 5000])
def test_text_that_is_no_address_is_bounded(text: str) -> None:
    assert client_network(text) == text[:60]

"""The origin that is judged is the host that the library connects to."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from ioc.net.url_origin import Origin, parse_origin

ADDRESSES = st.builds(
    lambda scheme, rest: f"{scheme}://{rest}",
    st.sampled_from(["http", "https", "HTTP"]),
    st.text(st.sampled_from("ab.1:@/\\?#[]%2f5c \t\n\x00\u200b\uff0e;&="), min_size=1, max_size=16),
)


@given(ADDRESSES)
@example("http://a:1\\@b:2/x")
@example("http://b\\.a/")
def test_judged_host_is_that_of_the_library(address: str) -> None:
    try:
        origin = parse_origin(address)
        connected = parse_url(address)
    except (ValueError, LocationParseError):
        return
    port = connected.port or (443 if origin.scheme == "https" else 80)
    if connected.host and connected.port != 0:  # a host that urllib3 gives no connection for is none
        assert (origin.host, origin.port) == (connected.host.strip("[]").lower(), port)


@pytest.mark.parametrize(
    "address", ["http://a:1\\@b:2/x", "http://a\t.b/", "http://a b/", " http://a/", "http:/a", "ftp://a/", ""]
)
def test_address_that_parsers_read_otherwise_has_no_origin(address: str) -> None:
    with pytest.raises(ValueError):
        parse_origin(address)


def test_origin_of_an_address() -> None:
    assert parse_origin("https://u:p@A.example/x y\\z?q=\\") == Origin("https", "a.example", 443)
    assert parse_origin("http://[::1]:8080") == Origin("http", "::1", 8080)

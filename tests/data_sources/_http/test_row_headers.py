"""Headers and password of a row go to its own host, at every address of it, and to no other."""

from base64 import b64encode

import pytest
from aiohttp import web
from yarl import URL

from data_sources._http.connection_errors import is_allowed_url
from tests.data_sources.server import client_factory, row, serving


async def key_of(request: web.Request) -> web.Response:
    return web.Response(text=request.headers.get("X-Api-Key", "none"))


async def test_address_of_an_allowed_host_does_not_get_the_headers_of_the_row() -> None:
    """Such as a next-link."""
    async with serving(key_of) as home, serving(key_of) as other, client_factory() as clients:
        source = row(f"{home}/x", allowed_hosts=(other.removeprefix("http://"),))
        pages = [
            await clients.context_for(source).get(source, f"{base}/x", headers={"X-Api-Key": "k"})
            for base in (home, other)
        ]
    assert [page and page.body for page in pages] == [b"k", b"none"]


async def test_next_link_of_the_own_host_gets_the_user_of_the_address() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("Authorization", "none"))

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base.replace('://', '://u:p@')}/x")
        pages = [
            await clients.context_for(source).get(source, address) for address in (source.address, f"{base}/x?p=2")
        ]
    assert len({page.body for page in pages if page}) == 1 and pages[0] and pages[0].body.startswith(b"Basic ")


@pytest.mark.parametrize("user", ["u:p", ":p"])
async def test_absolute_redirect_to_the_own_host_gets_the_user_of_the_address(user: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/x":
            raise web.HTTPFound(f"http://{request.host}/y")  # as most servers send it
        return web.Response(text=request.headers.get("Authorization", "none"))

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base.replace('://', f'://{user}@')}/x")
        page = await clients.context_for(source).get(source, source.address)
    assert page and page.body == f"Basic {b64encode(user.encode()).decode()}".encode()


@pytest.mark.parametrize(
    ("address", "link", "is_own"),
    [
        ("https://h.example/x", "https://h.example:443/x?p=2", True),
        ("http://h.example:80/x", "http://h.example/x", True),
        ("http://h.example/x", "https://h.example/x", True),
        ("https://h.example/x", "https://h.example:8443/x", False),
        ("https://h.example/x", "https://h.example.evil/x", False),
    ],
)
def test_own_host_is_known_by_its_default_port_and_its_https(address: str, link: str, is_own: bool) -> None:
    assert is_allowed_url(URL(link), URL(address), ()) is is_own

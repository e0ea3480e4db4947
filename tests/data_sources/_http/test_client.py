"""The door: limits of time, size and place; what is remembered; what is never told."""

import asyncio
import gzip
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from data_sources._http import HttpClientFactory
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from tests.data_sources.server import Handler, door, row, serving


def says(body: bytes = b"{}", status: int = 200, **headers: str) -> Handler:
    """A handler that always answers the same; `_` in header names stands for `-`."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(
            body=body, status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    return handler


async def ask(
    handler: Handler, path: str = "/x", opened: HttpClientFactory | None = None, **changes: Any
) -> ResponsePage | None:
    """What one get through the door brings."""
    sent = {name: changes.pop(name) for name in ("params", "headers") if name in changes}
    async with serving(handler) as base, opened or door() as way:
        source = row(base + path, **changes)
        return await way.context_for(source).get(source, source.address, **sent)


async def fails(
    handler: Handler, path: str = "/x", opened: HttpClientFactory | None = None, **changes: Any
) -> SourceError:
    """The error that one get ends in."""
    with pytest.raises(SourceError) as caught:
        await ask(handler, path, opened, **changes)
    return caught.value


async def test_a_page_has_bytes_kind_charset_and_a_bare_address() -> None:
    page = await ask(says(b"abc", Content_Type="text/plain; charset=utf-16"), "/x?key=1")
    assert page and (page.body, page.media_type, page.charset) == (b"abc", "text/plain", "utf-16")
    assert page.address.endswith("/x")


@pytest.mark.parametrize(
    "packed", [gzip.compress(b"hello", mtime=0), gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)]
)
async def test_gzip_is_unpacked(packed: bytes) -> None:
    page = await ask(says(packed, Content_Encoding="gzip"))
    assert page and page.body == b"hello"


@pytest.mark.parametrize(
    ("packed", "name", "reason"),
    [
        (gzip.compress(b"x" * 5_000_000, mtime=0), "gzip", "larger than 1 MiB"),
        (zlib.compress(b"hello"), "br", "not asked for"),
        (gzip.compress(b"hello", mtime=0)[:-9], "gzip", "no end"),
        (b"<html>", "gzip", "claims to be gzip"),
    ],
)
async def test_badly_packed_answers_have_a_reason(packed: bytes, name: str, reason: str) -> None:
    error = await fails(says(packed, Content_Encoding=name), opened=door(size_limit=1_048_576))
    assert reason in error.failure


async def test_a_declared_gigabyte_is_refused_before_it_comes() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000000"})
        await response.prepare(request)
        await asyncio.sleep(60)
        return response

    assert "larger than 16 MiB" in (await fails(handler)).failure


async def test_an_endless_answer_stops_at_the_limit() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100_000)

    assert "larger than 0.5 MiB" in (await fails(handler, opened=door(size_limit=524_288))).failure


async def test_half_an_answer_broke_off() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport
        request.transport.close()
        return response

    assert "broke off" in (await fails(handler)).failure


async def test_the_deadline_covers_slow_bodies() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.sleep(60)
        return response

    error = await fails(handler, deadline=timedelta(seconds=0.2))
    assert "within 0.2 s" in error.failure


async def test_cancelling_a_fetch_cancels_it() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.sleep(60)
        return web.Response()

    asked = asyncio.Event()
    async with serving(handler) as base, door() as way:
        source = row(base)
        task = asyncio.create_task(way.context_for(source).get(source, base))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("status", "headers", "refused", "wait"),
    [
        (401, {}, True, None),
        (403, {}, True, None),
        (404, {}, False, None),
        (429, {"Retry_After": "120"}, False, 120),
        (503, {"Retry_After": "Tue, 24 Nov 2026 09:19:07 GMT"}, False, 60),
        (503, {"Retry_After": "soon"}, False, None),
        (429, {"Retry_After": "9" * 9}, False, 86_400),
        (500, {}, False, None),
        (418, {}, False, None),
    ],
)
async def test_statuses(status: int, headers: dict[str, str], refused: bool, wait: float | None) -> None:
    error = await fails(says(b"no", status, **headers))
    assert (error.is_refused, error.retry_after) == (refused, wait)
    assert str(status) in error.failure


async def test_what_did_not_change_is_not_sent_again() -> None:
    async def handler(request: web.Request) -> web.Response:
        marks.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        if marks[-1][0]:
            return web.Response(status=304)
        return web.Response(headers={"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 09:00:00 GMT"})

    marks: list[tuple[str | None, str | None]] = []
    async with serving(handler) as base, door() as way:
        source = row(base)
        assert await way.context_for(source).get(source, base) is not None
        assert await way.context_for(source).get(source, base) is None
        way.context_for(source).memory.clear()
        assert await way.context_for(source).get(source, base) is not None
        changed = row(base, fingerprint="other")
        assert await way.context_for(changed).get(changed, base) is not None
    assert marks[1] == ('"1"', "Tue, 24 Nov 2026 09:00:00 GMT")
    assert marks[0] == marks[2] == marks[3] == (None, None)


def moved(to: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/end":
            return web.Response(text=request.headers.get("X-Api-Key", "none"))
        return web.Response(status=302, headers={"Location": to} if to else {})

    return handler


async def test_redirects_at_home_are_followed_with_the_rows_headers() -> None:
    page = await ask(moved("/end"), headers={"X-Api-Key": "k"})
    assert page and page.body == b"k"


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://169.254.169.254/latest", "redirects to 169.254.169.254, which is not allowed"),
        ("http://127.0.0.1:1/", "not allowed"),
        ("file:///etc/passwd", "without saying where"),
        ("ftp://127.0.0.1/", "not allowed"),
        ("", "without saying where"),
        ("http://[", "without saying where"),
        ("/again", "more than 5 times"),
    ],
)
async def test_redirects_elsewhere_are_refused(to: str, reason: str) -> None:
    assert reason in (await fails(moved(to))).failure


async def test_a_redirect_to_an_allowed_host_does_not_carry_the_key_there() -> None:
    async with serving(moved("/end")) as other:
        page = await ask(moved(f"{other}/end"), headers={"X-Api-Key": "k"}, allowed_hosts=("127.0.0.1",))
    assert page and page.body == b"none"


async def test_secrets_reach_the_server_and_no_reason() -> None:
    async def handler(request: web.Request) -> web.Response:
        seen.update(request.headers, query=request.query_string, basic=request.headers.get("Authorization", ""))
        return web.Response(status=500)

    seen: dict[str, str] = {}
    opened = door(secrets={"MY_KEY": "s3cret&1"})
    error = await fails(
        handler, "/x?token=${MY_KEY}", opened, headers={"X-Key": "Bearer ${MY_KEY}"}, params={"k": "${MY_KEY}"}
    )
    assert seen["X-Key"] == "Bearer s3cret&1"
    assert seen["query"] == "token=s3cret%261&k=s3cret%261"
    assert "s3cret" not in error.failure and "token" not in error.failure


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "no\\nsuch \\u202e field"}}', "; it says: no such field"),
        (b'{"detail": [{"msg": "x"}], "reason": "too far"}', "; it says: too far"),
        (b'{"error": true}', ""),
        (b'{"error":' * 800 + b'"deep"' + b"}" * 800, ""),
        (b"<html>Error</html>", ""),
        (b'{"message": "' + b"x" * 9_000 + b'"}', ""),
        (b'{"message": "' + b"x" * 900 + b'"}', "; it says: " + "x" * 160),
    ],
)
async def test_what_a_server_says_of_its_refusal_is_told(body: bytes, words: str) -> None:
    assert (await fails(says(body, 400))).failure.endswith(f" answered 400: the request is not understood{words}")
    assert (await fails(says(body, 403))).failure.endswith(f"credentials or permission are missing{words}")


async def test_what_a_source_echoes_is_masked_in_every_form() -> None:
    async with serving(says()) as base, door(secrets={"MY_KEY": "S3cret Key&1"}) as way:
        source = row(f"{base}/a")
        world = way.context_for(source)
        await world.get(source, source.address, headers={"X-Key": "${MY_KEY}"})
    told = world.mask_secrets("key S3cret Key&1, s3cret key&1, S3cret%20Key%261, level-s3cret-key-1, MY_KEY")
    assert told == "key <MY_KEY>, <MY_KEY>, <MY_KEY>, level-<MY_KEY>, MY_KEY"


async def test_a_secret_that_is_not_set_is_named() -> None:
    assert (await fails(says(), headers={"X": "${NO_KEY}"})).failure == "the secret NO_KEY is not set"


async def test_an_answer_cannot_ask_for_a_secret() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.query_string)

    async with serving(handler) as base, door(secrets={"MY_KEY": "s3cret"}) as way:
        source = row(f"{base}/a")
        page = await way.context_for(source).get(source, f"{base}/b?x=${{MY_KEY}}")
        assert page and b"s3cret" not in page.body


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://user:hidden@127.0.0.1:1/x?y=hidden", "cannot connect to 127.0.0.1:1"),
        ("https://127.0.0.1:1/", "cannot connect"),
        ("http://no-such-name.invalid/", "cannot be found"),
        ("ftp://127.0.0.1/", "not a web address"),
        ("http://127.0.0.1:99999/hidden", "not a web address"),
        ("", "not a web address"),
    ],
)
async def test_addresses_that_lead_nowhere(address: str, reason: str) -> None:
    source = row(address)
    async with door() as way:
        with pytest.raises(SourceError) as caught:
            await way.context_for(source).get(source, address)
    assert reason in caught.value.failure and "hidden" not in caught.value.failure


async def test_a_header_of_two_lines_is_malformed() -> None:
    assert "malformed" in (await fails(says(), headers={"X": "a\r\nb: c"})).failure


async def test_something_that_is_not_http() -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x15\x03\x01 220 smtp\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(raw, "127.0.0.1", 0)
    source = row(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    async with server, door() as way:
        with pytest.raises(SourceError, match="does not answer in HTTP"):
            await way.context_for(source).get(source, source.address)


async def test_the_proxy_is_asked_for_other_hosts_only() -> None:
    async with serving(says(b"by proxy")) as proxy, door(proxy=proxy) as way:
        source = row("http://somewhere.invalid/x")
        page = await way.context_for(source).get(source, source.address)
        assert page and page.body == b"by proxy"
    page = await ask(says(b"direct"), opened=door(proxy="http://127.0.0.1:1"))
    assert page and page.body == b"direct"


async def test_a_private_ca_must_be_a_certificate_file(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    with pytest.raises(OSError):
        async with door(ca=path):
            pass


async def test_many_that_hang_hold_up_nobody() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/hang":
            await asyncio.sleep(60)
        return web.Response(text="quick")

    async with serving(handler) as base, door() as way:
        slow = [row(f"{base}/hang", key=f"slow{n}", deadline=timedelta(seconds=1)) for n in range(30)]
        hanging = [asyncio.create_task(way.context_for(one).get(one, one.address)) for one in slow]
        quick = row(f"{base}/quick", deadline=timedelta(seconds=0.9))
        page = await way.context_for(quick).get(quick, quick.address)
        assert page and page.body == b"quick"
        outcomes = await asyncio.gather(*hanging, return_exceptions=True)
    assert all(isinstance(one, SourceError) for one in outcomes)

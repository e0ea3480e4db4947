"""The HTTP client: limits of time, size and host; conditional requests; secrets."""

import asyncio
import gzip
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from data_sources._http.errors import HttpCode
from data_sources._http.factory import HttpClientFactory
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from tests.data_sources.server import Handler, client_factory, row, serving


def answering(body: bytes = b"{}", status: int = 200, **headers: str) -> Handler:
    """A handler that always answers the same; `_` in header names stands for `-`."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(
            body=body, status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    return handler


async def get(
    handler: Handler, path: str = "/x", clients: HttpClientFactory | None = None, **changes: Any
) -> ResponsePage | None:
    """The result of one GET; `changes` are params and headers of the request, and fields of the source."""
    request = {name: changes.pop(name) for name in ("params", "headers") if name in changes}
    async with serving(handler) as base, clients or client_factory() as factory:
        source = row(base + path, **changes)
        return await factory.context_for(source).get(source, source.address, **request)


async def error_of(
    handler: Handler, path: str = "/x", clients: HttpClientFactory | None = None, **changes: Any
) -> SourceError:
    """The error that one GET raises."""
    with pytest.raises(SourceError) as caught:
        await get(handler, path, clients, **changes)
    return caught.value


async def failure_of(handler: Handler, **changes: Any) -> Failure:
    return (await error_of(handler, **changes)).failure


async def test_page_has_body_media_type_charset_and_an_address_without_query() -> None:
    page = await get(answering(b"abc", Content_Type="text/plain; charset=utf-16"), "/x?key=1")
    assert page and (page.body, page.media_type, page.charset) == (b"abc", "text/plain", "utf-16")
    assert page.address.endswith("/x")


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        ({"Date": "Sun, 06 Jan 1980 10:00:00 GMT", "Last_Modified": "Sun, 06 Jan 1980 08:30:00 GMT"}, 90),  # own clock
        ({"Date": "Tue, 24 Nov 2026 09:00:00 GMT", "Last_Modified": "Tue, 24 Nov 2026 09:30:00 GMT"}, 0),
        ({"Date": "Tue, 24 Nov 2026 09:00:00 GMT", "Last_Modified": "yesterday"}, None),
        ({"Date": "Tue, 24 Nov 2026 09:00:00 GMT", "Last_Modified": "Tue, 24 Nov 2026 09:00:00 -0000"}, 0),
        ({}, None),
    ],
)
async def test_age_of_an_answer_is_counted_by_the_clock_of_its_server(headers: dict[str, str], age: int | None) -> None:
    page = await get(answering(b"{}", 200, **headers))
    assert page and page.age == (None if age is None else timedelta(minutes=age))


@pytest.mark.parametrize(
    "compressed", [gzip.compress(b"hello", mtime=0), gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)]
)
async def test_gzip_is_decompressed(compressed: bytes) -> None:
    page = await get(answering(compressed, Content_Encoding="gzip"))
    assert page and page.body == b"hello"


@pytest.mark.parametrize(
    ("body", "encoding", "failure"),
    [
        (gzip.compress(b"x" * 5_000_000, mtime=0), "gzip", Failure(HttpCode.ANSWER_TOO_LARGE, {"mebibytes": 1.0})),
        (zlib.compress(b"hello"), "br", Failure(HttpCode.UNEXPECTED_ENCODING, {"encoding": "br"})),
        (gzip.compress(b"hello", mtime=0)[:-9], "gzip", Failure(HttpCode.GZIP_CUT)),
        (b"<html>", "gzip", Failure(HttpCode.NOT_GZIP)),
    ],
)
async def test_wrongly_compressed_answer_fails(body: bytes, encoding: str, failure: Failure) -> None:
    handler = answering(body, Content_Encoding=encoding)
    assert await failure_of(handler, clients=client_factory(size_limit=1_048_576)) == failure


async def test_answer_that_declares_too_large_a_size_is_not_read() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000000"})
        await response.prepare(request)
        await asyncio.sleep(60)
        return response

    assert await failure_of(handler) == Failure(HttpCode.ANSWER_TOO_LARGE, {"mebibytes": 16.0})


async def test_endless_answer_is_cut_at_the_size_limit() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100_000)

    failure = await failure_of(handler, clients=client_factory(size_limit=524_288))
    assert failure == Failure(HttpCode.ANSWER_TOO_LARGE, {"mebibytes": 0.5})


async def test_answer_that_ends_early_is_cut() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport
        request.transport.close()
        return response

    assert (await failure_of(handler)).code == HttpCode.ANSWER_CUT


async def test_a_part_of_an_answer_is_refused_unless_row_or_protocol_ask_for_one() -> None:
    for unasked in ({"Content_Range": "bytes 0-1/100"}, {"Content_Range": "bytes 0-1/2"}, dict[str, str]()):
        assert (await failure_of(answering(b"[]", 206, **unasked))).code == HttpCode.ANSWER_CUT
    part = await get(answering(b"[]", 206, Content_Range="bytes 0-1/100"), headers={"range": "bytes=0-1"})
    history = await get(answering(b"[]", 206, Content_Range="date-time 2026-11-24T07:00:00Z-2026-11-24T08:00:00Z/60"))
    assert part and history and part.body == history.body == b"[]"


async def test_deadline_covers_a_slow_body() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.sleep(60)
        return response

    failure = await failure_of(handler, deadline=timedelta(seconds=0.2))
    assert failure == Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 0.2})


async def test_cancelled_get_raises_cancelled_error() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        requested.set()
        await asyncio.sleep(60)
        return web.Response()

    requested = asyncio.Event()
    async with serving(handler) as base, client_factory() as factory:
        source = row(base)
        task = asyncio.create_task(factory.context_for(source).get(source, base))
        await requested.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("status", "headers", "code", "retry_after"),
    [
        (401, {}, HttpCode.ACCESS_REFUSED, None),
        (403, {}, HttpCode.ACCESS_REFUSED, None),
        (404, {}, HttpCode.NOT_FOUND, None),
        (429, {"Retry_After": "120"}, HttpCode.TOO_MANY_REQUESTS, 120),
        (503, {"Retry_After": "Tue, 24 Nov 2026 09:19:07 GMT", "Date": "soon"}, HttpCode.ERROR_STATUS, 60),
        (  # its clock is an hour ahead of ours
            503,
            {"Retry_After": "Tue, 24 Nov 2026 10:19:07 GMT", "Date": "Tue, 24 Nov 2026 10:18:57 GMT"},
            HttpCode.ERROR_STATUS,
            10,
        ),
        (  # from a cache
            503,
            {"Retry_After": "Tue, 24 Nov 2026 09:19:07 GMT", "Date": "Tue, 24 Nov 2026 08:18:07 GMT", "Age": "3600"},
            HttpCode.ERROR_STATUS,
            60,
        ),
        (503, {"Retry_After": "soon"}, HttpCode.ERROR_STATUS, None),
        (429, {"Retry_After": "9" * 9}, HttpCode.TOO_MANY_REQUESTS, 86_400),
        (500, {}, HttpCode.ERROR_STATUS, None),
        (418, {}, HttpCode.ERROR_STATUS, None),
    ],
)
async def test_error_status_has_its_code_and_retry_after(
    status: int, headers: dict[str, str], code: ErrorCode, retry_after: float | None
) -> None:
    error = await error_of(answering(b"no", status, **headers))
    assert (error.is_refused, error.retry_after) == (code is HttpCode.ACCESS_REFUSED, retry_after)
    assert error.failure.code == code and error.failure.params.get("status", status) == status


def redirecting(target: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/end":
            return web.Response(text=request.headers.get("X-Api-Key", "none"))
        return web.Response(status=302, headers={"Location": target} if target else {})

    return handler


async def test_redirect_to_the_own_host_is_followed_with_the_headers_of_the_row() -> None:
    page = await get(redirecting("/end"), headers={"X-Api-Key": "k"})
    assert page and page.body == b"k"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://169.254.169.254/latest", HttpCode.REDIRECT_NOT_ALLOWED),
        ("http://127.0.0.1:1/", HttpCode.REDIRECT_NOT_ALLOWED),
        ("file:///etc/passwd", HttpCode.REDIRECT_WITHOUT_TARGET),
        ("ftp://127.0.0.1/", HttpCode.REDIRECT_NOT_ALLOWED),
        ("", HttpCode.REDIRECT_WITHOUT_TARGET),
        ("http://[", HttpCode.REDIRECT_WITHOUT_TARGET),
        ("/again", HttpCode.TOO_MANY_REDIRECTS),
    ],
)
async def test_redirect_to_another_host_is_refused(target: str, code: ErrorCode) -> None:
    failure = await failure_of(redirecting(target))
    assert failure.code == code and failure.params.get("target") in (None, *_hosts_of(target))


def _hosts_of(target: str) -> list[str]:
    return [target.split("/")[2]] if target.count("/") > 1 else []


async def test_redirect_to_an_allowed_host_does_not_carry_the_headers_of_the_row() -> None:
    async with serving(redirecting("/end")) as other:
        page = await get(redirecting(f"{other}/end"), headers={"X-Api-Key": "k"}, allowed_hosts=("127.0.0.1",))
    assert page and page.body == b"none"


async def test_secrets_reach_the_server_and_no_failure() -> None:
    async def handler(request: web.Request) -> web.Response:
        received.update(request.headers, query=request.query_string)
        return web.Response(status=500)

    received: dict[str, str] = {}
    clients = client_factory(secrets={"MY_KEY": "s3cret&1"})
    error = await error_of(
        handler, "/x?token=${MY_KEY}", clients, headers={"X-Key": "Bearer ${MY_KEY}"}, params={"k": "${MY_KEY}"}
    )
    assert received["X-Key"] == "Bearer s3cret&1"
    assert received["query"] == "token=s3cret%261&k=s3cret%261"
    assert "s3cret" not in str(error.failure) and "token" not in str(error.failure)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no\\nsuch \\u202e field"}}', "no such field"),
        (b'{"detail": [{"msg": "x"}], "reason": "too far"}', "too far"),
        (b'{"error": true}', ""),
        (b'{"error":' * 800 + b'"deep"' + b"}" * 800, ""),
        (b"<html>Error</html>", ""),
        (b'{"message": "' + b"x" * 9_000 + b'"}', ""),
        (b'{"message": "' + b"x" * 900 + b'"}', "x" * 160),
    ],
)
async def test_message_of_an_error_answer_is_quoted(body: bytes, message: str) -> None:
    assert await failure_of(answering(body, 400)) == Failure(HttpCode.ERROR_STATUS, {"status": 400}, message)
    assert await failure_of(answering(body, 403)) == Failure(HttpCode.ACCESS_REFUSED, {"status": 403}, message)


async def test_echoed_secret_is_masked_in_every_spelling() -> None:
    async with serving(answering()) as base, client_factory(secrets={"MY_KEY": "S3cret Key&1"}) as factory:
        source = row(f"{base}/a")
        context = factory.context_for(source)
        await context.get(source, source.address, headers={"X-Key": "${MY_KEY}"})
    masked = context.mask_secrets("key S3cret Key&1, s3cret key&1, S3cret%20Key%261, level-s3cret-key-1, MY_KEY")
    assert masked == "key <MY_KEY>, <MY_KEY>, <MY_KEY>, level-<MY_KEY>, MY_KEY"


async def test_missing_secret_is_named() -> None:
    failure = await failure_of(answering(), headers={"X": "${NO_KEY}"})
    assert failure == Failure(IngestCode.SECRET_NOT_SET, {"name": "NO_KEY"})


async def test_next_link_with_a_secret_reference_is_not_expanded() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.query_string)

    async with serving(handler) as base, client_factory(secrets={"MY_KEY": "s3cret"}) as factory:
        source = row(f"{base}/a")
        page = await factory.context_for(source).get(source, f"{base}/b?x=${{MY_KEY}}")
        assert page and b"s3cret" not in page.body


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://user:hidden@127.0.0.1:1/x?y=hidden", HttpCode.CONNECT_FAILED),
        ("https://127.0.0.1:1/", HttpCode.CONNECT_FAILED),
        ("http://no-such-name.invalid/", HttpCode.NAME_NOT_FOUND),
        ("ftp://127.0.0.1/", HttpCode.NOT_A_WEB_ADDRESS),
        ("http://127.0.0.1:99999/hidden", HttpCode.NOT_A_WEB_ADDRESS),
        ("", HttpCode.NOT_A_WEB_ADDRESS),
    ],
)
async def test_unusable_address_fails_without_showing_its_password(address: str, code: ErrorCode) -> None:
    source = row(address)
    async with client_factory() as factory:
        with pytest.raises(SourceError) as caught:
            await factory.context_for(source).get(source, address)
    assert caught.value.failure.code == code and "hidden" not in str(caught.value.failure)


async def test_failed_connection_has_the_error_of_the_system_as_its_cause() -> None:
    source = row("http://127.0.0.1:1/")
    async with client_factory() as factory:
        with pytest.raises(SourceError) as caught:
            await factory.context_for(source).get(source, source.address)
    assert caught.value.failure.params == {"cause": Failure(SystemCode.CONNECTION_REFUSED)}


async def test_header_of_two_lines_is_malformed() -> None:
    assert (await failure_of(answering(), headers={"X": "a\r\nb: c"})).code == HttpCode.MALFORMED_REQUEST


async def test_server_that_does_not_speak_http_fails() -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x15\x03\x01 220 smtp\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(raw, "127.0.0.1", 0)
    source = row(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    async with server, client_factory() as factory:
        with pytest.raises(SourceError) as caught:
            await factory.context_for(source).get(source, source.address)
    assert caught.value.failure.code == HttpCode.NOT_HTTP


async def test_proxy_is_used_for_other_hosts_only() -> None:
    async with serving(answering(b"by proxy")) as proxy, client_factory(proxy=proxy) as factory:
        source = row("http://somewhere.invalid/x")
        page = await factory.context_for(source).get(source, source.address)
        assert page and page.body == b"by proxy"
    page = await get(answering(b"direct"), clients=client_factory(proxy="http://127.0.0.1:1"))
    assert page and page.body == b"direct"


async def test_file_of_the_own_ca_must_hold_a_certificate(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    with pytest.raises(OSError):
        async with client_factory(ca=path):
            pass


async def test_hanging_sources_do_not_delay_others() -> None:
    asked = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal asked
        if request.path == "/hang":
            asked += 1
            await asyncio.sleep(3600)
        return web.Response(text="quick")

    async with serving(handler) as base, client_factory() as factory:
        slow = [row(f"{base}/hang", key=f"slow{n}", deadline=timedelta(hours=1)) for n in range(30)]
        hanging = [asyncio.create_task(factory.context_for(source).get(source, source.address)) for source in slow]
        quick = row(f"{base}/quick", deadline=timedelta(minutes=1))
        page = await factory.context_for(quick).get(quick, quick.address)
        assert page and page.body == b"quick"
        assert asked and not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

"""Bodies of requests: read completely before a thread is taken, in memory, large ones in a file."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from ioc.net.client_network import client_network
from ioc.web.errors.codes import RequestCode
from ioc.web.wsgi import Environ

READ_SECONDS = 5.0  # without any further byte of the body
MIN_BYTES_PER_SECOND = 32_768  # of a body above MEMORY_BYTES, after READ_SECONDS
MAX_BODY_SECONDS = 120.0
MAX_BODY_BYTES = 16 * 1_048_576
MEMORY_BYTES = 131_072
MAX_LARGE_BODIES, MAX_LARGE_PER_NETWORK = 32, 8  # bodies above MEMORY_BYTES that are read at the same time

Receive = Callable[[], Awaitable[dict[str, Any]]]


class BodyError(Exception):
    """The body is not accepted, for `code`."""

    def __init__(self, code: RequestCode) -> None:
        super().__init__(code)
        self.code = code


class BodyReader:
    """Reads bodies, few large ones at a time."""

    def __init__(self) -> None:
        self._large: Counter[str] = Counter()

    async def read(self, environ: Environ, receive: Receive) -> IO[bytes]:
        """The body, its length set in `environ`. BodyError; ConnectionError when the client is gone or too slow."""
        body = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 (the caller closes it)
        try:
            async with asyncio.timeout(MAX_BODY_SECONDS):
                await self._fill(body, environ, receive)
        except TimeoutError:
            body.close()
            raise ConnectionError from None
        except BaseException:
            body.close()
            raise
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # only "chunked", which is undone
        environ["CONTENT_LENGTH"] = str(body.tell())
        body.seek(0)
        return body

    async def _fill(self, body: IO[bytes], environ: Environ, receive: Receive) -> None:
        if _declared_length(environ) > MAX_BODY_BYTES:
            raise BodyError(RequestCode.TOO_LARGE)
        if environ.get("HTTP_TRANSFER_ENCODING", "chunked").strip().lower() != "chunked":
            raise BodyError(RequestCode.UNSUPPORTED_CONTENT_TYPE)  # a compressed body would be taken for its content
        network, is_large, started = client_network(environ.get("REMOTE_ADDR", "")), False, time.monotonic()
        try:
            async with aclosing(_parts(receive)) as parts:
                async for part in parts:
                    size = body.tell() + len(part)
                    if size > MAX_BODY_BYTES:
                        raise BodyError(RequestCode.TOO_LARGE)
                    if size > MEMORY_BYTES and not is_large:
                        self._admit_large(network)
                        is_large = True
                    body.write(part)
                    if is_large and time.monotonic() - started > READ_SECONDS + size / MIN_BYTES_PER_SECOND:
                        raise ConnectionError
        finally:
            if is_large:
                self._large[network] -= 1

    def _admit_large(self, network: str) -> None:
        if self._large.total() >= MAX_LARGE_BODIES or self._large[network] >= MAX_LARGE_PER_NETWORK:
            raise BodyError(RequestCode.BUSY)
        self._large[network] += 1


def _declared_length(environ: Environ) -> int:
    digits = environ.get("CONTENT_LENGTH", "").lstrip("0")
    return int(digits[:12]) if digits.isdecimal() else 0


async def _parts(receive: Receive) -> AsyncGenerator[bytes, None]:
    while True:
        message = await asyncio.wait_for(receive(), READ_SECONDS)
        if message["type"] != "http.request":
            raise ConnectionError
        yield message["body"]
        if not message["more_body"]:
            return

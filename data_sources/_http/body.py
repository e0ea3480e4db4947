"""The body of an answer, read in chunks: never more than the limit, however it is compressed or declared."""

import zlib

import aiohttp

from data_sources._http.errors import HttpCode, too_large
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import SourceError

_CHUNK_SIZE = 65_536


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The decompressed body. Raises SourceError when it is larger than `limit` bytes, or wrongly compressed."""
    if (response.content_length or 0) > limit:
        raise too_large(limit)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise SourceError(HttpCode.UNEXPECTED_ENCODING, encoding=shorten(encoding, 20))
    decompressor = Decompressor(limit) if encoding not in ("identity", "") else None
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_SIZE):
        body += decompressor.decompress(chunk, limit - len(body)) if decompressor else chunk
        if len(body) > limit:
            raise too_large(limit)
    if decompressor:
        decompressor.finish()
    return bytes(body)


class Decompressor:
    """Decompresses gzip (of several members too) or deflate, never beyond what is left of the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stream = zlib.decompressobj(47)  # 32 + 15: gzip or zlib, by its header

    def decompress(self, chunk: bytes, left: int) -> bytes:
        """The decompressed bytes of `chunk`. Raises SourceError when they are more than `left`, or no gzip."""
        out = bytearray()
        try:
            while chunk:
                if self._stream.eof:
                    self._stream = zlib.decompressobj(47)
                out += self._stream.decompress(chunk, left - len(out) + 1)
                if len(out) > left:
                    raise too_large(self._limit)
                chunk = self._stream.unused_data or self._stream.unconsumed_tail
        except zlib.error:
            raise SourceError(HttpCode.NOT_GZIP) from None
        return bytes(out)

    def finish(self) -> None:
        """Raises SourceError when the compressed answer ended before its end mark."""
        if not self._stream.eof:
            raise SourceError(HttpCode.GZIP_CUT)

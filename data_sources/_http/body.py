"""An answer's body, read piece by piece: never more than the limit, however it was packed or announced."""

import zlib

import aiohttp

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError

_CHUNK_SIZE = 65_536


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The unpacked body. SourceError when it is, or will be, larger than `limit`, or is badly packed."""
    if (response.content_length or 0) > limit:
        raise _too_large(limit)
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise SourceError(untyped(f"the answer is packed as {packed[:20]!r}, which was not asked for"))
    unpacker = Decompressor(limit) if packed not in ("identity", "") else None
    body = bytearray()
    async for piece in response.content.iter_chunked(_CHUNK_SIZE):
        body += unpacker.decompress(piece, limit - len(body)) if unpacker else piece
        if len(body) > limit:
            raise _too_large(limit)
    if unpacker:
        unpacker.finish()
    return bytes(body)


def _too_large(limit: int) -> SourceError:
    return SourceError(untyped(f"the answer is larger than {limit / 1_048_576:g} MiB"))


class Decompressor:
    """gzip (of several members too) or deflate, never unpacking beyond what is left of the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stream = zlib.decompressobj(47)  # 32 + 15: gzip or zlib, by its head

    def decompress(self, piece: bytes, left: int) -> bytes:
        """The bytes that `piece` brings; SourceError when they are more than `left`."""
        out = bytearray()
        try:
            while piece:
                if self._stream.eof:
                    self._stream = zlib.decompressobj(47)
                out += self._stream.decompress(piece, left - len(out) + 1)
                if len(out) > left:
                    raise _too_large(self._limit)
                piece = self._stream.unused_data or self._stream.unconsumed_tail
        except zlib.error:
            raise SourceError(untyped("the answer claims to be gzip but is not")) from None
        return bytes(out)

    def finish(self) -> None:
        """SourceError when the packed answer stopped in its middle."""
        if not self._stream.eof:
            raise SourceError(untyped("the answer broke off: its gzip has no end"))

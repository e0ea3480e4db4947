"""A zip file, checked by what its directory declares and never unpacked to more than that."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import SourceError

MAX_MEMBERS = 2_000
MAX_DIRECTORY = 256 * 1024  # bytes: each entry takes time, whatever number of entries is declared
_CHUNK_SIZE = 262_144
_END, _LOCATOR_64, _RECORD_64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_RECORD_64_SIZE = 56
_END_SIZE, _MAX_COMMENT = 22, 65_535
_ENCRYPTED_FLAG = 0x1
_RATIO_SLACK = 1_024  # bytes that a member may declare beyond the ratio
_MAX_RATIO = 1_032  # of deflate, unpacked to packed


def list_members(body: bytes, limit: int) -> list[zipfile.ZipInfo]:
    """The members by the directory alone. Raises SourceError when they are too many, locked, or over `limit` bytes.

    Raises what zipfile raises when there is no valid directory.
    """
    if _directory_size(body) > MAX_DIRECTORY:
        raise SourceError(SpreadsheetCode.TOO_MANY_PARTS, limit=MAX_MEMBERS)
    with zipfile.ZipFile(BytesIO(body)) as book:
        members = book.infolist()
    if len(members) > MAX_MEMBERS:
        raise SourceError(SpreadsheetCode.TOO_MANY_PARTS, limit=MAX_MEMBERS)
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise SourceError(SpreadsheetCode.LOCKED)
    if sum(member.file_size for member in members) > limit:
        raise SourceError(SpreadsheetCode.TOO_LARGE_UNPACKED)
    if sum(member.compress_size for member in members) > len(body):
        raise SourceError(SpreadsheetCode.PARTS_OVERLAP)
    if any(member.file_size > _RATIO_SLACK + _MAX_RATIO * member.compress_size for member in members):
        raise SourceError(SpreadsheetCode.IMPOSSIBLE_SIZE)
    return members


def _directory_size(body: bytes) -> int:
    """The size of the directory by the record at the end, or by a ZIP64 record: readers find it in two ways."""
    at = body.rfind(_END, max(0, len(body) - _END_SIZE - _MAX_COMMENT))
    if at < 0 or len(body) - at < _END_SIZE:
        raise zipfile.BadZipFile
    size = int(struct.unpack_from("<L", body, at + 12)[0])
    if at >= 20 and body[at - 20 : at - 16] == _LOCATOR_64:
        named, adjacent = int(struct.unpack_from("<Q", body, at - 12)[0]), at - 20 - _RECORD_64_SIZE
        last = len(body) - _RECORD_64_SIZE
        records = [one for one in (named, adjacent) if 0 <= one <= last and body[one : one + 4] == _RECORD_64]
        large = [int(struct.unpack_from("<Q", body, record + 40)[0]) for record in records]
        size = max([*large, 0 if large and size == 0xFFFFFFFF else size])
    return size


def unpack(body: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member in pieces. Raises SourceError when they are not as many as it declares."""
    packed = _compressed_bytes(body, info)
    if info.compress_type == zipfile.ZIP_STORED:
        if len(packed) != info.file_size:
            raise SourceError(SpreadsheetCode.WRONG_PART_SIZE)
        yield from (bytes(packed[at : at + _CHUNK_SIZE]) for at in range(0, len(packed), _CHUNK_SIZE))
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        yield from _inflate(packed, info.file_size)
    else:
        raise SourceError(SpreadsheetCode.UNKNOWN_COMPRESSION)


def _compressed_bytes(body: bytes, info: zipfile.ZipInfo) -> memoryview:
    """The packed bytes of a member, which follow its own header."""
    at = info.header_offset
    if body[at : at + 4] != b"PK\x03\x04":
        raise zipfile.BadZipFile
    name_length, extra_length = struct.unpack_from("<HH", body, at + 26)
    start = at + 30 + name_length + extra_length
    if start + info.compress_size > len(body):
        raise zipfile.BadZipFile
    return memoryview(body)[start : start + info.compress_size]


def _inflate(packed: memoryview, size: int) -> Iterator[bytes]:
    stream, left = zlib.decompressobj(-zlib.MAX_WBITS), size
    unread: bytes | memoryview = packed
    while not stream.eof and (piece := stream.decompress(unread, _CHUNK_SIZE)):
        left -= len(piece)
        if left < 0:
            raise SourceError(SpreadsheetCode.WRONG_PART_SIZE)
        unread = stream.unconsumed_tail
        yield piece
    if left or not stream.eof:
        raise zipfile.BadZipFile

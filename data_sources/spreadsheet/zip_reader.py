"""A zip by what its directory declares: refused before anything is unpacked, and never unpacked to more than that."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError

MAX_MEMBERS = 2_000
MAX_DIRECTORY = 256 * 1024  # bytes: reading one costs time for each entry, whatever their number is said to be
_CHUNK_SIZE = 262_144
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _MAX_COMMENT = 22, 65_535
_ENCRYPTED_FLAG = 0x1
_RATIO_SLACK = 1_024  # bytes that a member may declare beyond what its packed ones can hold
_MAX_RATIO = 1_032  # deflate makes at most so many bytes of one


def list_members(body: bytes, limit: int) -> list[zipfile.ZipInfo]:
    """The members, told by the directory alone. SourceError when they are too many, too large or locked.

    zipfile.BadZipFile and its like when there is no directory that can be read.
    """
    if _directory_size(body) > MAX_DIRECTORY:
        raise SourceError(untyped(f"the workbook has more than {MAX_MEMBERS} parts"))
    with zipfile.ZipFile(BytesIO(body)) as book:
        members = book.infolist()
    if len(members) > MAX_MEMBERS:
        raise SourceError(untyped(f"the workbook has more than {MAX_MEMBERS} parts"))
    if any(one.flag_bits & _ENCRYPTED_FLAG for one in members):
        raise SourceError(untyped("the workbook is locked with a password"))
    if sum(one.file_size for one in members) > limit:
        raise SourceError(untyped("the workbook unpacks to more than it may"))
    if sum(one.compress_size for one in members) > len(body):
        raise SourceError(untyped("the workbook's parts lie over one another"))
    if any(one.file_size > _RATIO_SLACK + _MAX_RATIO * one.compress_size for one in members):
        raise SourceError(untyped("the workbook declares more than it can hold"))
    return members


def _directory_size(body: bytes) -> int:
    """How long the directory says it is: from the record at the end, or from the large one that it points to."""
    at = body.rfind(_END, max(0, len(body) - _END_SIZE - _MAX_COMMENT))
    if at < 0 or len(body) - at < _END_SIZE:
        raise zipfile.BadZipFile
    size = int(struct.unpack_from("<L", body, at + 12)[0])
    if at >= 20 and body[at - 20 : at - 16] == _END_64:
        large = int(struct.unpack_from("<Q", body, at - 12)[0])
        if large + 56 <= len(body):
            size = max(size if size != 0xFFFFFFFF else 0, int(struct.unpack_from("<Q", body, large + 40)[0]))
    return size


def unpack(body: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes, piece by piece, exactly as many as it declares. SourceError when it holds another number."""
    packed = _compressed_bytes(body, info)
    if info.compress_type == zipfile.ZIP_STORED:
        if len(packed) != info.file_size:
            raise SourceError(untyped("a part of the workbook is not as long as it declares"))
        yield from (bytes(packed[at : at + _CHUNK_SIZE]) for at in range(0, len(packed), _CHUNK_SIZE))
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        yield from _inflate(packed, info.file_size)
    else:
        raise SourceError(untyped("a part of the workbook is packed in another way than workbooks are"))


def _compressed_bytes(body: bytes, info: zipfile.ZipInfo) -> memoryview:
    """The member's packed bytes, behind its own header."""
    at = info.header_offset
    if body[at : at + 4] != b"PK\x03\x04":
        raise zipfile.BadZipFile
    name, extra = struct.unpack_from("<HH", body, at + 26)
    start = at + 30 + name + extra
    if start + info.compress_size > len(body):
        raise zipfile.BadZipFile
    return memoryview(body)[start : start + info.compress_size]


def _inflate(packed: memoryview, size: int) -> Iterator[bytes]:
    stream, left = zlib.decompressobj(-zlib.MAX_WBITS), size
    waiting: bytes | memoryview = packed
    while not stream.eof and (piece := stream.decompress(waiting, _CHUNK_SIZE)):
        left -= len(piece)
        if left < 0:
            raise SourceError(untyped("a part of the workbook is longer than it declares"))
        waiting = stream.unconsumed_tail
        yield piece
    if left or not stream.eof:
        raise zipfile.BadZipFile

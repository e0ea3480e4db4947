"""Decoding of a feed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_sources._mapping import MAX_ITEMS
from data_sources.gtfs_rt.errors import GtfsCode
from data_sources.gtfs_rt.times import time_of
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_MAX_FIELDS = 500_000  # texts and messages: two bytes of an answer may become a hundred in memory
_VARINT, _FIXED_64, _DELIMITED, _FIXED_32 = 0, 1, 2, 5  # wire types of protobuf


@dataclass(frozen=True, slots=True)
class Feed:
    """The entities of a feed, up to the limit, its time, and whether it lists all that stand."""

    entities: list[Any]
    time: datetime
    is_full_dataset: bool
    is_truncated: bool


def read_feed(page: ResponsePage) -> Feed:
    """The feed of `page`. Raises SourceError when it is none, has no time or too many fields."""
    from google.protobuf.message import DecodeError
    from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage

    if not page.body:
        raise SourceError(DecodingCode.EMPTY)
    if page.body.lstrip()[:1] == b"<":
        raise SourceError(DecodingCode.HTML)
    if not _has_few_fields(page.body, FeedMessage.DESCRIPTOR):
        raise SourceError(GtfsCode.TOO_MANY_FIELDS, limit=_MAX_FIELDS)
    message = FeedMessage()
    try:
        message.ParseFromString(page.body)
    except (DecodeError, RecursionError):
        raise SourceError(GtfsCode.NOT_A_FEED) from None
    if not message.header.timestamp:
        raise SourceError(GtfsCode.FEED_TIME_MISSING)
    try:
        time = time_of(message.header.timestamp)
    except ParseError as error:
        raise SourceError(error.failure) from None
    is_full = message.header.incrementality == FeedHeader.FULL_DATASET
    return Feed(list(message.entity[:MAX_ITEMS]), time, is_full, len(message.entity) > MAX_ITEMS)


def _has_few_fields(body: bytes, descriptor: Any) -> bool:
    """Whether `body` has at most _MAX_FIELDS texts and messages. One that is cut off is left to the decoder."""
    count, left = 0, [(0, len(body), descriptor)]
    while left:
        at, end, message = left.pop()
        fields = message.fields_by_number
        while at < end:
            tag, at = _varint(body, at)
            kind, size = tag & 7, {_FIXED_64: 8, _FIXED_32: 4}.get(tag & 7, 0)
            if kind in (_VARINT, _DELIMITED):
                value, at = _varint(body, at)
                size = value if kind == _DELIMITED else 0
            if kind == _DELIMITED:
                count += 1
                field = fields.get(tag >> 3)
                if field is not None and field.message_type is not None:
                    left.append((at, min(at + size, end), field.message_type))
            if count > _MAX_FIELDS:
                return False
            at += size
    return True


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends."""
    value = shift = 0
    for end in range(at, min(at + 10, len(body))):
        value |= (body[end] & 127) << shift
        shift += 7
        if body[end] < 128:
            return value, end + 1
    return value, len(body)

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


@dataclass(frozen=True, slots=True)
class Feed:
    """The entities of a feed, up to the limit, its time, and whether it lists all that stand."""

    entities: list[Any]
    time: datetime
    is_full_dataset: bool
    is_truncated: bool


def read_feed(page: ResponsePage) -> Feed:
    """The feed of `page`. Raises SourceError when it is none, or has no time."""
    from google.protobuf.message import DecodeError
    from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage

    if not page.body:
        raise SourceError(DecodingCode.EMPTY)
    if page.body.lstrip()[:1] == b"<":
        raise SourceError(DecodingCode.HTML)
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

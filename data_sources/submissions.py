"""Figures that people submit on our own forms: validated there, stored as submissions, read like webhook messages."""

from datetime import datetime
from typing import Any

import orjson

from data_sources._mapping import RowOptions
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.webhook import fetch_messages, parse_messages
from ioc.domain.base.times import parse_time
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source


class Options(RowOptions):
    """No options: obligations.yaml says what is to be submitted, and the forms validate it."""


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The submissions that wait. None is a good answer: our own forms work while the poller does."""
    payload = await fetch_messages(source, context)
    return Payload(payload.pages, is_unchanged=payload.is_unchanged, message_ids=payload.message_ids)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The figures of each submission, for the time that it names; those reported by telephone are marked."""
    return parse_messages(payload.pages, lambda page, _: Batch(_readings(page)), now)


def _readings(page: ResponsePage) -> tuple[Reading, ...]:
    submission = decode_json(page, orjson.loads)
    try:
        observed = parse_time(submission["observed"])
        quality = "phoned" if submission["channel"] == "phone" else "good"
        values: dict[str, Any] = dict(submission["values"])
        return tuple(Reading(key, observed, _number(value), "", quality) for key, value in values.items())
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SourceError(MappingCode.NOT_A_SUBMISSION) from None


def _number(value: Any) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError
    return None if value is None else float(value)

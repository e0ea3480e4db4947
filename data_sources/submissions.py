"""What people hand in on our own forms: figures checked there, kept in the log of submissions, read like any letter."""

from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from data_sources._mapping.webhook import fetch_messages, parse_messages
from ioc.domain.base.failure import untyped
from ioc.domain.base.times import parse_time
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source


class Options(BaseModel):
    """None: the rows of duties.yaml say what is handed in, and the forms check it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The letters that wait. None is a good answer too: our own forms cannot be dead while we poll."""
    found = await fetch_messages(source, world)
    return Payload(found.pages, is_unchanged=found.is_unchanged, message_ids=found.message_ids)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The figures of each letter, for the moment that it names; those told by telephone are marked so."""
    return parse_messages(payload.pages, lambda page, _: Batch(_readings(page)), now)


def _readings(page: ResponsePage) -> tuple[Reading, ...]:
    told = decode_json(page, orjson.loads)
    try:
        observed, quality = parse_time(told["observed"]), "phoned" if told["channel"] == "phone" else "good"
        values: dict[str, Any] = dict(told["values"])
        return tuple(Reading(key, observed, _number(value), "", quality) for key, value in values.items())
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SourceError(untyped("the letter is none of our forms")) from None


def _number(value: Any) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError
    return None if value is None else float(value)

"""Readings from the observations of an answer, in whichever form they stand in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from data_sources._mapping import TimeReader, cut_list_notices, find, options_of, sample, unit_text
from data_sources.sensorthings.errors import SensorThingsCode
from data_sources.sensorthings.fetch import NEXT_LINK, checked_link, next_links
from data_sources.sensorthings.filters import chooses_one_stream
from data_sources.sensorthings.observations import STREAMS, LocatedObservation, observations_of, things_of
from data_sources.sensorthings.options import Options
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import DecodingCode, decode_json, decode_text
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_UNIT = "unitOfMeasurement"
_MAX_NAME, _MAX_SAMPLE = 60, 120  # characters


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The observations of all pages. One that cannot be read is rejected; the others are read. Raises SourceError."""
    options = options_of(source, Options)
    return options.read_times(
        lambda times: options.read_numbers(lambda numbers: _parse(source, payload, options, numbers, times))
    )


def _parse(source: Source, payload: Payload, options: Options, numbers: NumberReader, times: TimeReader) -> Batch:
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    documents = [(page, _document(page, f"#{n}", rejected)) for n, page in enumerate(payload.pages, 1)]
    rejected += _truncation_notices(source, documents, options, payload.is_partial)
    mixes_streams = _mixes_streams(source, options)
    for n, (_, document) in enumerate(documents):
        for observation in observations_of(document, f"#{n + 1}", options.path.strip("/")):
            unread: tuple[Reading, ...] = ()
            try:
                if mixes_streams and not observation.stream:
                    raise ParseError(SensorThingsCode.STREAM_UNKNOWN)
                unread = (_without_value(options, times, observation),)
                readings.append(_with_value(unread[0], options, numbers, observation))
            except ParseError as error:
                rejected.append(RejectedItem(observation.location, error.failure, _sample(observation), unread))
    return Batch(tuple(readings), tuple(rejected))


def _mixes_streams(source: Source, options: Options) -> bool:
    """Whether the list that is asked for is of the observations of any Datastream."""
    *_, parent = f"{source.address.rstrip('/')}/{options.path.strip('/')}".rpartition("/")[0].rpartition("/")
    is_of_any = options.asks_newest_only and "Datastream" not in parent
    return is_of_any and not chooses_one_stream(options.query().get("$filter", ""))


def _sample(observation: LocatedObservation) -> str:
    """The beginning of an observation, after the name or the id of its Datastream."""
    stream = observation.stream
    name = stream.get("name") or stream.get("@iot.id") or ""
    return shorten(": ".join(filter(None, (shorten(str(name), _MAX_NAME), sample(observation.item)))), _MAX_SAMPLE)


def _document(page: ResponsePage, where: str, rejected: list[RejectedItem]) -> Any:
    """The JSON of the page. Lines of JSON, as some servers stream them, become a list."""
    try:
        document = decode_json(page, orjson.loads)
    except SourceError as error:
        if error.failure.code != DecodingCode.NOT_JSON:
            raise
        document = _lines(page, where, rejected)
        if not document:
            raise
    if isinstance(document, dict) and "value" not in document and ("error" in document or "code" in document):
        message = document.get("message") or document.get("error")
        raise SourceError(IngestCode.SERVICE_MESSAGE, external=shorten(str(message), 120))
    return document


def _lines(page: ResponsePage, where: str, rejected: list[RejectedItem]) -> list[Any]:
    """The objects in the lines of the page, [] for anything else. One that is no valid JSON is rejected alone.

    `where`: the place of the page in the answer.
    """
    documents: list[Any] = []
    for n, line in enumerate(decode_text(page).split("\n"), 1):
        try:
            if line.strip():
                documents.append(decode_json(replace(page, body=line.encode()), orjson.loads))
        except SourceError as error:
            if error.failure.code != DecodingCode.NOT_JSON:
                raise
            if not documents or not line.lstrip().startswith("{"):
                return []
            rejected.append(RejectedItem(f"{where}:{n}", error.failure, shorten(line.strip(), 120)))
        if documents and not isinstance(documents[0], dict):
            return []
    return documents


def _truncation_notices(
    source: Source, documents: list[tuple[ResponsePage, Any]], options: Options, is_partial: bool
) -> Iterator[RejectedItem]:
    """A rejected item for each link that must not be followed, and one when the answers are not the whole list.

    `is_partial`: unchanged pages are not among the documents.
    """
    links, is_refused = set[str](), False
    for page, document in documents:
        for link in next_links(document):
            try:
                links.add(checked_link(source, page, link))
            except ParseError as error:
                is_refused = True
                yield RejectedItem(NEXT_LINK, error.failure, shorten(str(link).partition("?")[0], 120))
    if len(documents) >= options.pages and len(links) >= len(documents):
        yield RejectedItem(NEXT_LINK, Failure(IngestCode.MORE_PAGES))
    elif not (is_refused or is_partial or options.asks_newest_only):
        # A link that leads back to a page that came, or to one that was redirected, misses nothing.
        others = links - {page.address or source.address for page, _ in documents}
        yield from _part_notices(documents, bool(links), misses_pages=bool(others) and len(links) >= len(documents))


def _part_notices(
    documents: list[tuple[ResponsePage, Any]], has_links: bool, *, misses_pages: bool
) -> Iterator[RejectedItem]:
    """Rejected items for lists that came in part: `misses_pages` says that a page did not come which a link names."""
    answers = [document for _, document in documents]
    things = [thing for answer in answers for thing in things_of(answer)]
    # The pages that the links of Things name are no part of the first list.
    is_one_list = not any(f"{STREAMS}{NEXT_LINK}" in thing for thing in things)
    found = cut_list_notices(answers, "value", [page for page, _ in documents]) if is_one_list else []
    if has_links and not misses_pages:
        found = [one for one in found if one.failure.code == IngestCode.LIST_CUT]
    elif misses_pages and not found:
        read = sum(len(thing[STREAMS]) for thing in things)
        found = [RejectedItem(NEXT_LINK, Failure(IngestCode.LIST_CONTINUES, {"read": read}))]
    yield from found
    for thing in things:
        total, read = thing.get(f"{STREAMS}@iot.count"), len(thing[STREAMS])
        if isinstance(total, int) and total > read and f"{STREAMS}{NEXT_LINK}" not in thing:
            yield RejectedItem(STREAMS, Failure(IngestCode.LIST_CUT, {"read": read, "total": total}))


def _without_value(options: Options, times: TimeReader, located: LocatedObservation) -> Reading:
    """The series and the time of an observation. Raises ParseError."""
    if located.code is not None:
        raise ParseError(located.code)
    stream, observation = located.stream, located.item
    stream_id = stream.get("@iot.id", stream.get("id"))
    series = options.series_name(options.series, partial(find, {**stream, "id": stream_id}))
    field = next((name for name in ("phenomenonTime", "resultTime") if observation.get(name)), "")
    if not field:
        raise ParseError(SensorThingsCode.TIME_MISSING)
    observed = times.time(observation[field], field)
    return Reading(series.key, observed, None, name=series.name, sensor=options.sensor([("id", stream_id)]))


def _with_value(unread: Reading, options: Options, numbers: NumberReader, located: LocatedObservation) -> Reading:
    if "result" not in located.item:  # null is a result: there was no value
        raise ParseError(SensorThingsCode.RESULT_MISSING)
    amount = numbers.amount(located.item["result"], "result")
    unit = amount.unit_beside(*_unit(options, located.stream), options.units)
    return unread.with_value(amount.number, *unit, text=amount.text)


def _unit(options: Options, stream: dict[str, Any]) -> tuple[str, bool | None]:
    """The unit of a Datastream, and whether the answer names it; None: the row says it."""
    unit = stream.get(_UNIT)
    if not isinstance(unit, dict):
        text = unit_text(unit, _UNIT)
        return options.unit_or(options.unit, text)
    symbol, name, definition = (unit_text(unit.get(key), f"{_UNIT}.{key}") for key in ("symbol", "name", "definition"))
    # Services copy the definition of one unit to another, so that it counts only where nothing else is there.
    return options.unit_or(options.unit, *((symbol, name) if symbol or name else (definition,)))

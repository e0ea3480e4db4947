"""Polling one source by hand: `try` prints what its answer gives, `record` writes the answer to a file."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from components.ui.error_messages import describe
from data_sources import protocols
from data_sources._mapping import NameOptions, options_of
from data_sources._mapping.answer_parts import AnswerPart
from data_sources.cap.errors import CapCode
from data_sources.gtfs_rt.content import describe_entities
from data_sources.ngsi.errors import NgsiCode
from data_sources.spreadsheet import Options as SpreadsheetOptions
from data_sources.spreadsheet.tables_without_values import describe_tables
from ioc.cli import record as cli_record
from ioc.cli.answer_files import read_answer
from ioc.cli.batch_report import BatchReport, has_content
from ioc.cli.context import Context
from ioc.cli.errors import CliCode
from ioc.cli.record import Recording, RecordingError
from ioc.cli.unread_parts import unread_lines, unread_parts_of
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.system_errors import system_failure
from ioc.domain.events.event import Event
from ioc.domain.geo.unit_names import UnitNames
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.option_reasons import PlainCode, with_options_of
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.poller.admission import admit_batch, clock_skew_failure

# Of rejected items for pages that a list has besides those that came.
_PAGE_CODES = (
    IngestCode.MORE_PAGES, IngestCode.LIST_CUT, IngestCode.LIST_CONTINUES, PlainCode.LIST_CUT, PlainCode.LIST_CONTINUES,
    PlainCode.MESSAGE_LIST_CUT, PlainCode.MESSAGE_LIST_CONTINUES, NgsiCode.PAGES_END, NgsiCode.LAST_PAGE_FULL,
)  # fmt: skip

# By protocol: what an answer without any value holds.
_DESCRIBED: Mapping[str, Callable[[Source, Payload], Iterator[Failure]]] = {
    "spreadsheet": describe_tables,
    "gtfs_rt": describe_entities,
}

if TYPE_CHECKING:
    from data_sources._http.factory import HttpClientFactory


def try_source(context: Context, source_key: str, *, files: Sequence[str] = (), all: bool = False) -> int:
    """Fetch one source, or take the answer in `files`, and print what would be accepted and rejected.

    `all`: print every item. Nothing is stored. Returns the exit code: 1 when nothing came, or all of it is rejected.
    """
    source = context.source(source_key)
    if source is None:
        return 2
    try:
        if files:
            parsed = _replay(context, source, [Path(file) for file in files])
        else:
            parsed = asyncio.run(_fetch_and_parse(context, source))
    except RecordingError as error:
        sys.stderr.write(f"{', '.join(files)}: {describe(error.failure, context.lang)}\n")
        return 2
    except (SourceError, TimeoutError) as error:
        context.print_message("nothing_came", source=source_key, reason=describe(_failure(error, source), context.lang))
        return 1
    if parsed.refused:
        context.print_message("nothing_came", source=source_key, reason=describe(parsed.refused, context.lang))
        lines = unread_lines(source, parsed.unread_parts, context.lang, lists_all=all)
        sys.stdout.writelines(f"  {line}\n" for line in lines)
        return 1
    options = options_of(source, protocols()[source.protocol].Options)
    names = options.unmatched_names if isinstance(options, NameOptions) else ()
    report = BatchReport(
        source,
        parsed.batch,
        parsed.at,
        context.lang,
        parsed.skew,
        all,
        names,
        options.assumed_date,
        options.unmatched_paths,
        options.assumed_zone,
        options.unread_time,
        parsed.content,
        options.has_event_time,
        options.unread_event_time,
        options.empty_cell_count,
        options.sheets_read if isinstance(options, SpreadsheetOptions) else (),
        options.time_advice,
        parsed.unread_parts,
    )
    sys.stdout.write(report.text())
    return 0 if report.is_usable else 1


def record(context: Context, source_key: str, *, out: str = "", binary: bool = False) -> int:
    """Fetch one source and write its answer, masked, with a summary of it; to IOC_DATA/recorded by default."""
    source = context.source(source_key)
    if source is None:
        return 2
    try:
        recording, left_out = asyncio.run(_make_recording(context, source, binary))
    except (SourceError, TimeoutError) as error:
        context.print_message("nothing_came", source=source_key, reason=describe(_failure(error, source), context.lang))
        return 1
    sys.stderr.write("".join(f"{source_key}: {describe(failure, context.lang)}\n" for failure in left_out))
    if not recording.payload.pages:
        context.print_message("no_page", source=source_key)
        return 1
    path = Path(out) if out else context.settings.data / "recorded" / f"{source_key}.json"
    try:
        _write_atomically(path, cli_record.serialize(recording))
    except OSError as error:
        params: dict[str, Parameter] = {"path": str(path), "cause": system_failure(error)}
        sys.stderr.write(f"{describe(Failure(CliCode.FILE_NOT_WRITTEN, params), context.lang)}\n")
        return 1
    summary, pages = recording.summary, len(recording.payload.pages)
    if "error" in summary:
        reason = describe(Failure.from_json(summary["error"]), context.lang)
        context.print_message("recorded_nothing", path=path, pages=pages, reason=reason)
    else:
        context.print_message(
            "recorded", path=path, pages=pages, accepted=summary["accepted"], rejected=summary["rejected"]
        )
    return 0


async def _fetch(clients: "HttpClientFactory", source: Source) -> tuple[FetchContext, Payload]:
    fetch_context = clients.context_for(source)
    try:
        async with asyncio.timeout(source.deadline.total_seconds()):
            return fetch_context, await protocols()[source.protocol].fetch(source, fetch_context)
    except SourceError as error:
        raise SourceError(error.failure.map_text(fetch_context.mask_secrets)) from None


class _ParsedAnswer(NamedTuple):
    """The admitted batch of an answer, the time it came, and the skew of the source's clock if it is too large.

    `content`: what an answer without any value holds. `unread_parts`: those that the row does not read. `refused`: why
    the whole answer is.
    """

    batch: Batch
    at: datetime
    skew: Failure | None
    content: Sequence[Failure] = ()
    unread_parts: Sequence[AnswerPart] = ()
    refused: Failure | None = None


def _parse(context: Context, source: Source, fetch_context: FetchContext, payload: Payload) -> _ParsedAnswer:
    """As `_parse_values`, with the parts that the row does not read, also of an answer that is refused."""
    try:
        parsed = _parse_values(context, source, fetch_context, payload)
    except SourceError as error:
        parsed = _ParsedAnswer(Batch(), context.clock(), None, refused=error.failure)
    mask = fetch_context.mask_secrets
    parts = [
        replace(part, path=mask(part.path), samples=tuple(map(mask, part.samples)))
        for part in unread_parts_of(source, payload)
    ]
    return parsed._replace(unread_parts=parts)


def _parse_values(context: Context, source: Source, fetch_context: FetchContext, payload: Payload) -> _ParsedAnswer:
    now = context.clock()
    try:
        raw = protocols()[source.protocol].parse(source, payload, now)
        names = UnitNames(context.configuration().units.values())
        batch = admit_batch(raw, source, fetch_context, now, unit_names=names, id_key=b"")  # none is stored
        describe_content = None if has_content(batch) else _DESCRIBED.get(source.protocol)
        content = [*describe_content(source, payload)] if describe_content else []
        return _ParsedAnswer(batch, now, clock_skew_failure(raw, source, now), content)
    except SourceError as error:
        masked = error.failure.map_text(fetch_context.mask_secrets)
        raise SourceError(with_options_of(masked, source.option_names)) from None


async def _fetch_and_parse(context: Context, source: Source) -> _ParsedAnswer:
    async with context.http_client_factory() as clients:
        return _parse(context, source, *await _fetch(clients, source))


def _replay(context: Context, source: Source, paths: Sequence[Path]) -> _ParsedAnswer:
    """The answer in the files, parsed by the present configuration row; a recording at the time when it was made."""
    answer = read_answer(source, paths)
    at = answer.at
    if at is not None:
        context = replace(context, clock=lambda: at)
    parsed = _parse(context, source, context.http_client_factory().context_for(source), answer.payload)
    return parsed if at is not None else parsed._replace(batch=_without_next_polls(parsed.batch, source))


def _without_next_polls(batch: Batch, source: Source) -> Batch:
    """The batch of an example in files, which no poll follows: what it only links to is said not to be in it."""
    codes: dict[str, CliCode] = {CapCode.LINKED_ALERT_MISSING: CliCode.ALERT_NOT_IN_FILE}
    if "pages" in (source.option_names or ()):  # a poll fetches them, of GeoJSON those that a link leads to
        linked = (IngestCode.MORE_PAGES,) if source.protocol == "geojson" else _PAGE_CODES
        codes |= dict.fromkeys(linked, CliCode.PAGES_NOT_IN_FILE)
    items = (
        replace(item, failure=Failure(codes[item.failure.code])) if item.failure.code in codes else item
        for item in batch.rejected_items
    )
    return replace(batch, rejected_items=tuple(items))


async def _make_recording(context: Context, source: Source, binary: bool) -> tuple[Recording, list[Failure]]:
    """The recording and why pages are left out. Its summary is of the masked pages, so that a replay gives the same."""
    async with context.http_client_factory() as clients:
        fetch_context, payload = await _fetch(clients, source)
    at = context.clock()
    fixed_context = replace(context, clock=lambda: at)
    events: tuple[Event, ...] = ()
    with suppress(SourceError):
        events = protocols()[source.protocol].parse(source, payload, at).events
    mask = cli_record.build_mask(fetch_context.mask_secrets, events)
    masked, left_out = cli_record.mask_payload(payload, mask, binary=binary)
    try:
        summary = cli_record.summarize(_parse_values(fixed_context, source, fetch_context, masked).batch)
    except SourceError as error:
        summary = {"error": error.failure.to_json()}
    return Recording(source.key, source.protocol, at, masked, summary), left_out


def _failure(error: SourceError | TimeoutError, source: Source) -> Failure:
    if isinstance(error, SourceError):
        return error.failure
    return Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": source.deadline.total_seconds()})


def _write_atomically(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(body)
    os.replace(temporary, path)

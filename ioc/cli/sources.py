"""Asking one source by hand: `try` prints what comes of its answer, `record` keeps the answer as a file."""

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from components.ui.error_messages import config_error_text, describe, sentence_text
from components.ui.i18n import t
from data_sources import protocols
from ioc.cli import record as cli_record
from ioc.cli.context import Context
from ioc.cli.record import Recording
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.poller.admission import admit_batch, clock_skew_failure

if TYPE_CHECKING:
    from data_sources._http import HttpClientFactory

_MAX_LINES = 20


def try_source(context: Context, source_key: str, *, recorded: str = "") -> int:
    """Fetch one source, or take the answer of a file, and print what would be kept and refused. Nothing is stored."""
    source = context.source(source_key)
    if source is None:
        return 2
    try:
        made = _replay(context, source, Path(recorded)) if recorded else asyncio.run(_fetch_and_parse(context, source))
    except ValueError as error:
        sys.stderr.write(f"{recorded}: {config_error_text(str(error), context.lang)}\n")
        return 2
    except (SourceError, TimeoutError) as error:
        context.print_message("nothing_came", source=source_key, reason=describe(_failure(error, source), context.lang))
        return 1
    sys.stdout.write(format_batch(made.batch, context.lang, skew=made.skew))
    return 0


def record(context: Context, source_key: str, *, out: str = "", binary: bool = False) -> int:
    """Fetch one source and keep its answer, masked, with what was made of it; in IOC_DATA/recorded by default."""
    source = context.source(source_key)
    if source is None:
        return 2
    try:
        kept, left_out = asyncio.run(_make_recording(context, source, binary))
    except (SourceError, TimeoutError) as error:
        context.print_message("nothing_came", source=source_key, reason=describe(_failure(error, source), context.lang))
        return 1
    sys.stderr.writelines(f"{source_key}: {config_error_text(one, context.lang)}\n" for one in left_out)
    if not kept.payload.pages:
        context.print_message("no_page", source=source_key)
        return 1
    path = Path(out) if out else context.settings.data / "recorded" / f"{source_key}.json"
    try:
        _write_atomically(path, cli_record.serialize(kept))
    except OSError as error:
        context.print_error(
            "not_written", path=path, why=sentence_text(error.strerror or type(error).__name__, context.lang)
        )
        return 1
    made, pages = kept.summary, len(kept.payload.pages)
    if "error" in made:
        context.print_message(
            "recorded_nothing", path=path, pages=pages, reason=describe(Failure.from_json(made["error"]), context.lang)
        )
    else:
        context.print_message("recorded", path=path, pages=pages, kept=made["kept"], refused=made["refused"])
    return 0


async def _fetch(clients: "HttpClientFactory", source: Source) -> tuple[FetchContext, Payload]:
    world = clients.context_for(source)
    try:
        async with asyncio.timeout(source.deadline.total_seconds()):
            return world, await protocols()[source.protocol].fetch(source, world)
    except SourceError as error:
        raise SourceError(error.failure.map_text(world.mask_secrets)) from None


class _ParsedAnswer(NamedTuple):
    """What was made of an answer, and what it tells of the source's clock."""

    batch: Batch
    skew: Failure | None


def _parse(context: Context, source: Source, world: FetchContext, payload: Payload) -> _ParsedAnswer:
    now = context.clock()
    try:
        raw = protocols()[source.protocol].parse(source, payload, now)
        return _ParsedAnswer(admit_batch(raw, source, world, now), clock_skew_failure(raw, now))
    except SourceError as error:
        raise SourceError(error.failure.map_text(world.mask_secrets)) from None


async def _fetch_and_parse(context: Context, source: Source) -> _ParsedAnswer:
    async with context.http_client_factory() as door:
        return _parse(context, source, *await _fetch(door, source))


def _replay(context: Context, source: Source, path: Path) -> _ParsedAnswer:
    """The answer that was recorded, read by the row as it is now, at the time at which it came."""
    try:
        held = cli_record.parse_recording(path.read_bytes())
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    if held.protocol != source.protocol:
        raise ValueError(f"it was recorded from the protocol {held.protocol}, not {source.protocol}")
    then = replace(context, clock=lambda: held.at)
    return _parse(then, source, then.http_client_factory().context_for(source), held.payload)


async def _make_recording(context: Context, source: Source, binary: bool) -> tuple[Recording, list[str]]:
    """The recording; `made` is of the masked pages, so that whoever reads them again finds the same."""
    async with context.http_client_factory() as door:
        world, payload = await _fetch(door, source)
    at = context.clock()
    then = replace(context, clock=lambda: at)
    events: tuple[Event, ...] = ()
    with suppress(SourceError):
        events = protocols()[source.protocol].parse(source, payload, at).events
    clean, left_out = cli_record.mask_payload(payload, cli_record.build_mask(world.mask_secrets, events), binary=binary)
    try:
        made = cli_record.summarize(_parse(then, source, world, clean).batch)
    except SourceError as error:
        made = {"error": error.failure.to_json()}
    return Recording(source.key, source.protocol, at, clean, made), left_out


def _failure(error: SourceError | TimeoutError, source: Source) -> Failure:
    if isinstance(error, SourceError):
        return error.failure
    return Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": source.deadline.total_seconds()})


def _write_atomically(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_bytes(body)
    os.replace(beside, path)


def format_batch(batch: Batch, lang: str, *, skew: Failure | None = None) -> str:
    """The batch in lines: a clock that is off, what would be kept, then what was refused and why."""
    kept = [f"  {one.series:40} {_format_time(one.observed)} {one.value} {one.unit}" for one in batch.readings]
    word = {one: t(f"events.stage_{one.value}", lang) for one in EventStage}
    kept += [
        f"  {one.kind}/{one.key:40} {_format_time(one.observed)} {word[one.stage]} {one.title[:60]}"
        for one in batch.events
    ]
    aside = [
        "  "
        + t("commands.refused_item", lang, where=bad.location, reason=describe(bad.failure, lang))
        + (f" ({bad.sample})" if bad.sample else "")
        for bad in batch.rejected_items
    ]
    lines = [t("commands.counts", lang, kept=len(kept), repeated=batch.duplicate_count, refused=len(aside))]
    lines += [f"  {describe(skew, lang)}"] if skew else []
    lines += [*kept[:_MAX_LINES], *aside[:_MAX_LINES]]
    hidden = max(0, len(kept) - _MAX_LINES) + max(0, len(aside) - _MAX_LINES)
    return "\n".join([*lines, *([f"  {t('commands.more', lang, n=hidden)}"] if hidden else []), ""])


def _format_time(moment: datetime) -> str:
    return moment.astimezone(CITY_ZONE).isoformat()

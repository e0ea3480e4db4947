"""Asking one source by hand: `try` prints what comes of its answer, `record` keeps the answer as a file."""

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from components.ui.error_messages import fault, reason, refusal
from components.ui.i18n import say
from data_sources import protocols
from ioc.cli import record as cli_record
from ioc.cli.context import Context
from ioc.cli.record import Recording
from ioc.domain.base.times import CITY
from ioc.domain.events.event import Event, Stage
from ioc.domain.ingest.protocol import Payload, SourceError, World
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.poller.poller import admitted, clock_told

if TYPE_CHECKING:
    from data_sources._http import Door

_SHOWN = 20


def try_source(context: Context, key: str, *, recorded: str = "") -> int:
    """Fetch one source, or take the answer of a file, and print what would be kept and refused. Nothing is stored."""
    source = context.source(key)
    if source is None:
        return 2
    try:
        made = _replayed(context, source, Path(recorded)) if recorded else asyncio.run(_tried(context, source))
    except ValueError as error:
        sys.stderr.write(f"{recorded}: {fault(str(error), context.lang)}\n")
        return 2
    except (SourceError, TimeoutError) as error:
        why = str(error) or f"no answer within {source.deadline.total_seconds():g} s"
        context.say("nothing_came", source=key, reason=reason(why, context.lang))
        return 1
    sys.stdout.write(told(made.batch, context.lang, skew=made.skew))
    return 0


def record(context: Context, key: str, *, out: str = "", binary: bool = False) -> int:
    """Fetch one source and keep its answer, masked, with what was made of it; in IOC_DATA/recorded by default."""
    source = context.source(key)
    if source is None:
        return 2
    try:
        kept, left_out = asyncio.run(_recorded(context, source, binary))
    except (SourceError, TimeoutError) as error:
        why = str(error) or f"no answer within {source.deadline.total_seconds():g} s"
        context.say("nothing_came", source=key, reason=reason(why, context.lang))
        return 1
    sys.stderr.writelines(f"{key}: {fault(one, context.lang)}\n" for one in left_out)
    if not kept.payload.pages:
        context.say("no_page", source=key)
        return 1
    path = Path(out) if out else context.settings.data / "recorded" / f"{key}.json"
    try:
        _write(path, cli_record.written(kept))
    except OSError as error:
        context.complain("not_written", path=path, why=reason(error.strerror or type(error).__name__, context.lang))
        return 1
    made, pages = kept.made, len(kept.payload.pages)
    if "error" in made:
        context.say("recorded_nothing", path=path, pages=pages, reason=reason(str(made["error"]), context.lang))
    else:
        context.say("recorded", path=path, pages=pages, kept=made["kept"], refused=made["refused"])
    return 0


async def _fetched(door: "Door", source: Source) -> tuple[World, Payload]:
    world = door.to(source)
    try:
        async with asyncio.timeout(source.deadline.total_seconds()):
            return world, await protocols()[source.protocol].fetch(source, world)
    except SourceError as error:
        raise SourceError(world.masked(error.reason)) from None


class _Read(NamedTuple):
    """What was made of an answer, and what it tells of the source's clock."""

    batch: Batch
    skew: str


def _read(context: Context, source: Source, world: World, payload: Payload) -> _Read:
    now = context.clock()
    try:
        raw = protocols()[source.protocol].parse(source, payload, now)
        return _Read(admitted(raw, source, world, now), clock_told(raw, now))
    except SourceError as error:
        raise SourceError(world.masked(error.reason)) from None


async def _tried(context: Context, source: Source) -> _Read:
    async with context.door() as door:
        return _read(context, source, *await _fetched(door, source))


def _replayed(context: Context, source: Source, path: Path) -> _Read:
    """The answer that was recorded, read by the row as it is now, at the time at which it came."""
    try:
        held = cli_record.read(path.read_bytes())
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    if held.protocol != source.protocol:
        raise ValueError(f"it was recorded from the protocol {held.protocol}, not {source.protocol}")
    then = replace(context, clock=lambda: held.at)
    return _read(then, source, then.door().to(source), held.payload)


async def _recorded(context: Context, source: Source, binary: bool) -> tuple[Recording, list[str]]:
    """The recording; `made` is of the masked pages, so that whoever reads them again finds the same."""
    async with context.door() as door:
        world, payload = await _fetched(door, source)
    at = context.clock()
    then = replace(context, clock=lambda: at)
    events: tuple[Event, ...] = ()
    with suppress(SourceError):
        events = protocols()[source.protocol].parse(source, payload, at).events
    clean, left_out = cli_record.cleaned(payload, cli_record.masks(world.masked, events), binary=binary)
    try:
        made = cli_record.made(_read(then, source, world, clean).batch)
    except SourceError as error:
        made = {"error": error.reason}
    return Recording(source.key, source.protocol, at, clean, made), left_out


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_bytes(body)
    os.replace(beside, path)


def told(batch: Batch, lang: str, *, skew: str = "") -> str:
    """The batch in lines: a clock that is off, what would be kept, then what was refused and why."""
    kept = [f"  {one.series:40} {_time(one.observed)} {one.value} {one.unit}" for one in batch.readings]
    word = {one: say(f"events.stage_{one.value}", lang) for one in Stage}
    kept += [
        f"  {one.kind}/{one.key:40} {_time(one.observed)} {word[one.stage]} {one.title[:60]}" for one in batch.events
    ]
    aside = [
        "  "
        + say("commands.refused_item", lang, where=bad.where, reason=refusal(bad.reason, lang))
        + (f" ({bad.sample})" if bad.sample else "")
        for bad in batch.refused
    ]
    lines = [say("commands.counts", lang, kept=len(kept), repeated=batch.repeated, refused=len(aside))]
    lines += [f"  {reason(skew, lang)}"] if skew else []
    lines += [*kept[:_SHOWN], *aside[:_SHOWN]]
    hidden = max(0, len(kept) - _SHOWN) + max(0, len(aside) - _SHOWN)
    return "\n".join([*lines, *([f"  {say('commands.more', lang, n=hidden)}"] if hidden else []), ""])


def _time(moment: datetime) -> str:
    return moment.astimezone(CITY).isoformat()

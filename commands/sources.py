"""Commands about one source: try it, give it a fault, ask it again."""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta

from commands.context import Context
from components.reasons import reason, refusal
from components.text import say
from domain.feed import SourceError
from domain.health import SourceState
from domain.reading import Batch
from domain.source import Source
from domain.times import CITY

_SHOWN = 20
_ALIVE = timedelta(seconds=5)  # a poller whose heart is older does not poll


def try_source(context: Context, key: str) -> int:
    """Fetch one source and print what would be kept and what refused. Nothing is stored."""
    source = _source(context, key)
    if source is None:
        return 2
    try:
        batch = asyncio.run(_fetched(context, source))
    except (SourceError, TimeoutError) as error:
        why = str(error) or f"no answer within {source.deadline.total_seconds():g} s"
        _say(context, "nothing_came", source=key, reason=reason(why, context.lang))
        return 1
    sys.stdout.write(told(batch, context.lang))
    return 0


def _source(context: Context, key: str) -> Source | None:
    """The source called so; None, and those that there are were named."""
    sources = {one.key: one for one in context.configuration().sources}
    if key not in sources:
        _complain(context, "no_source", source=key, known=_names(sources))
    return sources.get(key)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _say(context: Context, key: str, **parts: object) -> None:
    sys.stdout.write(say(f"commands.{key}", context.lang, **parts) + "\n")


def _complain(context: Context, key: str, **parts: object) -> None:
    sys.stderr.write(say(f"commands.{key}", context.lang, **parts) + "\n")


async def _fetched(context: Context, source: Source) -> Batch:
    from data_sources import protocols
    from operations.polling import admitted

    connector = protocols()[source.protocol]
    async with context.door() as door, asyncio.timeout(source.deadline.total_seconds()):
        world = door.to(source)
        try:
            payload = await connector.fetch(source, world)
            return admitted(connector.parse(source, payload, context.clock()), source, world, context.clock())
        except SourceError as error:
            raise SourceError(world.masked(error.reason)) from None


def told(batch: Batch, lang: str) -> str:
    """The batch in lines: what would be kept first, then what was refused and why."""
    kept = [f"  {one.series:40} {_time(one.observed)} {one.value} {one.unit}" for one in batch.readings]
    kept += [f"  {one.kind}/{one.key:40} {_time(one.observed)} {one.stage} {one.title[:60]}" for one in batch.events]
    aside = [
        "  "
        + say("commands.refused_item", lang, where=bad.where, reason=refusal(bad.reason, lang))
        + (f" ({bad.sample})" if bad.sample else "")
        for bad in batch.refused
    ]
    lines = [say("commands.counts", lang, kept=len(kept), repeated=batch.repeated, refused=len(aside))]
    lines += [*kept[:_SHOWN], *aside[:_SHOWN]]
    hidden = max(0, len(kept) - _SHOWN) + max(0, len(aside) - _SHOWN)
    return "\n".join([*lines, *([f"  {say('commands.more', lang, n=hidden)}"] if hidden else []), ""])


def _time(moment: datetime) -> str:
    return moment.astimezone(CITY).isoformat()


def fault(context: Context, source: str, kind: str, seconds: str = "60") -> int:
    """Give a source of the running simulated city a fault."""
    from simulator.city import feeds
    from simulator.faults import CLEAR, LONGEST, FaultRefused, command, kinds_of, lasting

    if source not in feeds():
        _complain(context, "not_simulated", source=source, known=_names(feeds()))
        return 1
    kinds = kinds_of(feeds()[source].shape == "sheet")
    if kind not in kinds:
        _complain(context, "no_fault", kind=kind, known=_names(kinds))
        return 1
    lasts = lasting(seconds)
    if lasts is None:
        _complain(context, "wrong_seconds", seconds=seconds[:40], most=LONGEST)
        return 1
    try:
        command(context.simulator(), source, kind, lasts)
    except FaultRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError:
        _complain(context, "no_simulator", address=context.simulator())
        return 1
    what = say(f"commands.fault_{kind}", context.lang)
    _say(context, "fault_ok" if kind == CLEAR else "fault_set", source=source, what=what, seconds=f"{lasts:g}")
    return 0


def again(context: Context, key: str) -> int:
    """Have a source that was stopped by 401 or 403 asked again: the other side has mended, the row did not change."""
    from operations.again import note
    from storage import sources, versions

    source = _source(context, key)
    if source is None:
        return 2
    if not source.enabled:
        _complain(context, "again_off", source=key)
        return 1
    if not context.settings.data.is_dir():
        _complain(context, "again_nowhere", source=key, folder=context.settings.data)
        return 1
    now = context.clock()
    with closing(context.store()) as store:
        with store.read() as conn:
            health, beat = sources.current(conn).get(key), versions.read(conn).beat
        with store.write() as conn:
            note(conn, key, now)
    polled = beat is not None and now - beat < _ALIVE
    if polled and health is not None and health.state is not SourceState.REFUSED:
        _say(context, "again_needless", source=key, state=say(f"sources.state_{health.state}", context.lang))
    else:
        _say(context, "again_asked" if polled else "again_unpolled", source=key)
    return 0

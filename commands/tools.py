"""Commands for the people who configure the centre."""

import asyncio
import sys
from pathlib import Path

import orjson

from commands.context import Context
from config import schemas
from data_sources import protocols
from domain.feed import SourceError
from domain.reading import Batch
from domain.source import Source
from domain.times import CITY
from operations.polling import admitted

_SHOWN = 20


def check(context: Context) -> int:
    """Say what is configured; every fault was told on the way here."""
    made, layers = context.checked()
    on = sum(one.enabled for one in made.sources)
    series = sum(len(one.series) for one in made.sources)
    sys.stdout.write(
        f"{context.settings.config}: good. {len(made.sources)} sources ({on} on), {series} series, "
        f"{len(made.kpis)} KPIs, {len(made.register.documents)} documents, "
        f"{len(made.agencies)} agencies, {len(made.units)} units\n"
        f"map: {context.map or 'the schematic'}: {len(layers.layers)} layers"
        + (f", not used: {', '.join(layers.unused)}" if layers.unused else "")
        + "\n"
    )
    return 0


def schema(context: Context, folder: str) -> int:
    """Write a JSON Schema for each yaml file, for editors."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, body in schemas().items():
        (place / f"{name}.schema.json").write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
        sys.stdout.write(f"{place / name}.schema.json\n")
    return 0


def try_source(context: Context, key: str) -> int:
    """Fetch one source and print what would be kept and what refused. Nothing is stored."""
    sources = {one.key: one for one in context.configuration().sources}
    if key not in sources:
        sys.stderr.write(f"no source is called {key!r}; known are: {', '.join(sorted(sources))}\n")
        return 2
    try:
        batch = asyncio.run(_fetched(context, sources[key]))
    except (SourceError, TimeoutError) as error:
        sys.stdout.write(f"{key}: nothing came: {error or 'no answer within the deadline'}\n")
        return 1
    sys.stdout.write(told(batch))
    return 0


async def _fetched(context: Context, source: Source) -> Batch:
    connector = protocols()[source.protocol]
    async with context.door() as door, asyncio.timeout(source.deadline.total_seconds()):
        world = door.to(source)
        try:
            payload = await connector.fetch(source, world)
            return admitted(connector.parse(source, payload, context.clock()), source, world, context.clock())
        except SourceError as error:
            raise SourceError(world.masked(error.reason)) from None


def told(batch: Batch) -> str:
    """The batch in lines: what would be kept first, then what was refused and why."""
    lines = [f"kept {len(batch.readings)}, refused {len(batch.refused)}"]
    lines += [
        f"  {one.series:40} {one.observed.astimezone(CITY).isoformat()} {one.value} {one.unit}"
        for one in batch.readings[:_SHOWN]
    ]
    lines += [
        f"  refused {bad.where}: {bad.reason}" + (f" ({bad.sample})" if bad.sample else "")
        for bad in batch.refused[:_SHOWN]
    ]
    hidden = max(0, len(batch.readings) - _SHOWN) + max(0, len(batch.refused) - _SHOWN)
    return "\n".join([*lines, *([f"  … and {hidden} more"] if hidden else []), ""])


def fault(context: Context, source: str, kind: str, seconds: str = "60") -> int:
    """Give a source of the running simulated city a fault."""
    from simulator.faults import command

    try:
        sys.stdout.write(command(context.simulator(), source, kind, float(seconds)) + "\n")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0

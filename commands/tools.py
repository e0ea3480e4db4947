"""Commands for the people who configure the centre."""

import sys
from pathlib import Path

import orjson

from commands.context import Context
from config import schemas
from config.layers import load as load_layers


def check(context: Context) -> int:
    """Say what is configured; every fault was told on the way here."""
    made = context.configuration()
    layers = load_layers(context.map, made.units)
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


def fault(context: Context, source: str, kind: str, seconds: str = "60") -> int:
    """Give a source of the running simulated city a fault."""
    from simulator.faults import command

    try:
        sys.stdout.write(command(context.simulator(), source, kind, float(seconds)) + "\n")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0

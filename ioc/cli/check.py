"""Commands for the people who configure the centre: whether it is right, and what may stand in it."""

import sys
from pathlib import Path

import orjson

from components.ui.i18n import t
from ioc.cli.context import Context
from ioc.config.schema.json_schema import json_schemas


def check(context: Context) -> int:
    """Say what is configured; every fault was told on the way here."""
    made, layers = context.checked_configuration()
    counted = {
        "sources": len(made.sources), "on": sum(one.is_enabled for one in made.sources),
        "series": sum(len(one.series) for one in made.sources), "kpis": len(made.kpis),
        "documents": len(made.register.documents), "agencies": len(made.agencies), "units": len(made.units),
    }  # fmt: skip
    lang = context.lang
    map_ = context.map_folder or t("commands.schematic", lang)
    key = "commands.layers_unused" if layers.unused_files else "commands.layers"
    sys.stdout.write(
        t("commands.good", lang, folder=context.settings.config, **counted)
        + "\n"
        + t(key, lang, map=map_, layers=len(layers.layers), unused=", ".join(layers.unused_files))
        + "\n"
    )
    return 0


def schema(context: Context, folder: str) -> int:
    """Write a JSON Schema for each yaml file, for editors."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, body in json_schemas().items():
        (place / f"{name}.schema.json").write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
        sys.stdout.write(f"{place / name}.schema.json\n")
    return 0

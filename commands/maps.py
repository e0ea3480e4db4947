"""The command for the city's own map layers."""

import sys
from pathlib import Path

from commands.context import Context
from config import official
from config.faults import Fault, Faults

UNDO = "undo"


def lay_map(context: Context, *words: str) -> int:
    """Check FILEs and put them in use, or `undo` the newest set."""
    home = context.maps
    if words == (UNDO,):
        return _undo(home)
    if not words:
        sys.stdout.write(f"map: {official.current(home) or 'the schematic'}\n")
        return 0
    paths = [Path(one) for one in words]
    missing = [
        Fault(str(one), 0, "there is no such file", "a path to a GeoJSON file") for one in paths if not one.is_file()
    ]
    if missing:
        raise Faults(missing)
    laid = official.lay(home, paths, context.configuration().units, context.clock())
    sys.stdout.write("".join(f"  {one}\n" for one in laid.notes))
    sys.stdout.write(f"map: {laid.folder} is in use from the next start on; `app.py map {UNDO}` takes it back\n")
    return 0


def _undo(home: Path) -> int:
    try:
        left = official.undo(home)
    except ValueError as error:
        sys.stderr.write(f"map: {error}\n")
        return 1
    sys.stdout.write(f"map: {left or 'the schematic'} is in use from the next start on\n")
    return 0

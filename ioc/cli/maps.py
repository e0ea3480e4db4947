"""The command for the city's own map layers."""

import sys
from pathlib import Path

from components.ui.error_messages import fault, reason
from components.ui.i18n import say
from ioc.cli.context import Context
from ioc.config import map_import

UNDO = "undo"


def lay_map(context: Context, *words: str) -> int:
    """Check FILEs and put them in use, or `undo` the newest set."""
    home = context.maps
    if words == (UNDO,):
        return _undo(context, home)
    if not words:
        context.say("map_now", map=_shown(context, map_import.current(home)))
        return 0
    laid = map_import.lay(home, [Path(one) for one in words], context.configuration().units, context.clock())
    sys.stdout.write("".join(f"  {reason(one, context.lang)}\n" for one in laid.notes))
    context.say("map_laid", map=laid.folder, undo=UNDO)
    return 0


def _shown(context: Context, folder: Path | None) -> str:
    return str(folder) if folder else say("commands.schematic", context.lang)


def _undo(context: Context, home: Path) -> int:
    try:
        left = map_import.undo(home)
    except ValueError as error:
        sys.stderr.write(f"map: {fault(str(error), context.lang)}\n")
        return 1
    context.say("map_next", map=_shown(context, left))
    return 0

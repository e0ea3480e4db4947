"""The command for the city's own map layers."""

import sys
from pathlib import Path

from components.ui.error_messages import config_error_text, sentence_text
from components.ui.i18n import t
from ioc.cli.context import Context
from ioc.config import map_import

UNDO = "undo"


def install_map(context: Context, *words: str) -> int:
    """Check FILEs and put them in use, or `undo` the newest set."""
    home = context.map_sets_folder
    if words == (UNDO,):
        return _undo(context, home)
    if not words:
        context.print_message("map_now", map=_map_label(context, map_import.current_folder(home)))
        return 0
    laid = map_import.install(home, [Path(one) for one in words], context.configuration().units, context.clock())
    sys.stdout.write("".join(f"  {sentence_text(one, context.lang)}\n" for one in laid.notes))
    context.print_message("map_laid", map=laid.folder, undo=UNDO)
    return 0


def _map_label(context: Context, folder: Path | None) -> str:
    return str(folder) if folder else t("commands.schematic", context.lang)


def _undo(context: Context, home: Path) -> int:
    try:
        left = map_import.roll_back(home)
    except ValueError as error:
        sys.stderr.write(f"map: {config_error_text(str(error), context.lang)}\n")
        return 1
    context.print_message("map_next", map=_map_label(context, left))
    return 0

"""The command for the city's own map layers."""

import sys
from pathlib import Path

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.cli.context import Context
from ioc.config import map_import

UNDO = "undo"


def install_map(context: Context, *words: str) -> int:
    """Check the files `words` and put them in use; `undo` the newest set; without words name the one in use."""
    map_dir = context.map_sets_folder
    if not words:
        context.print_message("map_now", map=_map_label(context, map_import.current_folder(map_dir)))
        return 0
    with context.using_data():
        return _undo(context, map_dir) if words == (UNDO,) else _install(context, map_dir, words)


def _install(context: Context, map_dir: Path, words: tuple[str, ...]) -> int:
    paths = [Path(word) for word in words]
    installed = map_import.install(map_dir, paths, context.configuration().units, context.clock())
    sys.stdout.write("".join(f"  {describe(note, context.lang)}\n" for note in installed.notes))
    context.print_message("map_laid", map=installed.folder, undo=UNDO)
    return 0


def _map_label(context: Context, folder: Path | None) -> str:
    return str(folder) if folder else t("commands.schematic", context.lang)


def _undo(context: Context, map_dir: Path) -> int:
    try:
        folder = map_import.roll_back(map_dir)
    except map_import.NoMapSetError as error:
        sys.stderr.write(f"map: {describe(error.failure, context.lang)}\n")
        return 1
    context.print_message("map_next", map=_map_label(context, folder))
    return 0

"""The composition root: the only place where anything is started, and the only one that reads the environment."""

import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
_OWN = ROOT / ".venv" / "bin" / "python"
if __name__ == "__main__" and _OWN.exists() and sys.prefix == sys.base_prefix:
    os.execv(
        _OWN, [str(_OWN), *sys.argv]
    )  # whichever python was meant, the one that `make run` made has what is needed

from commands.asking import OPTIONS, PROGRAM, lang_of, parser
from commands.context import Context, told
from components.reasons import reason
from components.text import say
from config.environment import filled
from config.faults import Faults
from config.settings import Settings
from domain.times import utc_now
from storage.failure import StoreError

# name -> (its words, what of commands/ runs it: a process loads its own rooms only)
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("", "run.run"),
    "poll": ("", "processes.poll"),
    "web": ("", "processes.web"),
    "work": ("", "processes.work"),
    "simulate": ("", "processes.simulate"),
    "believe": ("SOURCE", "control.believe"),
    "again": ("SOURCE", "control.again"),
    "account": ("list|add|reset|disable|enable …", "people.account"),
    "program": (PROGRAM, "programs.program"),
    "trail": ("verify|export …", "people.trail"),
    "check": ("", "tools.check"),
    "schema": ("FOLDER", "tools.schema"),
    "map": ("[FILE…|undo]", "maps.lay_map"),
    "try": ("SOURCE [--from FILE]", "sources.try_source"),
    "record": ("SOURCE [--out FILE]", "sources.record"),
    "backup": ("FILE [--with-secret]", "backup.backup"),
    "restore": ("FILE [--overwrite]", "backup.restore"),
    "fault": ("SOURCE KIND [SECONDS]", "control.fault"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 good, 1 it did not work, 2 it was asked wrongly."""
    arguments = sys.argv[1:] if arguments is None else arguments
    words_of = {name: words for name, (words, _) in COMMANDS.items()}
    asked = parser(words_of, lang_of(arguments)).parse_intermixed_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for name in ("apscheduler", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        read, wrong = filled(os.environ)
        context = Context(Settings.read(read, ROOT, wrong), read, ROOT, utc_now, asked.lang, os.environ)
        run_it, words = command(asked.command), asked.words
        options = {name: value for name in OPTIONS if (value := getattr(asked, name))}
        if not _fits(run_it, words, options):
            parts = {"command": asked.command, "words": words_of[asked.command]}
            sys.stderr.write(say("commands.wrong_words", asked.lang, **parts) + "\n")
            return 2
        return run_it(context, *words, **options)
    except Faults as faults:
        sys.stderr.write(told(faults, asked.lang))
    except StoreError as error:
        sys.stderr.write(f"{reason(error.reason, asked.lang)}\n")
        return 1
    return 2


def command(name: str) -> Callable[..., int]:
    """What runs the command `name`."""
    module, _, function = COMMANDS[name][1].partition(".")
    found: Callable[..., int] = getattr(import_module(f"commands.{module}"), function)
    return found


def _fits(run_it: Callable[..., int], words: list[str], options: dict[str, Any]) -> bool:
    try:
        signature(run_it).bind(None, *words, **options)
    except TypeError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())

"""The composition root: the only place where anything is started, and the only one that reads the environment."""

import argparse
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

from commands.context import Context, told
from components.text import LANGS, say
from config.environment import filled
from config.faults import Faults
from config.settings import Settings
from domain.times import utc_now
from storage.failure import StoreError

# name -> (what it does, its words, what of commands/ runs it: a process loads its own rooms only)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("start everything on this machine", "", "run.run"),
    "poll": ("the polling process", "", "processes.poll"),
    "web": ("the web process", "", "processes.web"),
    "work": ("the process for slow work: printing", "", "processes.work"),
    "simulate": ("the simulated city", "", "processes.simulate"),
    "believe": ("take what SOURCE brings from now on as its shape", "SOURCE", "control.believe"),
    "again": ("ask SOURCE again that was stopped by 401 or 403", "SOURCE", "control.again"),
    "account": (
        "accounts of people, for who is locked out of the pages",
        "list|add|reset|disable|enable …",
        "people.account",
    ),
    "program": ("keys of programs of other machines", "list|add|revoke …", "programs.program"),
    "trail": ("verify the trail, or export it", "verify|export …", "people.trail"),
    "check": ("check the configuration without starting", "", "tools.check"),
    "schema": ("write the JSON Schemas of the yaml files into FOLDER", "FOLDER", "tools.schema"),
    "map": ("check and use the city's own map layers; or undo", "[FILE…|undo]", "maps.lay_map"),
    "try": (
        "fetch SOURCE once, or read FILE, and print what would be kept",
        "SOURCE [--from FILE]",
        "sources.try_source",
    ),
    "record": ("fetch SOURCE once and keep its answer, masked, in FILE", "SOURCE [--out FILE]", "sources.record"),
    "backup": ("all that is kept, in FILE, while the program runs", "FILE [--with-secret]", "backup.backup"),
    "restore": ("put FILE in the place of IOC_DATA", "FILE [--overwrite]", "backup.restore"),
    "fault": ("give the simulated SOURCE a fault of KIND", "SOURCE KIND [SECONDS]", "control.fault"),
}


_OPTIONS = ("recorded", "out", "binary", "syslog", "with_secret", "overwrite")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 good, 1 it did not work, 2 it was asked wrongly."""
    known = "\n".join(f"  {name:9}{words:23} {what}" for name, (what, words, _) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="app.py", epilog=f"commands:\n{known}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", default="run", choices=sorted(COMMANDS), metavar="command")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--from", dest="recorded", metavar="FILE", help="with try: a file that record wrote")
    parser.add_argument("--out", metavar="FILE", help="with record: where to; by default below IOC_DATA")
    parser.add_argument("--syslog", metavar="HOST:PORT", help="with trail export: to there, udp:// or tcp://")
    parser.add_argument("--binary", action="store_true", help="with record: also pages that cannot be masked")
    parser.add_argument("--with-secret", action="store_true", help="with backup: also the centre's secret")
    parser.add_argument("--overwrite", action="store_true", help="with restore: move what is there aside")
    parser.add_argument("--lang", choices=LANGS, default=LANGS[0], help="language of what is said: vi, en")
    asked = parser.parse_intermixed_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for name in ("apscheduler", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        read, wrong = filled(os.environ)
        context = Context(Settings.read(read, ROOT, wrong), read, ROOT, utc_now, asked.lang, os.environ)
        run_it, words = command(asked.command), asked.words
        options = {name: value for name in _OPTIONS if (value := getattr(asked, name))}
        if not _fits(run_it, words, options):
            parts = {"command": asked.command, "words": COMMANDS[asked.command][1]}
            sys.stderr.write(say("commands.wrong_words", asked.lang, **parts) + "\n")
            return 2
        return run_it(context, *words, **options)
    except Faults as faults:
        sys.stderr.write(told(faults, asked.lang))
    except StoreError as error:
        sys.stderr.write(f"{error.reason}\n")
        return 1
    return 2


def command(name: str) -> Callable[..., int]:
    """What runs the command `name`."""
    module, _, function = COMMANDS[name][2].partition(".")
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

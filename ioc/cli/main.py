"""The commands of app.py: reads the environment, runs one command, returns its exit code."""

import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.cli.arguments import API_KEY_USAGE, OPTION_NAMES, build_parser, language_of
from ioc.cli.context import Context, format_faults
from ioc.config.environment import resolve_secret_files
from ioc.config.errors import ConfigError
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.times import utc_now
from ioc.storage.db.errors import StoreError

ROOT = Path(__file__).parents[2]
# name -> (its words, module and function of ioc.cli; imported when it runs, so a process loads only its own packages)
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("", "run.run"),
    "poll": ("", "processes.poll"),
    "web": ("", "processes.web"),
    "work": ("", "processes.work"),
    "simulate": ("", "processes.simulate"),
    "believe": ("SOURCE", "control.accept_schema"),
    "again": ("SOURCE", "control.repoll"),
    "account": ("list|add|reset|disable|enable …", "users.account"),
    "program": (API_KEY_USAGE, "api_keys.api_key"),
    "trail": ("verify|export …", "users.audit"),
    "check": ("", "check.check"),
    "schema": ("FOLDER", "check.schema"),
    "map": ("[FILE…|undo]", "maps.install_map"),
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
    asked = build_parser(words_of, language_of(arguments)).parse_intermixed_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for name in ("apscheduler", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        read, wrong = resolve_secret_files(os.environ)
        context = Context(
            EnvironmentSettings.from_environment(read, ROOT, wrong), read, ROOT, utc_now, asked.lang, os.environ
        )
        run_it, words = load_command(asked.command), asked.words
        options = {name: value for name in OPTION_NAMES if (value := getattr(asked, name))}
        if not _accepts_arguments(run_it, words, options):
            parts = {"command": asked.command, "words": words_of[asked.command]}
            sys.stderr.write(t("commands.wrong_words", asked.lang, **parts) + "\n")
            return 2
        return run_it(context, *words, **options)
    except ConfigError as faults:
        sys.stderr.write(format_faults(faults, asked.lang))
    except StoreError as error:
        sys.stderr.write(f"{describe(error.failure, asked.lang)}\n")
        return 1
    return 2


def load_command(name: str) -> Callable[..., int]:
    """What runs the command `name`."""
    module, _, function = COMMANDS[name][1].partition(".")
    found: Callable[..., int] = getattr(import_module(f"ioc.cli.{module}"), function)
    return found


def _accepts_arguments(run_it: Callable[..., int], words: list[str], options: dict[str, Any]) -> bool:
    try:
        signature(run_it).bind(None, *words, **options)
    except TypeError:
        return False
    return True

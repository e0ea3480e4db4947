"""The commands of app.py: reads the environment, runs one command, returns its exit code."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.cli.arguments import API_KEY_USAGE, OPTION_NAMES, parse_arguments
from ioc.cli.context import Context, format_faults
from ioc.cli.log_limit import start_log
from ioc.cli.unwritten_output import unwritten_output, unwritten_output_ignored
from ioc.config.environment import resolve_secret_files
from ioc.config.errors import ConfigError
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.times import utc_now
from ioc.storage.db.errors import StoreError

ROOT = Path(__file__).parents[2]
# name -> (words, module and function of ioc.cli; imported when it runs, so that a process loads only its own packages)
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("", "run.run"),
    "poll": ("", "processes.poll"),
    "web": ("", "processes.web"),
    "web-worker": ("", "processes.web_worker"),
    "work": ("", "processes.work"),
    "simulate": ("", "processes.simulate"),
    "accept-schema": ("SOURCE", "control.accept_schema"),
    "repoll": ("SOURCE", "control.repoll"),
    "account": ("list|add|reset|disable|enable …", "users.account"),
    "api-key": (API_KEY_USAGE, "api_keys.api_key"),
    "audit": ("verify|export …", "users.audit"),
    "check": ("", "check.check"),
    "schema": ("FOLDER", "check.schema"),
    "map": ("[FILE…|undo]", "maps.install_map"),
    "try": ("SOURCE [--from FILE…] [--all]", "sources.try_source"),
    "record": ("SOURCE [--out FILE]", "sources.record"),
    "backup": ("FILE [--with-secret]", "backup.backup"),
    "restore": ("FILE [--overwrite]", "restore.restore"),
    "fault": ("SOURCE KIND [SECONDS]", "control.fault"),
}
_OUTPUT_UNWRITTEN = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 wrong usage or configuration, 3 done, output not written."""
    with unwritten_output_ignored():
        usages = {name: usage for name, (usage, _) in COMMANDS.items()}
        namespace = parse_arguments(sys.argv[1:] if arguments is None else arguments, usages)
        start_log()
        code, failure = _run(namespace, usages), unwritten_output()
        if failure and code == 0:
            cause = describe(system_failure(failure), namespace.lang)
            sys.stderr.write(t("commands.output_unwritten", namespace.lang, cause=cause) + "\n")
            return _OUTPUT_UNWRITTEN
        return code


def _run(namespace: Namespace, usages: Mapping[str, str]) -> int:
    try:
        environment, faults = resolve_secret_files(os.environ)
        settings = EnvironmentSettings.from_environment(environment, ROOT, faults)
        context = Context(settings, environment, ROOT, utc_now, namespace.lang, os.environ)
        command, words = load_command(namespace.command), namespace.words
        options = {name: value for name in OPTION_NAMES if (value := getattr(namespace, name))}
        if not _accepts_arguments(command, words, options):
            context.print_error("wrong_words", command=namespace.command, words=usages[namespace.command])
            return 2
        return command(context, *words, **options)
    except ConfigError as error:
        sys.stderr.write(format_faults(error, namespace.lang))
    except StoreError as error:
        sys.stderr.write(f"{describe(error.failure, namespace.lang)}\n")
        return 1
    return 2


def load_command(name: str) -> Callable[..., int]:
    """The function of the command `name`."""
    module, _, function = COMMANDS[name][1].partition(".")
    command: Callable[..., int] = getattr(import_module(f"ioc.cli.{module}"), function)
    return command


def _accepts_arguments(command: Callable[..., int], words: list[str], options: dict[str, Any]) -> bool:
    try:
        signature(command).bind(None, *words, **options)
    except TypeError:
        return False
    return True

"""Arguments of app.py: help and errors in the reader's language instead of argparse's own."""

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from components.ui.error_messages import describe
from components.ui.i18n import LANGS, t
from ioc.domain.base.failure import ErrorCode, Failure

_VALUE_OPTIONS = (("--from", "files", "FILE"), ("--out", "out", "FILE"), ("--syslog", "syslog", "HOST:PORT"))
_REPEATABLE = ("files",)
API_KEY_USAGE = "list|add NAME metrics|api… [NETWORK…]|revoke NAME"
_FLAGS = ("--all", "--binary", "--with-secret", "--overwrite")
_USAGE_WIDTH = 32  # characters of the column of words
OPTION_NAMES = (*(name for _, name, _ in _VALUE_OPTIONS), *(flag.strip("-").replace("-", "_") for flag in _FLAGS))
_EXIT_WRONG_USAGE = 2


class ArgumentCode(ErrorCode):
    """Why a command cannot be read. Texts: components/messages/errors/arguments.toml."""

    UNKNOWN_COMMAND = "arguments.unknown_command"  # value, names
    UNKNOWN_LANGUAGE = "arguments.unknown_language"  # value, names
    NOT_UNDERSTOOD = "arguments.not_understood"  # words
    VALUE_MISSING = "arguments.value_missing"  # option
    VALUE_UNEXPECTED = "arguments.value_unexpected"  # option, value
    USAGE = "arguments.usage"  # external: what argparse says


class _Parser(argparse.ArgumentParser):
    """`lang`: of its messages."""

    lang = LANGS[0]

    def error(self, message: str) -> NoReturn:
        self.fail(Failure(ArgumentCode.USAGE, external=message))

    def fail(self, failure: Failure) -> NoReturn:
        help_hint = t("commands.help_how", self.lang)
        self.exit(_EXIT_WRONG_USAGE, f"app.py: {describe(failure, self.lang)}\n{help_hint}\n")

    def argument_failure(self, error: argparse.ArgumentError, arguments: Sequence[str]) -> Failure:
        """argparse refuses an option for one of two reasons: a flag has a value, or another option has none."""
        action = next(
            (action for action in self._actions if "/".join(action.option_strings) == error.argument_name), None
        )
        if action is None:
            return Failure(ArgumentCode.USAGE, external=error.message)
        option = action.option_strings[-1]
        if action.nargs != 0:
            return Failure(ArgumentCode.VALUE_MISSING, {"option": option})
        values = (argument.partition("=")[2] for argument in arguments if argument.startswith(f"{option}="))
        return Failure(ArgumentCode.VALUE_UNEXPECTED, {"option": option, "value": next(values, "")})


def language_of(arguments: Sequence[str]) -> str:
    """The language asked for, before anything else is read."""
    following = dict(pairwise([*arguments, ""]))
    languages = [
        argument.partition("=")[2] or following[argument]
        for argument in arguments
        if argument.partition("=")[0] == "--lang"
    ]
    return languages[-1] if languages and languages[-1] in LANGS else LANGS[0]


def parse_arguments(arguments: Sequence[str], usages: Mapping[str, str]) -> argparse.Namespace:
    """Command, words and options. `usages`: name of each command -> the words that it takes.

    Exits with code 2 and a message when the arguments cannot be read.
    """
    parser = _build_parser(usages, language_of(arguments))
    try:
        namespace, unknown = parser.parse_known_intermixed_args(arguments)
    except argparse.ArgumentError as error:
        parser.fail(parser.argument_failure(error, arguments))
    for code, value, names in (
        (ArgumentCode.UNKNOWN_COMMAND, namespace.command, sorted(usages)),
        (ArgumentCode.UNKNOWN_LANGUAGE, namespace.lang, list(LANGS)),
    ):
        if value not in names:
            parser.fail(Failure(code, {"value": value, "names": ", ".join(names)}))
    if unknown:
        parser.fail(Failure(ArgumentCode.NOT_UNDERSTOOD, {"words": " ".join(unknown)}))
    return namespace


def _build_parser(usages: Mapping[str, str], lang: str) -> _Parser:
    commands = "\n".join(_command_help(name, usage, t(f"commands.help_{name}", lang)) for name, usage in usages.items())
    title = t("commands.help_commands", lang)
    # Commands and languages are checked after parsing, so that argparse itself refuses nothing but options.
    parser = _Parser(
        prog="app.py", usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False, exit_on_error=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"{t('commands.help_usage', lang)}\n\n{title}\n{commands}",
        epilog=t("commands.help_fault_kinds", lang),
    )  # fmt: skip
    parser.lang = lang
    parser.add_argument("command", nargs="?", default="run", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    options = parser.add_argument_group(t("commands.help_options", lang))
    for flag, name, metavar in _VALUE_OPTIONS:
        action = "append" if name in _REPEATABLE else "store"
        options.add_argument(flag, dest=name, metavar=metavar, action=action, help=t(f"commands.help_{name}", lang))
    for flag in _FLAGS:
        options.add_argument(flag, action="store_true", help=t(f"commands.help_{flag.strip('-')}", lang))
    languages = f"{{{','.join(LANGS)}}}"
    options.add_argument("--lang", default=LANGS[0], metavar=languages, help=t("commands.help_lang", lang))
    options.add_argument("-h", "--help", action="help", help=t("commands.help_help", lang))
    return parser


def _command_help(name: str, usage: str, description: str) -> str:
    """One command; its description stands on a line of its own where its words fill the column."""
    separator = " " if len(usage) <= _USAGE_WIDTH else "\n" + " " * (_USAGE_WIDTH + 17)
    return f"  {name:14}{usage:{_USAGE_WIDTH}}{separator}{description}"

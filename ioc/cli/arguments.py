"""How a command is asked for: its help and its refusals in the reader's language, not argparse's own."""

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from components.ui.error_messages import argument_error_text
from components.ui.i18n import LANGS, t

_VALUE_OPTIONS = (("--from", "recorded", "FILE"), ("--out", "out", "FILE"), ("--syslog", "syslog", "HOST:PORT"))
API_KEY_USAGE = "list|add NAME metrics|api… [NETWORK…]|revoke NAME"  # asked by its words, which are told by it too
_FLAGS = ("--binary", "--with-secret", "--overwrite")
_USAGE_WIDTH = 32  # signs of the column of words
OPTION_NAMES = (*(name for _, name, _ in _VALUE_OPTIONS), *(one.strip("-").replace("-", "_") for one in _FLAGS))


class _Parser(argparse.ArgumentParser):
    """`lang`: of what it says."""

    lang = LANGS[0]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"app.py: {argument_error_text(message, self.lang)}\n{t('commands.help_how', self.lang)}\n")


def language_of(arguments: Sequence[str]) -> str:
    """The language that is asked for, before anything else is read."""
    after = dict(pairwise([*arguments, ""]))
    named = [one.partition("=")[2] or after[one] for one in arguments if one.partition("=")[0] == "--lang"]
    return named[-1] if named and named[-1] in LANGS else LANGS[0]


def build_parser(usages: Mapping[str, str], lang: str) -> argparse.ArgumentParser:
    """`words`: name of each command -> the words that it takes."""
    known = "\n".join(_command_help(name, taken, t(f"commands.help_{name}", lang)) for name, taken in usages.items())
    title = t("commands.help_commands", lang)
    made = _Parser(
        prog="app.py", usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"{t('commands.help_usage', lang)}\n\n{title}\n{known}",
    )  # fmt: skip
    made.lang = lang
    made.add_argument("command", nargs="?", default="run", choices=sorted(usages), help=argparse.SUPPRESS)
    made.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    options = made.add_argument_group(t("commands.help_options", lang))
    for flag, name, shown in _VALUE_OPTIONS:
        options.add_argument(flag, dest=name, metavar=shown, help=t(f"commands.help_{name}", lang))
    for flag in _FLAGS:
        options.add_argument(flag, action="store_true", help=t(f"commands.help_{flag.strip('-')}", lang))
    options.add_argument("--lang", choices=LANGS, default=LANGS[0], help=t("commands.help_lang", lang))
    options.add_argument("-h", "--help", action="help", help=t("commands.help_help", lang))
    return made


def _command_help(name: str, usage: str, description: str) -> str:
    """One command; what it does stands below where its words take the place."""
    between = " " if len(usage) <= _USAGE_WIDTH else "\n" + " " * (_USAGE_WIDTH + 12)
    return f"  {name:9}{usage:{_USAGE_WIDTH}}{between}{description}"

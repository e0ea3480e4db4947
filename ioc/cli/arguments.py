"""How a command is asked for: its help and its refusals in the reader's language, not argparse's own."""

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from components.ui.error_messages import asked_wrongly
from components.ui.i18n import LANGS, say

_FILES = (("--from", "recorded", "FILE"), ("--out", "out", "FILE"), ("--syslog", "syslog", "HOST:PORT"))
PROGRAM = "list|add NAME metrics|api… [NETWORK…]|revoke NAME"  # asked by its words, which are told by it too
_SWITCHES = ("--binary", "--with-secret", "--overwrite")
_WORDS = 32  # signs of the column of words
OPTIONS = (*(name for _, name, _ in _FILES), *(one.strip("-").replace("-", "_") for one in _SWITCHES))


class _Parser(argparse.ArgumentParser):
    """`lang`: of what it says."""

    lang = LANGS[0]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"app.py: {asked_wrongly(message, self.lang)}\n{say('commands.help_how', self.lang)}\n")


def lang_of(arguments: Sequence[str]) -> str:
    """The language that is asked for, before anything else is read."""
    after = dict(pairwise([*arguments, ""]))
    named = [one.partition("=")[2] or after[one] for one in arguments if one.partition("=")[0] == "--lang"]
    return named[-1] if named and named[-1] in LANGS else LANGS[0]


def parser(words: Mapping[str, str], lang: str) -> argparse.ArgumentParser:
    """`words`: name of each command -> the words that it takes."""
    known = "\n".join(_line(name, taken, say(f"commands.help_{name}", lang)) for name, taken in words.items())
    title = say("commands.help_commands", lang)
    made = _Parser(
        prog="app.py", usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"{say('commands.help_usage', lang)}\n\n{title}\n{known}",
    )  # fmt: skip
    made.lang = lang
    made.add_argument("command", nargs="?", default="run", choices=sorted(words), help=argparse.SUPPRESS)
    made.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    options = made.add_argument_group(say("commands.help_options", lang))
    for flag, name, shown in _FILES:
        options.add_argument(flag, dest=name, metavar=shown, help=say(f"commands.help_{name}", lang))
    for flag in _SWITCHES:
        options.add_argument(flag, action="store_true", help=say(f"commands.help_{flag.strip('-')}", lang))
    options.add_argument("--lang", choices=LANGS, default=LANGS[0], help=say("commands.help_lang", lang))
    options.add_argument("-h", "--help", action="help", help=say("commands.help_help", lang))
    return made


def _line(name: str, taken: str, what: str) -> str:
    """One command; what it does stands below where its words take the place."""
    between = " " if len(taken) <= _WORDS else "\n" + " " * (_WORDS + 12)
    return f"  {name:9}{taken:{_WORDS}}{between}{what}"

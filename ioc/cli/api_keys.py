"""The command about programs of other machines: their keys, for who is locked out of the pages or has none."""

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from components.ui.format import clock, day
from components.ui.i18n import say
from ioc.cli.arguments import PROGRAM
from ioc.cli.context import Context

if TYPE_CHECKING:
    from ioc.auth.api_keys import Programs


def program(context: Context, what: str, *words: str) -> int:
    """Keep the keys of programs from this machine."""
    from ioc.auth.api_keys import Programs
    from ioc.auth.errors import Refused

    if (what, min(len(words), 2)) not in {("list", 0), ("add", 2), ("revoke", 1)}:
        context.complain("wrong_words", command="program", words=PROGRAM)
        return 2
    rules = context.configuration().access
    try:
        with closing(context.store()) as store:
            store.migrate()
            _do(context, Programs(store, context.clock, rules), what, words)
    except Refused as refused:
        sys.stderr.write(say(f"access.{refused.key}", context.lang, **refused.parts) + "\n")
        return 1
    return 0


def _do(context: Context, programs: "Programs", what: str, words: tuple[str, ...]) -> None:
    from ioc.auth.ip_allowlist import key_of
    from ioc.auth.principal import Scope
    from ioc.cli.users import here

    if what == "list":
        _list(context, programs)
    elif what == "revoke":
        programs.revoke(key_of(words[0]), here())
        context.say("program_revoked", name=words[0])
    else:
        name, *more = words
        networks = " ".join(one for one in more if one not in list(Scope))
        secret = programs.make(name, [one for one in Scope if one in more], networks, here())
        context.say("program_made", name=name, secret=secret)


def _list(context: Context, programs: "Programs") -> None:
    for one in programs.listed():
        scopes = ", ".join(say(f"access.scope_{scope}", context.lang) for scope in sorted(one.scopes))
        seen = f"{clock(one.seen)} {day(one.seen)}" if one.seen else "–"
        state = "program_off" if one.revoked else "program_line"
        context.say(state, program=one.key, name=one.shown, scopes=scopes, range=one.range or "–", seen=seen)

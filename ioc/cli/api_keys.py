"""The command about programs of other machines: their keys, for who is locked out of the pages or has none."""

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from components.ui.error_messages import describe
from components.ui.format import format_date, format_time
from components.ui.i18n import t
from ioc.cli.arguments import API_KEY_USAGE
from ioc.cli.context import Context

if TYPE_CHECKING:
    from ioc.auth.api_keys import ApiKeyService


def api_key(context: Context, subcommand: str, *words: str) -> int:
    """Keep the keys of programs from this machine."""
    from ioc.auth.api_keys import ApiKeyService
    from ioc.auth.errors import AuthError

    if (subcommand, min(len(words), 2)) not in {("list", 0), ("add", 2), ("revoke", 1)}:
        context.print_error("wrong_words", command="program", words=API_KEY_USAGE)
        return 2
    rules = context.configuration().access
    try:
        with closing(context.store()) as store:
            store.migrate()
            _dispatch(context, ApiKeyService(store, context.clock, rules), subcommand, words)
    except AuthError as refused:
        sys.stderr.write(describe(refused.failure, context.lang) + "\n")
        return 1
    return 0


def _dispatch(context: Context, api_keys: "ApiKeyService", subcommand: str, words: tuple[str, ...]) -> None:
    from ioc.auth.ip_allowlist import slugify
    from ioc.auth.principal import Scope
    from ioc.cli.users import local_principal

    if subcommand == "list":
        _list(context, api_keys)
    elif subcommand == "revoke":
        api_keys.revoke(slugify(words[0]), local_principal())
        context.print_message("program_revoked", name=words[0])
    else:
        name, *more = words
        networks = " ".join(one for one in more if one not in list(Scope))
        secret = api_keys.create(name, [one for one in Scope if one in more], networks, local_principal())
        context.print_message("program_made", name=name, secret=secret)


def _list(context: Context, api_keys: "ApiKeyService") -> None:
    for one in api_keys.list_all():
        scopes = ", ".join(t(f"auth.scope_{scope}", context.lang) for scope in sorted(one.scopes))
        seen = f"{format_time(one.last_seen)} {format_date(one.last_seen)}" if one.last_seen else "–"
        state = "program_off" if one.revoked_at else "program_line"
        context.print_message(
            state, program=one.key, name=one.display_name, scopes=scopes, range=one.allowed_networks or "–", seen=seen
        )

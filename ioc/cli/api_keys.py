"""The command for API keys of programs on other machines, for those locked out of the pages."""

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from components.ui.error_messages import describe
from components.ui.format import format_date, format_time
from components.ui.i18n import t
from ioc.cli.arguments import API_KEY_USAGE
from ioc.cli.context import PATIENT_SECONDS, Context

if TYPE_CHECKING:
    from ioc.auth.api_keys import ApiKeyService


def api_key(context: Context, subcommand: str, *words: str) -> int:
    """List, add or revoke API keys from this machine."""
    from ioc.auth.api_keys import ApiKeyService
    from ioc.auth.errors import AuthError

    if (subcommand, min(len(words), 2)) not in {("list", 0), ("add", 2), ("revoke", 1)}:
        context.print_error("wrong_words", command="api-key", words=API_KEY_USAGE)
        return 2
    policy = context.configuration().access
    try:
        with context.using_data(), closing(context.migrated_store(PATIENT_SECONDS)) as store:
            _dispatch(context, ApiKeyService(store, context.clock, policy), subcommand, words)
    except AuthError as error:
        sys.stderr.write(describe(error.failure, context.lang) + "\n")
        return 1
    return 0


def _dispatch(context: Context, api_keys: "ApiKeyService", subcommand: str, words: tuple[str, ...]) -> None:
    from ioc.auth.api_keys import NewApiKey
    from ioc.auth.ip_allowlist import key_from_name
    from ioc.cli.users import local_principal
    from ioc.domain.access.principal import Scope

    if subcommand == "list":
        _list(context, api_keys)
    elif subcommand == "revoke":
        api_keys.revoke(key_from_name(words[0]), local_principal())
        context.print_message("api_key_revoked", name=words[0])
    else:
        name, *scopes_and_networks = words
        networks = " ".join(word for word in scopes_and_networks if word not in list(Scope))
        scopes = [scope for scope in Scope if scope in scopes_and_networks]
        secret = api_keys.create(NewApiKey(name, scopes, networks), local_principal())
        context.print_message("api_key_made", name=name, secret=secret)


def _list(context: Context, api_keys: "ApiKeyService") -> None:
    from ioc.cli.users import local_principal

    for key in api_keys.list_all(local_principal()):
        scopes = ", ".join(t(f"auth.scope_{scope}", context.lang) for scope in sorted(key.scopes))
        last_seen = f"{format_time(key.last_seen)} {format_date(key.last_seen)}" if key.last_seen else "–"
        parts = {"name": key.display_name, "scopes": scopes, "range": key.allowed_networks or "–", "seen": last_seen}
        context.print_message("api_key_off" if key.revoked_at else "api_key_line", program=key.key, **parts)

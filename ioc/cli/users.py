"""Commands about people and the trail, for who is locked out of the pages, and for a witness outside the store."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from inspect import signature
from typing import TYPE_CHECKING

from components.ui.error_messages import config_error_text, describe
from components.ui.i18n import t
from ioc.cli.context import Context

if TYPE_CHECKING:
    from ioc.auth.account_service import AccountService
    from ioc.auth.principal import Principal
    from ioc.domain.base.access_policy import AccessPolicy
    from ioc.storage.access.audit_log import ChainHead
    from ioc.storage.db.store import Store


@contextmanager
def _account_service(context: Context) -> "Iterator[AccountService]":
    from ioc.auth.account_service import AccountService

    rules, secret = context.configuration().access, context.secret()
    with closing(context.store()) as store:
        store.migrate()
        yield AccountService(store, context.clock, rules, secret)


def local_principal() -> "Principal":
    """Who works at this machine: there is no telling who more precisely."""
    from ioc.auth.principal import Principal, PrincipalKind

    return Principal(PrincipalKind.LOCAL, "command")


def account(context: Context, subcommand: str, *words: str) -> int:
    """Keep accounts from this machine."""
    from ioc.auth.errors import AuthError

    known: dict[str, Callable[..., int]] = {
        "list": _list, "add": _add, "reset": _reset, "disable": _disable, "enable": _enable,
    }  # fmt: skip
    if subcommand not in known or not _accepts_words(known[subcommand], words):
        context.print_error(
            "wrong_words", command="account", words="list|add NAME ROLE…|reset NAME|disable NAME|enable NAME"
        )
        return 2
    try:
        with _account_service(context) as people:
            return known[subcommand](context, people, *words)
    except AuthError as refused:
        sys.stderr.write(describe(refused.failure, context.lang) + "\n")
        return 1


def _accepts_words(run: Callable[..., int], words: tuple[str, ...]) -> bool:
    try:
        signature(run).bind(None, None, *words)
    except TypeError:
        return False
    return True


def _list(context: Context, accounts: "AccountService") -> int:
    for one in accounts.list_accounts():
        roles = ", ".join(t(f"auth.role_{role}", context.lang) for role in sorted(one.roles))
        state = (
            "disabled"
            if one.disabled_at
            else "once"
            if one.has_one_time_password
            else "factor"
            if one.has_mfa
            else "plain"
        )
        parts = {"name": one.name, "roles": roles, "agency": one.agency or "–"}
        context.print_message("account_line", state=t(f"auth.state_{state}", context.lang), **parts)
    return 0


def _add(context: Context, accounts: "AccountService", name: str, role: str, *more: str) -> int:
    """A word that is no role is the agency of a reporter."""
    from ioc.auth.principal import Role

    words = (role, *more)
    roles = [one for one in Role if one in words]
    others = [one for one in words if one not in {role.value for role in Role}]
    agencies = context.configuration().agencies
    if len(others) > 1 or any(one not in agencies for one in others):
        context.print_error("no_role", word=others[0], known=", ".join(one.value for one in Role))
        return 2
    _print_one_time_password(context, name, accounts.add(name, "", roles, "".join(others), local_principal()))
    return 0


def _reset(context: Context, accounts: "AccountService", name: str, factor: str = "") -> int:
    """With the word `factor` the second factor is lost, and goes, too."""
    if factor not in ("", "factor"):
        context.print_error("wrong_words", command="account", words="reset NAME [factor]")
        return 2
    _print_one_time_password(context, name, accounts.reset_password(name, local_principal(), with_mfa=bool(factor)))
    return 0


def _disable(context: Context, accounts: "AccountService", name: str) -> int:
    accounts.disable(name, local_principal())
    context.print_message("account_disabled", name=name)
    return 0


def _enable(context: Context, accounts: "AccountService", name: str) -> int:
    accounts.enable(name, local_principal())
    context.print_message("account_enabled", name=name)
    return 0


def _print_one_time_password(context: Context, name: str, password: str) -> None:
    context.print_message("account_once", name=name, password=password)


def first_administrator_notice(context: Context, store: "Store", rules: "AccessPolicy") -> str:
    """What `run` says once where there is no account yet: whoever reads it is the first administrator. "" otherwise."""
    from ioc.auth.account_service import AccountService
    from ioc.auth.user_admin import FIRST_ADMINISTRATOR

    password = AccountService(store, context.clock, rules, context.secret()).create_first_administrator()
    return (
        t("commands.first_administrator", context.lang, name=FIRST_ADMINISTRATOR, password=password) if password else ""
    )


def audit(context: Context, subcommand: str, *words: str, syslog: str = "") -> int:
    """Verify the trail, against a head that was noted elsewhere if one is given; or export it as JSON lines."""
    if subcommand == "verify" and len(words) <= 1 and not syslog:
        return _verify(context, *words)
    if subcommand == "export" and len(words) <= 1:
        return _export(context, *words, syslog=syslog)
    context.print_error(
        "wrong_words", command="trail", words="verify [NUMBER:HASH] | export [AFTER] [--syslog HOST:PORT]"
    )
    return 2


def _verify(context: Context, recorded_head: str = "") -> int:
    from ioc.storage.access import audit_log as rows

    head = _parse_head(recorded_head) if recorded_head else None
    if recorded_head and head is None:
        context.print_error("trail_head", head=recorded_head[:80])
        return 2
    with closing(context.store()) as store, store.read() as conn:
        found = rows.verify(conn, head)
        restored = rows.oldest(conn, rows.AuditFilter(action="backup-restored", result="success"), 99)
    for one in restored:
        if one.before:
            number, digest = json.loads(one.before)
            context.print_message("trail_restored", number=one.id, file=one.target, head=f"{number}:{digest}")
    parts = {"rows": found.row_count, "head": f"{found.head.id}:{found.head.hash}"}
    if found.first_bad_id is None:
        context.print_message("trail_whole", **parts)
        return 0
    context.print_error(
        "trail_broken", number=found.first_bad_id, what=t(f"commands.trail_{found.fault}", context.lang)
    )
    return 1


def _parse_head(text: str) -> "ChainHead | None":
    from ioc.storage.access.audit_log import ChainHead

    number, _, digest = text.partition(":")
    return ChainHead(int(number), digest) if number.isascii() and number.isdigit() and digest else None


def _export(context: Context, after: str = "0", *, syslog: str = "") -> int:
    from ioc.cli.syslog import SyslogError, SyslogSender
    from ioc.storage.access import audit_log as rows

    if not (after.isascii() and after.isdigit()):
        context.print_error("trail_head", head=after[:80])
        return 2
    at = int(after)
    try:
        with closing(context.store()) as store, SyslogSender.connect(syslog) as send:
            while True:
                with store.read() as conn:
                    some = rows.oldest(conn, rows.AuditFilter(after_id=at), 500)
                for one in some:
                    send(one)
                if not some:
                    break
                at = some[-1].id
    except SyslogError as refused:
        context.print_error("syslog_refused", address=syslog, why=config_error_text(str(refused), context.lang))
        return 1
    if syslog:
        context.print_message("trail_sent", until=at, address=syslog)
    return 0

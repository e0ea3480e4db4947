"""Commands about accounts and the audit log, for those locked out of the pages and for collectors outside the store."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from inspect import signature
from typing import TYPE_CHECKING

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.cli.context import PATIENT_SECONDS, Context

if TYPE_CHECKING:
    from ioc.auth.user_admin import UserAdmin
    from ioc.config.configuration import Configuration
    from ioc.domain.access.principal import Principal
    from ioc.domain.base.access_policy import AccessPolicy
    from ioc.storage.access.audit_chain import ChainHead
    from ioc.storage.db.store import Store

_EXPORT_BATCH = 500  # entries in one read transaction


@contextmanager
def _user_admin(context: Context) -> "Iterator[UserAdmin]":
    from ioc.auth.services import build_services

    configuration = context.configuration()
    with context.using_data(), closing(context.migrated_store(PATIENT_SECONDS)) as store:
        secret = context.secret()
        services = build_services(store, context.clock, configuration.access, secret, agencies=configuration.agencies)
        yield services.users


def local_principal() -> "Principal":
    """The principal of commands typed at this machine; who typed them is not known."""
    from ioc.domain.access.principal import Principal, PrincipalKind

    return Principal(PrincipalKind.SHELL, "command")


def account(context: Context, subcommand: str, *words: str) -> int:
    """List, add, reset, disable or enable accounts from this machine."""
    from ioc.auth.errors import AuthError

    subcommands: dict[str, Callable[..., int]] = {
        "list": _list, "add": _add, "reset": _reset, "disable": _disable, "enable": _enable,
    }  # fmt: skip
    if subcommand not in subcommands or not _accepts_words(subcommands[subcommand], words):
        context.print_error(
            "wrong_words", command="account", words="list|add NAME ROLE…|reset NAME|disable NAME|enable NAME"
        )
        return 2
    try:
        with _user_admin(context) as users:
            return subcommands[subcommand](context, users, *words)
    except AuthError as error:
        sys.stderr.write(describe(error.failure, context.lang) + "\n")
        return 1


def _accepts_words(run: Callable[..., int], words: tuple[str, ...]) -> bool:
    try:
        signature(run).bind(None, None, *words)
    except TypeError:
        return False
    return True


def _list(context: Context, users: "UserAdmin") -> int:
    for account in users.list_accounts(local_principal()):
        roles = ", ".join(t(f"auth.role_{role}", context.lang) for role in sorted(account.roles))
        states = {
            "disabled": account.disabled_at is not None, "once": account.has_one_time_password,
            "factor": account.has_mfa,
        }  # fmt: skip
        state = next((name for name, applies in states.items() if applies), "plain")
        parts = {"name": account.name, "roles": roles, "agency": account.agency or "–"}
        context.print_message("account_line", state=t(f"auth.state_{state}", context.lang), **parts)
    return 0


def _add(context: Context, users: "UserAdmin", name: str, role: str, *further_words: str) -> int:
    """A word that is not a role is the key of a reporter's agency."""
    from ioc.auth.user_admin import NewUser
    from ioc.domain.access.principal import Role

    words, known_roles = (role, *further_words), [known.value for known in Role]
    roles = [known for known in Role if known in words]
    others = [word for word in words if word not in known_roles]
    if len(others) > 1 or not roles:
        context.print_error("no_role", word=(others or words)[0], known=", ".join(known_roles))
        return 2
    password = users.add(NewUser(name, roles, agency="".join(others)), local_principal())
    _print_one_time_password(context, name, password)
    return 0


def _reset(context: Context, users: "UserAdmin", name: str, factor: str = "") -> int:
    """With the word `factor` the second factor is removed too."""
    if factor not in ("", "factor"):
        context.print_error("wrong_words", command="account", words="reset NAME [factor]")
        return 2
    if password := users.reset_password(name, local_principal(), with_mfa=bool(factor)):
        _print_one_time_password(context, name, password)
    else:
        context.print_message("account_factor_removed", name=name)
    return 0


def _disable(context: Context, users: "UserAdmin", name: str) -> int:
    users.disable(name, local_principal())
    context.print_message("account_disabled", name=name)
    return 0


def _enable(context: Context, users: "UserAdmin", name: str) -> int:
    users.enable(name, local_principal())
    context.print_message("account_enabled", name=name)
    return 0


def _print_one_time_password(context: Context, name: str, password: str) -> None:
    context.print_message("account_once", name=name, password=password)


def first_administrator_notice(context: Context, store: "Store", policy: "AccessPolicy") -> str:
    """Create the first administrator if there is no account yet; the message with the one-time password, else ""."""
    from ioc.auth.services import build_services
    from ioc.auth.user_admin import FIRST_ADMINISTRATOR

    users = build_services(store, context.clock, policy, context.secret(), agencies=()).users
    password = users.create_first_administrator()
    if not password:
        return ""
    return t("commands.first_administrator", context.lang, name=FIRST_ADMINISTRATOR, password=password)


def create_simulated_accounts(context: Context, store: "Store", configuration: "Configuration") -> Iterator[str]:
    """Create the accounts of the simulated positions whose agencies exist; a message with each one-time password.

    For the demonstration, with its first administrator.
    """
    from ioc.auth.services import build_services
    from ioc.auth.user_admin import NewUser
    from simulator.positions import POSITIONS

    agencies = configuration.agencies
    users = build_services(store, context.clock, configuration.access, context.secret(), agencies=agencies).users
    yield t("commands.simulated_accounts", context.lang)
    for name, position in POSITIONS.items():
        if position.has_account and position.agency in {"", *agencies}:
            user = NewUser(name, [position.role], position.title, position.agency)
            yield f"    {name:<18} {users.add(user, local_principal())}   {position.title}\n"


def audit(context: Context, subcommand: str, *words: str, syslog: str = "") -> int:
    """Verify the audit log, against a head that was noted elsewhere if there is one; or export it."""
    if subcommand == "verify" and len(words) <= 1 and not syslog:
        return _verify(context, *words)
    if subcommand == "export" and len(words) <= 1:
        return _export(context, *words, syslog=syslog)
    context.print_error(
        "wrong_words", command="audit", words="verify [NUMBER:HASH] | export [AFTER] [--syslog HOST:PORT]"
    )
    return 2


def _verify(context: Context, recorded_head: str = "") -> int:
    from ioc.storage.access import audit_log as rows
    from ioc.storage.access.audit_chain import decode_head

    head = _parse_head(recorded_head) if recorded_head else None
    if recorded_head and head is None:
        context.print_error("audit_head", head=recorded_head[:80])
        return 2
    with context.using_data(), closing(context.store()) as store, store.read() as conn:
        verification = rows.verify(conn, head)
        restored = rows.oldest(conn, rows.AuditFilter(action="backup-restored", result="success"), 99)
    for entry in restored:
        if replaced := decode_head(entry.before):
            head_text = f"{replaced.id}:{replaced.hash}"
            context.print_message("audit_restored", number=entry.id, file=entry.target, head=head_text)
    if verification.first_bad_id is None:
        newest = f"{verification.head.id}:{verification.head.hash}"
        context.print_message("audit_whole", rows=verification.row_count, head=newest)
        return 0
    fault = t(f"commands.audit_{verification.fault}", context.lang)
    context.print_error("audit_broken", number=verification.first_bad_id, what=fault)
    return 1


def _parse_head(text: str) -> "ChainHead | None":
    from ioc.storage.access.audit_chain import ChainHead

    number, _, digest = text.partition(":")
    return ChainHead(int(number), digest) if number.isascii() and number.isdigit() and digest else None


def _export(context: Context, after: str = "0", *, syslog: str = "") -> int:
    from ioc.cli.syslog import SyslogError, SyslogSender
    from ioc.storage.access import audit_log as rows

    if not (after.isascii() and after.isdigit()):
        context.print_error("audit_head", head=after[:80])
        return 2
    last_id = int(after)
    try:
        with context.using_data(), closing(context.store()) as store, SyslogSender.connect(syslog) as send:
            while True:
                with store.read() as conn:
                    entries = rows.oldest(conn, rows.AuditFilter(after_id=last_id), _EXPORT_BATCH)
                for entry in entries:
                    send(entry)
                if not entries:
                    break
                last_id = entries[-1].id
    except SyslogError as error:
        context.print_error("syslog_refused", address=syslog, why=describe(error.failure, context.lang))
        return 1
    if syslog:
        context.print_message("audit_sent", until=last_id, address=syslog)
    return 0

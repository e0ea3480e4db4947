"""Commands about people and the trail, for who is locked out of the pages, and for a witness outside the store."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from inspect import signature
from typing import TYPE_CHECKING

from components.ui.error_messages import fault
from components.ui.i18n import say
from ioc.cli.context import Context

if TYPE_CHECKING:
    from ioc.auth.principal import Visitor
    from ioc.auth.users import People
    from ioc.domain.base.access_policy import Access
    from ioc.storage.access.audit_log import Head
    from ioc.storage.db.store import Store


@contextmanager
def _people(context: Context) -> "Iterator[People]":
    from ioc.auth.users import People

    rules, secret = context.configuration().access, context.secret()
    with closing(context.store()) as store:
        store.migrate()
        yield People(store, context.clock, rules, secret)


def here() -> "Visitor":
    """Who works at this machine: there is no telling who more precisely."""
    from ioc.auth.principal import Kind, Visitor

    return Visitor(Kind.LOCAL, "command")


def account(context: Context, what: str, *words: str) -> int:
    """Keep accounts from this machine."""
    from ioc.auth.errors import Refused

    known: dict[str, Callable[..., int]] = {
        "list": _list, "add": _add, "reset": _reset, "disable": _disable, "enable": _enable,
    }  # fmt: skip
    if what not in known or not _fits(known[what], words):
        context.complain(
            "wrong_words", command="account", words="list|add NAME ROLE…|reset NAME|disable NAME|enable NAME"
        )
        return 2
    try:
        with _people(context) as people:
            return known[what](context, people, *words)
    except Refused as refused:
        sys.stderr.write(say(f"access.{refused.key}", context.lang, **refused.parts) + "\n")
        return 1


def _fits(run: Callable[..., int], words: tuple[str, ...]) -> bool:
    try:
        signature(run).bind(None, None, *words)
    except TypeError:
        return False
    return True


def _list(context: Context, people: "People") -> int:
    for one in people.accounts():
        roles = ", ".join(say(f"access.role_{role}", context.lang) for role in sorted(one.roles))
        state = "disabled" if one.disabled else "once" if one.once else "factor" if one.factor else "plain"
        parts = {"name": one.name, "roles": roles, "agency": one.agency or "–"}
        context.say("account_line", state=say(f"access.state_{state}", context.lang), **parts)
    return 0


def _add(context: Context, people: "People", name: str, role: str, *more: str) -> int:
    """A word that is no role is the agency of a reporter."""
    from ioc.auth.principal import Role

    words = (role, *more)
    roles = [one for one in Role if one in words]
    others = [one for one in words if one not in {role.value for role in Role}]
    agencies = context.configuration().agencies
    if len(others) > 1 or any(one not in agencies for one in others):
        context.complain("no_role", word=others[0], known=", ".join(one.value for one in Role))
        return 2
    _tell(context, name, people.add(name, "", roles, "".join(others), here()))
    return 0


def _reset(context: Context, people: "People", name: str, factor: str = "") -> int:
    """With the word `factor` the second factor is lost, and goes, too."""
    if factor not in ("", "factor"):
        context.complain("wrong_words", command="account", words="reset NAME [factor]")
        return 2
    _tell(context, name, people.reset(name, here(), factor=bool(factor)))
    return 0


def _disable(context: Context, people: "People", name: str) -> int:
    people.disable(name, here())
    context.say("account_disabled", name=name)
    return 0


def _enable(context: Context, people: "People", name: str) -> int:
    people.enable(name, here())
    context.say("account_enabled", name=name)
    return 0


def _tell(context: Context, name: str, password: str) -> None:
    context.say("account_once", name=name, password=password)


def first_administrator(context: Context, store: "Store", rules: "Access") -> str:
    """What `run` says once where there is no account yet: whoever reads it is the first administrator. "" otherwise."""
    from ioc.auth.user_admin import FIRST
    from ioc.auth.users import People

    password = People(store, context.clock, rules, context.secret()).first_administrator()
    return say("commands.first_administrator", context.lang, name=FIRST, password=password) if password else ""


def trail(context: Context, what: str, *words: str, syslog: str = "") -> int:
    """Verify the trail, against a head that was noted elsewhere if one is given; or export it as JSON lines."""
    if what == "verify" and len(words) <= 1 and not syslog:
        return _verify(context, *words)
    if what == "export" and len(words) <= 1:
        return _export(context, *words, syslog=syslog)
    context.complain("wrong_words", command="trail", words="verify [NUMBER:HASH] | export [AFTER] [--syslog HOST:PORT]")
    return 2


def _verify(context: Context, noted: str = "") -> int:
    from ioc.storage.access import audit_log as rows

    head = _head(noted) if noted else None
    if noted and head is None:
        context.complain("trail_head", head=noted[:80])
        return 2
    with closing(context.store()) as store, store.read() as conn:
        found = rows.verify(conn, head)
        restored = rows.oldest(conn, rows.Wanted(action="restore", result="done"), 99)
    for one in restored:
        if one.before:
            number, digest = json.loads(one.before)
            context.say("trail_restored", number=one.id, file=one.about, head=f"{number}:{digest}")
    parts = {"rows": found.rows, "head": f"{found.head.id}:{found.head.hash}"}
    if found.broken is None:
        context.say("trail_whole", **parts)
        return 0
    context.complain("trail_broken", number=found.broken, what=say(f"commands.trail_{found.fault}", context.lang))
    return 1


def _head(text: str) -> "Head | None":
    from ioc.storage.access.audit_log import Head

    number, _, digest = text.partition(":")
    return Head(int(number), digest) if number.isascii() and number.isdigit() and digest else None


def _export(context: Context, after: str = "0", *, syslog: str = "") -> int:
    from ioc.cli.syslog import Sender, SyslogRefused
    from ioc.storage.access import audit_log as rows

    if not (after.isascii() and after.isdigit()):
        context.complain("trail_head", head=after[:80])
        return 2
    at = int(after)
    try:
        with closing(context.store()) as store, Sender.to(syslog) as send:
            while True:
                with store.read() as conn:
                    some = rows.oldest(conn, rows.Wanted(above=at), 500)
                for one in some:
                    send(one)
                if not some:
                    break
                at = some[-1].id
    except SyslogRefused as refused:
        context.complain("syslog_refused", address=syslog, why=fault(str(refused), context.lang))
        return 1
    if syslog:
        context.say("trail_sent", until=at, address=syslog)
    return 0

"""What was refused is put down in the trail; where that cannot be written the answer stays no."""

import logging
from collections.abc import Callable
from dataclasses import replace

from ioc.auth import audit_log
from ioc.auth.principal import Gone, Kind, Visitor
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store, StoreError
from ioc.web.errors.audit import Refusal, Told

log = logging.getLogger("ioc.access")


def into(store: Store, clock: Clock) -> Told:
    """For the door of an application over `store`."""

    def told(one: Refusal) -> None:
        try:
            audit_log.refused(store, _named(one.visitor), one.action, one.about, clock(), one.why)
        except StoreError as error:
            log.warning("that %s was refused could not be put down: %s", one.visitor.name or "nobody", error.reason)

    return told


def _named(who: Visitor) -> Visitor:
    """Who is nobody any more is told as what they were."""
    if who.gone is Gone.SESSION and who.shown:
        return replace(who, kind=Kind.PERSON, name=who.shown)
    if not (who.gone and who.name):
        return who
    return replace(who, kind=Kind.SCREEN if who.gone.startswith("screen") else Kind.PROGRAM)


def settling(store: Store, clock: Clock) -> Callable[[], None]:
    """What was only counted is told once its minute is over: asked with every request."""

    def settled() -> None:
        try:
            audit_log.settle(store, clock())
        except StoreError as error:
            log.warning("how many were refused could not be put down: %s", error.reason)

    return settled

"""What was refused is put down in the trail; where that cannot be written the answer stays no."""

import logging
from collections.abc import Callable
from dataclasses import replace

from ioc.auth import audit_log
from ioc.auth.principal import Principal, PrincipalKind, RevokedReason
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store, StoreError
from ioc.web.errors.denials import AuditSink, DeniedRequest

log = logging.getLogger("ioc.access")


def audit_sink(store: Store, clock: Clock) -> AuditSink:
    """For the door of an application over `store`."""

    def told(one: DeniedRequest) -> None:
        try:
            audit_log.record_denial(
                store, _former_principal(one.principal), one.action, one.resource, clock(), one.reason
            )
        except StoreError as error:
            log.warning("that %s was refused could not be put down: %s", one.principal.name or "nobody", error.failure)

    return told


def _former_principal(who: Principal) -> Principal:
    """Who is nobody any more is told as what they were."""
    if who.revoked_reason is RevokedReason.SESSION_ENDED and who.display_name:
        return replace(who, kind=PrincipalKind.USER, name=who.display_name)
    if not (who.revoked_reason and who.name):
        return who
    return replace(
        who, kind=PrincipalKind.DISPLAY if who.revoked_reason.startswith("screen") else PrincipalKind.API_KEY
    )


def denial_flusher(store: Store, clock: Clock) -> Callable[[], None]:
    """What was only counted is told once its minute is over: asked with every request."""

    def settled() -> None:
        try:
            audit_log.flush_denials(store, clock())
        except StoreError as error:
            log.warning("how many were refused could not be put down: %s", error.failure)

    return settled

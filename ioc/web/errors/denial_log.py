"""Writes denials to the audit log. Where it cannot be written the request is denied all the same."""

import logging
from collections.abc import Callable
from dataclasses import replace

from ioc.auth import audit_log
from ioc.domain.access.principal import Principal, RevokedReason
from ioc.domain.base.blocking import ensure_may_block, may_block
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store, StoreError
from ioc.web.errors.denials import AuditSink, DeniedRequest

log = logging.getLogger("ioc.access")


def audit_sink(store: Store, clock: Clock) -> AuditSink:
    """A sink for GateConfig that writes to `store`."""

    def record(denial: DeniedRequest) -> None:
        ensure_may_block()  # before it is counted
        principal = _former_principal(denial.principal)
        try:
            audit_log.record_denial(store, principal, denial.action, denial.resource, clock(), denial.failure)
        except StoreError as error:
            log.warning("denial of %s not audited: %s", principal.name or "an anonymous request", error.failure)

    return record


def _former_principal(principal: Principal) -> Principal:
    """Who shows a credential that was valid once is audited under the name that it was issued to."""
    reason = principal.revoked_reason
    name = principal.display_name if reason is RevokedReason.SESSION_ENDED else principal.name
    return replace(principal, kind=reason.credential_kind, name=name) if reason and name else principal


def denial_flusher(store: Store, clock: Clock) -> Callable[[], None]:
    """To be called with every request: writes how many denials were only counted, once their minute is over."""

    def flush() -> None:
        if not may_block():  # one of the next requests does it
            return
        try:
            audit_log.flush_denials(store, clock())
        except StoreError as error:
            log.warning("counted denials not audited: %s", error.failure)

    return flush

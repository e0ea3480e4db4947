"""Writes denials to the audit log. Where it cannot be written the request is denied all the same."""

from collections.abc import Callable
from dataclasses import replace

from ioc.auth import audit_log
from ioc.domain.access.principal import Principal, RevokedReason
from ioc.domain.base.times import Clock
from ioc.storage.db.background_writer import Defer
from ioc.storage.db.store import Store
from ioc.web.errors.denials import AuditSink, DeniedRequest


def audit_sink(store: Store, clock: Clock, defer: Defer | None = None) -> AuditSink:
    """A sink for GateConfig that writes to `store`. `defer`: writes what no answer waits for; None: at once."""

    def record(denial: DeniedRequest) -> None:
        principal = _former_principal(denial.principal)
        audit_log.record_denial(store, principal, denial.action, denial.resource, clock(), denial.failure, defer)

    return record


def _former_principal(principal: Principal) -> Principal:
    """Who shows a credential that was valid once is audited under the name that it was issued to."""
    reason = principal.revoked_reason
    name = principal.display_name if reason is RevokedReason.SESSION_ENDED else principal.name
    return replace(principal, kind=reason.credential_kind, name=name) if reason and name else principal


def denial_flusher(store: Store, clock: Clock, defer: Defer | None = None) -> Callable[[], None]:
    """To be called with every request: writes how many denials were only counted, once their minute is over."""
    return lambda: audit_log.flush_denials(store, clock(), defer)

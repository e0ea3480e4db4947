"""Commands that act upon a source: give it a fault, poll it again, accept its new schema."""

import sys
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING

from components.ui.error_messages import describe
from components.ui.i18n import t
from components.ui.status_badges import source_status_label
from ioc.cli.context import Context
from ioc.cli.errors import CliCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.health import SourceState

if TYPE_CHECKING:
    from ioc.storage.db.store import Store


def _join_names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def fault(context: Context, source: str, kind: str, seconds: str = "60") -> int:
    """Give a source of the running simulated city a fault."""
    from simulator.city import feeds
    from simulator.faults import MAX_SECONDS, NO_FAULT, FaultRejectedError, allowed_kinds, parse_duration, send_fault

    known = feeds().keys() & {row.key for row in context.configuration().sources if row.is_enabled}
    if source not in known:
        context.print_error("not_simulated", source=source, known=_join_names(known))
        return 1
    kinds = allowed_kinds(feeds()[source].payload_format)
    if kind not in kinds:
        context.print_error("no_fault", kind=kind, known=_join_names(kinds))
        return 1
    duration = parse_duration(seconds)
    if duration is None:
        context.print_error("wrong_seconds", seconds=seconds[:40], most=MAX_SECONDS)
        return 1
    try:
        send_fault(context.simulator(), source, kind, duration)
    except FaultRejectedError as error:
        failure = Failure(CliCode.FAULT_REJECTED, external=str(error))
        sys.stderr.write(f"{describe(failure, context.lang)}\n")
        return 1
    except OSError:
        context.print_error("no_simulator", address=context.simulator())
        return 1
    what = t(f"commands.fault_{kind}", context.lang)
    context.print_message(
        "fault_ok" if kind == NO_FAULT else "fault_set", source=source, what=what, seconds=f"{duration:g}"
    )
    return 0


def accept_schema(context: Context, key: str) -> int:
    """Accept the fields, units and counts that a source brings from now on: they have changed for good."""
    source = context.source(key)
    if source is None:
        return 2
    if not context.settings.data.is_dir():
        context.print_error("repoll_nowhere", source=key, folder=context.settings.data)
        return 1
    with context.using_data(), closing(context.store()) as store:
        _request_repoll(context, store, key, accept_schema=True)
    context.print_message("schema_accepted", source=key)
    return 0


def repoll(context: Context, key: str) -> int:
    """Poll a source again that was stopped by 401 or 403, although its row did not change: its server was mended."""
    from ioc.storage.db import change_counter
    from ioc.storage.timeseries import source_health

    source = context.source(key)
    if source is None:
        return 2
    if not source.is_enabled:
        context.print_error("repoll_off", source=key)
        return 1
    if not context.settings.data.is_dir():
        context.print_error("repoll_nowhere", source=key, folder=context.settings.data)
        return 1
    with context.using_data(), closing(context.store()) as store:
        with store.read() as conn:
            health, versions = source_health.current(conn).get(key), change_counter.read(conn)
        _request_repoll(context, store, key, accept_schema=False)
    is_polled = versions.is_poller_working(context.clock())
    if is_polled and health is not None and health.state is not SourceState.REFUSED:
        context.print_message("repoll_needless", source=key, state=source_status_label(health.state, context.lang))
    else:
        context.print_message("repoll_asked" if is_polled else "repoll_unpolled", source=key)
    return 0


def _request_repoll(context: Context, store: "Store", key: str, *, accept_schema: bool) -> None:
    """Queues the poll and its audit entry in one transaction."""
    from ioc.auth import audit_log
    from ioc.cli.users import local_principal
    from ioc.poller.repoll_queue import request_repoll

    by, now, act = local_principal(), context.clock(), "schema-accepted" if accept_schema else "source-repolled"
    with store.write() as conn:
        request_repoll(conn, key, by, now, accept_schema=accept_schema)
        audit_log.write(conn, audit_log.entry_by(by, act, key), now)

"""How far each system was told of acts by webhook, and which process tells it now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import from_optional_ms, to_ms, to_optional_ms
from ioc.domain.directives.webhook import WebhookState
from ioc.storage.db.dialect import insert_statement
from ioc.storage.directives.schema import directive_webhook

# Of a process that died: then another one sends. Their clocks may differ by CLOCK_TOLERANCE.
TURN = timedelta(seconds=45) + CLOCK_TOLERANCE
_W = directive_webhook.c


def states(conn: Connection, systems: Iterable[str]) -> dict[str, WebhookState]:
    """Of those of `systems` that were ever looked at."""
    rows = conn.execute(select(directive_webhook).where(_W.system.in_(list(systems))))
    return {row.system: _state(row) for row in rows}


def begin(conn: Connection, system: str, cursor: int) -> None:
    """Makes the row of a system, unless it has one: it is told of what comes after `cursor`."""
    row = {"system": system, **_values(WebhookState(cursor)), "sender": "", "sender_until_ms": 0}
    conn.execute(insert_statement(conn, directive_webhook).values(row).on_conflict_do_nothing())


def take_turn(conn: Connection, system: str, sender: str, now: datetime) -> WebhookState | None:
    """The state of a system that `sender` alone tells until TURN from `now`; None while another process does.

    Whatever the clocks of the processes do, a turn is taken over after twice that time.
    """
    until, is_other_over = _W.sender_until_ms, or_(
        _W.sender == sender, _W.sender_until_ms <= to_ms(now), _W.sender_until_ms > to_ms(now + 2 * TURN)
    )  # fmt: skip
    taken = update(directive_webhook).where(_W.system == system, is_other_over)
    row = conn.execute(
        taken.values({_W.sender: sender, until: to_ms(now + TURN)}).returning(*directive_webhook.c)
    ).first()
    return _state(row) if row else None


def put_state(conn: Connection, system: str, sender: str, state: WebhookState) -> bool:
    """Stores the state and ends the turn of `sender`; False where it has no turn any more."""
    own = update(directive_webhook).where(_W.system == system, _W.sender == sender)
    return conn.execute(own.values(**_values(state), sender="", sender_until_ms=0)).rowcount == 1


def _state(row: Row[Any]) -> WebhookState:
    return WebhookState(
        row.cursor_event, row.sent_event, from_optional_ms(row.sent_ms), from_optional_ms(row.failing_since_ms),
        row.failures, Failure.from_text(row.failure) if row.failure else None, from_optional_ms(row.retry_ms),
    )  # fmt: skip


def _values(state: WebhookState) -> dict[str, Any]:
    moments = {"sent_ms": state.sent_at, "failing_since_ms": state.failing_since, "retry_ms": state.retry_at}
    return {
        "cursor_event": state.cursor, "sent_event": state.sent, "failures": state.failures,
        "failure": state.failure.to_text() if state.failure else "",
        **{name: to_optional_ms(moment) for name, moment in moments.items()},
    }  # fmt: skip

"""What changed since the last visit: a visit is remembered for the account, and itself marks what it showed as seen.

All that is opened within VISIT_LENGTH after the beginning of a visit belongs to it and shows the same, so that a second
tab, or an answer that was lost, loses nothing. The next visit begins with what came after the beginning of this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from ioc.directives.context import DirectiveContext, load_positions
from ioc.directives.visibility import readable_acts
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.agency import represented
from ioc.domain.directives.decisions import decided_fields
from ioc.domain.directives.positions import Position
from ioc.storage.directives import events, visits
from ioc.storage.directives.visits import ChangeScope, TaskChange, Visit

VISIT_LENGTH = timedelta(minutes=30)
MAX_CHANGES = 20
_AGENCY_KINDS = frozenset({PositionKind.AGENCY_LEADER, PositionKind.AGENCY_OFFICER})
_OFFICE_KINDS = frozenset({PositionKind.OFFICE_LEADER, PositionKind.FOLLOWER, PositionKind.DOCUMENT_CLERK})


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """Acts since the last visit, the newest first. `has_more`: there are others. `titles`: of positions, by key."""

    changes: tuple[TaskChange, ...]
    has_more: bool
    titles: Mapping[str, str]


def begin_visit(context: DirectiveContext, principal: Principal) -> int:
    """The number of the act after which everything is new on this visit; remembers the visit. PermissionDeniedError.

    On the first visit of all nothing is new.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    now, account = context.clock(), principal.name
    with context.store.read() as conn:
        before = visits.find_visit(conn, account)
    if before is not None and abs(now - before.began_at) < VISIT_LENGTH:
        return before.since_event
    with context.store.write() as conn:
        last = visits.last_event(conn)
        visit = Visit(now, before.last_event if before else last, last)
        visits.put_visit(conn, account, visit)
    return visit.since_event


def changes_since(
    context: DirectiveContext, after: int, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> RecentChanges:  # fmt: skip
    """What others did, after the act of that number, to the tasks of a position of the principal, or of one that it
    stands in for with all acts. PermissionDeniedError; ActError for a position or mandate that is not valid.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        stored = load_positions(conn)
        who = stored.stand_in(stored.require(position, principal, day), on_behalf_of, day)
        scope = None if who.acts else _scope(context, who.acting)
        systems = [each.key for each in stored.by_key.values() if each.kind is PositionKind.SYSTEM]
        found = visits.changes_after(conn, scope, after, principal.name, systems, MAX_CHANGES + 1) if scope else []
        asked = events.find_events(conn, [each.event.stated.refers_to or 0 for each in found])
    whole = [replace(each.event, stated=decided_fields(each.event, asked)) for each in found]
    acts = readable_acts(whole, (who.deputy, who.acting))
    found = [replace(each, event=act) for each, act in zip(found, acts, strict=True)]
    titles = {each.key: each.title for each in stored.by_key.values()}
    return RecentChanges(context.held_today(found[:MAX_CHANGES]), len(found) > MAX_CHANGES, titles)


def _scope(context: DirectiveContext, position: Position) -> ChangeScope | None:
    """Whose tasks are those of the position: an agency's own, a portfolio, what a leader has reserved; of the Office
    all.
    """
    if position.kind in _AGENCY_KINDS:
        return ChangeScope(agencies=represented(context.agencies, position.agency, context.today()))
    if position.kind in _OFFICE_KINDS:
        return ChangeScope(is_all=True)
    if position.kind is PositionKind.CHAIRMAN:
        return ChangeScope(is_starred=True, instructions_of=position.key)
    if position.kind is PositionKind.VICE_CHAIRMAN:
        return ChangeScope(portfolio=context.portfolio([position]), instructions_of=position.key)
    return None

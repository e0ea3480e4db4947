"""Who waits for whom on the tasks that are followed in the program."""

from ioc.directives.context import DirectiveContext, load_positions
from ioc.directives.visibility import read_access
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.agency import holder
from ioc.domain.directives.positions import Positions
from ioc.storage.directives.waiting import LEADERS, OFFICE, Parties, WaitingPair, list_pairs

MAX_PAIRS = 1_000
SEPARATOR = "."  # between the two parties in an address: no part of a key
_KINDS = {
    LEADERS: (PositionKind.CHAIRMAN, PositionKind.VICE_CHAIRMAN),
    OFFICE: (PositionKind.OFFICE_LEADER, PositionKind.FOLLOWER, PositionKind.DOCUMENT_CLERK),
}


def waiting_pairs(context: DirectiveContext, principal: Principal) -> tuple[WaitingPair, ...]:
    """Who waits for whom, of the tasks that the principal may see, the longest wait first. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        stored = load_positions(conn)
        access = read_access(conn, context, stored, principal)
        return tuple(list_pairs(conn, parties(context, stored), access, MAX_PAIRS))


def parties(context: DirectiveContext, stored: Positions) -> Parties:
    """Agencies that ended stand for their successors, positions for the leaders or the Office."""
    day, agencies = context.today(), context.agencies
    present = {key: holder(agencies, key, day) for key in agencies}
    successors = {key: now for key, now in present.items() if now and now != key}

    def names(party: str) -> tuple[str, ...]:
        kinds = _KINDS[party]
        return (*(kind.value for kind in kinds), *(key for key, each in stored.by_key.items() if each.kind in kinds))

    return Parties(successors, names(LEADERS), names(OFFICE))


def parse_pair(text: str) -> tuple[str, str] | None:
    """The parties of an address, who waits first; None for what is no pair."""
    waiting, separator, waited_for = text.partition(SEPARATOR)
    return (waiting, waited_for) if separator and waiting and waited_for else None

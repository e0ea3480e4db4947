"""Open events by unit, without small counts of what citizens report."""

from collections import Counter
from collections.abc import Collection, Mapping

from ioc.domain.events.event import Event
from ioc.domain.events.state import kind_state
from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.kpi import FigureState, SuppressionReason
from ioc.domain.kpis.suppression import suppressed_units
from ioc.domain.snapshot import Snapshot

# A count of events, why it is not published, the state of sources that are not all live; None: none is known of, but
# some event names no known unit.
UnitCount = int | SuppressionReason | FigureState | None


def unit_event_counts(kind: str, codes: Collection[str], snapshot: Snapshot) -> Mapping[str, UnitCount]:
    """The count of each unit of a whole group, whose total is published; without exercises.

    Of citizen data, small cells and their complements are suppressed. Where a part of the group is shown, the counts
    and the total must still be those of the whole group: what differs between two parts would disclose a small count.
    """
    by_unit = Counter(code for event in real_events(kind, snapshot) for code in event.unit_codes)
    counts = {code: by_unit[code] for code in codes}
    return publishable_counts(counts, no_events(kind, snapshot), is_from_people=_is_from_people(kind, snapshot))


def publishable_counts(
    counts: Mapping[str, int], zero: UnitCount = 0, *, is_from_people: bool
) -> dict[str, UnitCount]:  # fmt: skip
    """The counts of a group as they may be told; `zero` stands for none."""
    small = {code for code, count in counts.items() if is_from_people and is_small_cell(count)}
    visible = {code: count for code, count in counts.items() if code not in small}
    secondary = suppressed_units(sum(counts.values()), visible, small)
    return {
        **{code: count or zero for code, count in counts.items()},
        **dict.fromkeys(small, SuppressionReason.SMALL_COUNT),
        **dict.fromkeys(secondary, SuppressionReason.SECONDARY),
    }


def no_events(kind: str, snapshot: Snapshot) -> UnitCount:
    """What no event of a kind means: 0 only where all events are known, each with a known unit."""
    state = kind_state(snapshot, kind)
    if state is not FigureState.OK:
        return state
    return None if unplaced_count(kind, snapshot) or not snapshot.has_all_events else 0


def real_events(kind: str, snapshot: Snapshot) -> list[Event]:
    """The open events of a kind, without exercises."""
    return [view.event for view in snapshot.events if view.event.kind == kind and not view.is_drill]


def unplaced_count(kind: str, snapshot: Snapshot) -> int:
    """Events of a kind that name no known unit; while there are any, a unit's count is a lower bound."""
    return sum(snapshot.units.keys().isdisjoint(event.unit_codes) for event in real_events(kind, snapshot))


def _is_from_people(kind: str, snapshot: Snapshot) -> bool:
    return any(each.key == kind and each.is_from_people for view in snapshot.sources for each in view.source.events)

"""Finds which reports of different sources are about one event, and which are so no more.

A report is judged when it is new, open again, or something that its group depends on has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush

from sqlalchemy import Connection

from ioc.domain.base.clock_set_back import monotonic_ms
from ioc.domain.base.times import to_ms
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.events.event import Event
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.events import endings
from ioc.storage.events.duplicate_candidates import DuplicateCandidates, NearGroup
from ioc.storage.events.duplicate_groups import DuplicateGroups, label_of
from ioc.storage.events.rows import event_from_row, is_open, readable_event

_BASIS_COLUMNS = ("kind", "shared_id", "is_drill", "started_ms", "facts", "body")


def mark_duplicates(
    conn: Connection, source: str, events: Mapping[str, Event], rows: Sequence[LogRow], ended: Sequence[LogRow],
    previous_rows: Mapping[str, LogRow], rules: Sequence[DeduplicationRule], known_at: datetime, now: datetime,
) -> None:  # fmt: skip
    """Sets `duplicate_of` in each of `rows`, those of `events` by key, and releases stored duplicates that fit no more.

    `ended`: rows of the source that end by this answer without a report.
    """
    at_ms, judged = to_ms(now), list[LogRow]()
    for row in rows:
        previous = previous_rows.get(row["key"])
        row["duplicate_of"] = previous["duplicate_of"] if previous else ""
        if previous is None or (is_open(row, at_ms) and _is_judged_anew(row, previous, rules, at_ms)):
            judged.append(row)
    if not judged:
        return
    kinds = {row["kind"] for row in judged} | {previous_rows.get(row["key"], row)["kind"] for row in judged}
    groups = DuplicateGroups(conn, kinds, at_ms, rules, [*rows, *ended], judged)
    released = [stored for row in judged if not row["duplicate_of"] for stored in groups.release_unfit(label_of(row))]
    _store_released(conn, released, known_at)  # before the candidates are read
    alone = [row for row in judged if not _keeps_group(row, groups)]
    new = [row for row in alone if not groups.has_members(label_of(row))]  # else it is an original, and stays one
    for kind in sorted({row["kind"] for row in new}):
        reported = [(row, events[row["key"]]) for row in new if row["kind"] == kind]
        search = _Search(conn, source, kind, reported, rules, groups, at_ms)
        search.join_by_id()
        search.join_nearest()
    joined = [row for row in new if row["duplicate_of"] and is_open(row, at_ms)]
    by_id = {row["duplicate_of"]: row for row in joined if row["shared_id"]}
    released = [stored for row in by_id.values() for stored in groups.release_displaced(row)]
    _store_released(conn, released, known_at)


def release_unfit(conn: Connection, rules: Sequence[DeduplicationRule], known_at: datetime) -> int:
    """Releases all duplicates that fit their groups no more, by the present rules; returns how many."""
    released = DuplicateGroups(conn, None, to_ms(known_at), rules).release_all_unfit()
    _store_released(conn, released, known_at)
    return len(released)


def _store_released(conn: Connection, rows: Iterable[LogRow], known_at: datetime) -> None:
    endings.append_changed(conn, [row | {"known_ms": monotonic_ms(known_at, row["known_ms"])} for row in rows])


def _is_judged_anew(row: LogRow, previous: LogRow, rules: Sequence[DeduplicationRule], at_ms: int) -> bool:
    """Whether an open event was not open before, or has another basis of its group."""
    if not is_open(previous, at_ms):
        return True
    if all(row[name] == previous[name] for name in _BASIS_COLUMNS):
        return False
    before = readable_event(previous)
    return before is None or _basis(event_from_row(row), rules) != _basis(before, rules)


def _basis(event: Event, rules: Sequence[DeduplicationRule]) -> tuple[object, ...]:
    """What decides of which events this is a duplicate."""
    by_id = (event.kind, event.shared_id, event.is_drill)
    names = {name for rule in rules if rule.kind == event.kind for name in rule.facts}
    place = (event.area.lon, event.area.lat) if event.area else None
    return (*by_id, place, event.started, {name: event.facts.get(name) for name in names})


def _keeps_group(row: LogRow, groups: DuplicateGroups) -> bool:
    """Whether an event stays a duplicate in its group; else it is taken out."""
    if row["duplicate_of"] and groups.fits(row):
        groups.add(row)
        return True
    row["duplicate_of"] = ""
    return False


class _Search:
    """Finds groups for events of one kind that are in none."""

    def __init__(
        self, conn: Connection, source: str, kind: str, reported: Sequence[tuple[LogRow, Event]],
        rules: Sequence[DeduplicationRule], groups: DuplicateGroups, at_ms: int,
    ) -> None:  # fmt: skip
        self._source, self._reported, self._groups, self._at_ms = source, reported, groups, at_ms
        kind_rules, events = [rule for rule in rules if rule.kind == kind], [event for _, event in reported]
        self._candidates = DuplicateCandidates(conn, source, kind, events, kind_rules, groups, at_ms)

    def join_by_id(self) -> None:
        """Each event with the shared id of another one joins its group."""
        for row, event in self._reported:
            row["duplicate_of"] = self._candidates.with_id(event)
            self._groups.add(row)

    def join_nearest(self) -> None:
        """The nearest pairs are joined first, open events before others, and one event of the source to each group."""
        waiting: list[tuple[bool, NearGroup, str]] = []
        alone = {row["key"]: row for row, _ in self._reported if not row["duplicate_of"]}
        near = {event.key: self._candidates.near(event) for _, event in self._reported if event.key in alone}

        def add_next(key: str) -> None:
            if found := next(near[key], None):
                heappush(waiting, (not is_open(alone[key], self._at_ms), found, key))

        for key in alone:
            add_next(key)
        taken = set[str]()
        while waiting:
            _, found, key = heappop(waiting)
            if found.label in taken or self._groups.has_source(found.label, self._source):
                add_next(key)
                continue
            taken.add(found.label)
            alone[key]["duplicate_of"] = found.label
            self._groups.add(alone[key])

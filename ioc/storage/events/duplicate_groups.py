"""Groups of reports of one event: an original, and its duplicates, which name it in `duplicate_of`."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from ioc.domain.events.deduplication import DeduplicationRule, is_duplicate
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.schema import event_current
from ioc.storage.events.rows import is_open, is_open_clause, readable_event, rows_with_labels


def label_of(row: LogRow) -> str:
    """ "source/key" of an event, by which its duplicates name it."""
    return f"{row['source']}/{row['key']}"


class DuplicateGroups:
    """The open duplicates by label, "source/key" of their original, and the originals, whatever their stage."""

    def __init__(
        self, conn: Connection, kinds: Collection[str] | None, at_ms: int, rules: Sequence[DeduplicationRule],
        pending: Iterable[LogRow] = (), undecided: Iterable[LogRow] = (),
    ) -> None:  # fmt: skip
        """`kinds`: None for all. `pending`: rows that are to be stored, instead of the stored ones.

        `undecided`: those of them whose `duplicate_of` may change. They are in no group until `add` is called.
        """
        self._at_ms, self._rules = at_ms, rules
        self._members: dict[str, dict[str, LogRow]] = {}
        waiting, self._pending = {label_of(row) for row in undecided}, {label_of(row): row for row in pending}
        is_member = [is_open_clause(at_ms), event_current.c.duplicate_of != ""]
        if kinds is not None:
            is_member.append(event_current.c.kind.in_(kinds))
        for stored in conn.execute(select(event_current).where(*is_member)).mappings():
            if label_of(row := dict(stored)) not in self._pending:
                self.add(row)
        for label, row in self._pending.items():
            if label not in waiting:
                self.add(row)
        labels = self._members.keys() | {row["duplicate_of"] for row in self._pending.values()} - {""}
        self._originals = {label_of(row): row for row in rows_with_labels(conn, labels - self._pending.keys())}
        self._originals |= self._pending

    def add(self, row: LogRow) -> None:
        """Adds an open duplicate to the group that it names."""
        if row["duplicate_of"] and is_open(row, self._at_ms):
            self._members.setdefault(row["duplicate_of"], {})[label_of(row)] = row

    def has_members(self, label: str) -> bool:
        """Whether an event has open duplicates."""
        return bool(self._members.get(label))

    def has_source(self, label: str, source: str) -> bool:
        """Whether a report of a source is an open duplicate in a group."""
        return any(row["source"] == source for row in self._members.get(label, {}).values())

    def is_led(self, label: str) -> bool:
        """Whether the original of a group is open and no duplicate itself."""
        original = self._originals.get(label)
        return original is not None and is_open(original, self._at_ms) and not original["duplicate_of"]

    def fits(self, row: LogRow) -> bool:
        """Whether an event is still a duplicate in the group that it names.

        While the original is open only that is compared, else the open duplicates too. A group has one report of each
        source, and further ones with a shared id that it has.
        """
        label = row["duplicate_of"]
        original, is_led = self._originals.get(label), self.is_led(label)
        if original and original["duplicate_of"]:
            return False
        if original and _has_same_id(row, original):
            return True
        others = [one for one in self._members.get(label, {}).values() if label_of(one) != label_of(row)]
        compared = [*([original] if original else []), *([] if is_led else others)]
        if any(_has_same_id(row, one) for one in compared):
            return True
        present = {one["source"] for one in others} | ({original["source"]} if original and is_led else set())
        return row["source"] not in present and any(_is_same(row, one, self._rules) for one in compared)

    def release_unfit(self, label: str) -> list[LogRow]:
        """Takes the duplicates out of a group that fit no more, the newest first. Returns the stored ones."""
        return self._release(label, lambda row: not self.fits(row))

    def release_displaced(self, row: LogRow) -> list[LogRow]:
        """Takes those of its own source out of the group of `row` that have another shared id. Returns the stored ones.

        `row` has the shared id of its original: the others were only near.
        """
        source, shared_id = row["source"], row["shared_id"]
        return self._release(
            row["duplicate_of"], lambda other: other["source"] == source and other["shared_id"] != shared_id
        )

    def release_all_unfit(self) -> list[LogRow]:
        """`release_unfit` of each group."""
        return [row for label in list(self._members) for row in self.release_unfit(label)]

    def _release(self, label: str, is_released: Callable[[LogRow], bool]) -> list[LogRow]:
        released = []
        for row in sorted(self._members.get(label, {}).values(), key=_first_reported, reverse=True):
            if is_released(row):
                del self._members[label][label_of(row)]
                row["duplicate_of"] = ""
                released.append(row)
        return [row for row in released if label_of(row) not in self._pending]


def _first_reported(row: LogRow) -> tuple[int, str, str]:
    return row["first_reported_ms"], row["source"], row["key"]


def _has_same_id(row: LogRow, other: LogRow) -> bool:
    return row["shared_id"] != "" and all(row[name] == other[name] for name in ("shared_id", "kind", "is_drill"))


def _is_same(row: LogRow, other: LogRow, rules: Sequence[DeduplicationRule]) -> bool:
    """Whether two stored events are the same. The time of one without a start has moved with its reports."""
    event, compared = readable_event(row), readable_event(other)
    if event is None or compared is None:
        return False
    if event.started is None or compared.started is None:
        event, compared = (replace(one, started=event.observed) for one in (event, compared))
    return is_duplicate(event, compared, rules)

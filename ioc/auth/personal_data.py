"""Personal data: disclosed to those permitted for a purpose that they state; each disclosure is audited."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

from ioc.auth import audit_log
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import Clock
from ioc.domain.events.event import Event
from ioc.domain.kpis.kpi import Latest
from ioc.storage.db.store import Conn, Store
from ioc.storage.events import events
from ioc.storage.timeseries import readings

PURPOSES = ("handle", "check", "answer", "other")
MIN_PURPOSE_LENGTH, MAX_PURPOSE_LENGTH = 10, 300  # characters of the note on the purpose


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why personal data is opened: one of PURPOSES, and a note that explains it. Made by `parse` only."""

    key: str
    note: str

    @classmethod
    def parse(cls, key: str, note: str) -> Self | None:
        """The purpose; None where `key` is none, or the note is too short."""
        is_stated = key in PURPOSES and len(note) >= MIN_PURPOSE_LENGTH
        return cls(key, note[:MAX_PURPOSE_LENGTH]) if is_stated else None


class PersonalData:
    """What a source states of the person behind an event, and counts of so few people that they are suppressed.

    Who may not open it gets PermissionDeniedError. What cannot be audited is not disclosed.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def find_event(self, source: str, key: str, by: Principal) -> tuple[Event, bool] | None:
        """The event without its personal data, and whether there is any; None for an unknown event."""
        require(by, Action.VIEW_PERSONAL)
        with self._store.read() as conn:
            event, personal = events.latest(conn, source, key), events.personal_data(conn, source, key)
        return None if event is None else (event, bool(personal))

    def disclose_event(self, source: str, key: str, purpose: Purpose, by: Principal) -> Mapping[str, str]:
        """The personal data of an event, by the source's own field names."""
        require(by, Action.VIEW_PERSONAL)
        with self._store.write() as conn:
            self._audit(conn, f"{source}/{key}", purpose, by)
            return events.personal_data(conn, source, key)

    def disclose_counts(
        self, unit: str, series: Collection[str], purpose: Purpose, by: Principal
    ) -> Mapping[str, Latest]:
        """The newest values of `series`, which count people of `unit`, by series."""
        require(by, Action.VIEW_PERSONAL)
        with self._store.write() as conn:
            self._audit(conn, f"don-vi/{unit}", purpose, by)
            return readings.latest(conn, list(series))

    def _audit(self, conn: Conn, about: str, purpose: Purpose, by: Principal) -> None:
        entry = audit_log.entry_by(by, "personal-data-viewed", about, reason=purpose.key, detail=purpose.note)
        audit_log.write(conn, entry, self._clock())

"""Personal data: disclosed to those permitted for a purpose that they state; each disclosure is audited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from ioc.auth import audit_log, tokens
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.sent_twice import answer_once
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import Clock
from ioc.domain.events.event import Event
from ioc.domain.geo.place import AdminUnit
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Latest
from ioc.domain.snapshot import Snapshot, people_series
from ioc.storage.db.store import Conn, Store
from ioc.storage.events import events, personal_data
from ioc.storage.timeseries import readings

PURPOSES = ("handle", "check", "answer", "other")
MIN_PURPOSE_LENGTH, MAX_PURPOSE_LENGTH = 10, 300  # characters of the note on the purpose


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why personal data is opened: one of PURPOSES, and a note that explains it."""

    key: str
    note: str

    def checked(self, about: str) -> Self:
        """The purpose, its note trimmed. AuthError PURPOSE_MISSING where it is none, or the note is too short."""
        note = " ".join(clean_text(self.note).split())
        if self.key not in PURPOSES or len(note) < MIN_PURPOSE_LENGTH:
            raise AuthError(
                AuthCode.PURPOSE_MISSING, action=Action.VIEW_PERSONAL, target=about, least=MIN_PURPOSE_LENGTH
            )
        return replace(self, note=note[:MAX_PURPOSE_LENGTH])


class PersonalData:
    """What a source states of the person behind an event, and counts of so few people that they are suppressed.

    Who may not open it gets PermissionDeniedError. What cannot be audited is not disclosed.

    `form_key`: of the form, see sent_twice.py: who sends it twice has one disclosure, unless by another session or of
    other data. CommandError.
    """

    def __init__(self, store: Store, clock: Clock, snapshot: Callable[[], Snapshot]) -> None:
        self._store, self._clock, self._snapshot = store, clock, snapshot

    def now(self) -> datetime:
        """The clock by which disclosures are audited."""
        return self._clock()

    def find_event(self, source: str, key: str, by: Principal) -> tuple[Event, bool] | None:
        """The event without its personal data, and whether there is any; None for an unknown event."""
        require(by, Action.VIEW_PERSONAL)
        with self._store.read() as conn:
            event, personal = events.latest(conn, source, key), personal_data.read(conn, source, key)
        return None if event is None else (event, bool(personal))

    def disclose_event(
        self, source: str, key: str, purpose: Purpose, by: Principal, form_key: str = ""
    ) -> Mapping[str, str]:
        """The personal data of an event, by the source's own field names.

        AuthError: PURPOSE_MISSING; NO_PERSONAL_DATA where none is kept, also of an unknown event.
        """
        require(by, Action.VIEW_PERSONAL)
        about = f"{source}/{key}"
        purpose = purpose.checked(about)
        with self._store.write() as conn:
            personal = personal_data.read(conn, source, key)
            if not personal:
                raise _nothing_kept(about)
            self._audit(conn, about, purpose, by, form_key, personal)
        return personal

    def find_unit(self, code: str, by: Principal) -> tuple[AdminUnit, list[Series]] | None:
        """The unit and its series that count people; None for an unknown unit."""
        require(by, Action.VIEW_PERSONAL)
        snapshot = self._snapshot()
        unit = snapshot.units.get(code)
        return None if unit is None else (unit, people_series(snapshot, code))

    def disclose_counts(
        self, code: str, purpose: Purpose, by: Principal, form_key: str = ""
    ) -> list[tuple[Series, Latest | None]]:
        """The series of a unit that count people, each with its newest value.

        AuthError: PURPOSE_MISSING; NO_PERSONAL_DATA where there is no such series, also of an unknown unit.
        """
        require(by, Action.VIEW_PERSONAL)
        series, about = people_series(self._snapshot(), code), f"don-vi/{code}"
        purpose = purpose.checked(about)
        if not series:
            raise _nothing_kept(about)
        with self._store.write() as conn:
            latest = readings.latest(conn, [item.key for item in series])
            self._audit(conn, about, purpose, by, form_key, sorted(latest.items()))
        return [(item, latest.get(item.key)) for item in series]

    def _audit(
        self, conn: Conn, about: str, purpose: Purpose, by: Principal, form_key: str, disclosed: object
    ) -> None:  # fmt: skip
        now = self._clock()

        def act() -> str:
            entry = audit_log.entry_by(by, "personal-data-viewed", about, reason=purpose.key, detail=purpose.note)
            audit_log.write(conn, entry, now)
            return about

        key = tokens.derive(form_key, f"{by.session_id} {disclosed}")
        answer_once(conn, by, key, ["disclosure", about, purpose.key, purpose.note], now, act)


def _nothing_kept(about: str) -> AuthError:
    return AuthError(AuthCode.NO_PERSONAL_DATA, action=Action.VIEW_PERSONAL, target=about)

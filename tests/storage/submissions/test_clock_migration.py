"""Migration 0003: submissions and reminders of an older program keep their times, and have no other clock."""

from contextlib import closing
from datetime import timedelta

from sqlalchemy import insert

from ioc.domain.submissions.submission import Reminder
from ioc.storage.db.store import Store
from ioc.storage.submissions import submissions
from ioc.storage.submissions.submissions import reminder, submission_event
from tests.domain.submissions.cases import act, at

OLD_EVENT = {
    "known_ms": 1_762_340_400_000, "obligation": "d", "period": "2025-10", "event_type": "submitted",
    "actor": "an", "agency": "a", "channel": "form", "refers_to": 0, "awaits_approval": False, "reason": "",
    "reported_values": "{}",
}  # fmt: skip
OLD_REMINDER = {key: OLD_EVENT[key] for key in ("known_ms", "obligation", "period", "actor", "agency", "reason")}


def test_entries_of_an_older_program_keep_their_times(empty_url: str) -> None:
    with closing(Store(empty_url)) as store:
        store.migrate("0002")
        with store.write() as conn:
            conn.execute(insert(submission_event), [OLD_EVENT])
            conn.execute(insert(reminder), [OLD_REMINDER])
        store.migrate()
        moment = at("2025-11-05 18:00")
        with store.write() as conn:
            event = act(1, "2025-11-05 18:00", period="2025-10")
            assert submissions.list_events(conn) == [event] and event.clock_time == moment
            assert submissions.reminders(conn) == [Reminder(1, "d", "2025-10", moment, "an", "a")]
            assert submissions.last_set_back(conn, moment - timedelta(days=1), moment) is None
            later = submissions.add(conn, act(0, "2025-11-05 18:00", clock_at=moment - timedelta(hours=2)))
            assert submissions.last_set_back(conn, moment - timedelta(days=1), moment) == later

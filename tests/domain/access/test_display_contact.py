"""The contact of displays, by when they were last seen."""

from datetime import UTC, datetime, timedelta

import pytest

from ioc.domain.access.display_contact import LOST_AFTER, RECORD_INTERVAL, DisplayContact, display_contact

ENROLLED = datetime(2026, 11, 24, 7, tzinfo=UTC)
SEEN = ENROLLED + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seen", "after", "expected"),
    [
        (ENROLLED, timedelta(0), DisplayContact.NEVER),
        (ENROLLED, timedelta(days=3), DisplayContact.NEVER),
        (SEEN, timedelta(0), DisplayContact.CONNECTED),
        (SEEN, LOST_AFTER, DisplayContact.CONNECTED),
        (SEEN, LOST_AFTER + timedelta(seconds=1), DisplayContact.LOST),
        (SEEN, timedelta(minutes=-30), DisplayContact.CONNECTED),  # the clock was set back
    ],
)
def test_contact_follows_the_last_sight(seen: datetime, after: timedelta, expected: DisplayContact) -> None:
    assert display_contact(ENROLLED, seen, seen + after) is expected


def test_display_that_is_used_all_the_time_is_never_lost() -> None:
    assert RECORD_INTERVAL < LOST_AFTER

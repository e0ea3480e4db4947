"""Whether an enrolled display is in contact with the centre, by when it was last seen."""

from datetime import datetime, timedelta
from enum import StrEnum

RECORD_INTERVAL = timedelta(minutes=1)  # between two records of a display's last use
LOST_AFTER = timedelta(minutes=5)  # one record and what its writing may take


class DisplayContact(StrEnum):
    """The contact of a display that is not revoked."""

    NEVER = "never"
    LOST = "lost"
    CONNECTED = "connected"


def was_seen(enrolled_at: datetime, last_seen: datetime) -> bool:
    """Whether a display has shown itself since it was enrolled: until then both moments are the same."""
    return last_seen > enrolled_at


def display_contact(enrolled_at: datetime, last_seen: datetime, now: datetime) -> DisplayContact:
    """The contact at `now` of a display that was enrolled and last seen then."""
    if not was_seen(enrolled_at, last_seen):
        return DisplayContact.NEVER
    return DisplayContact.LOST if now - last_seen > LOST_AFTER else DisplayContact.CONNECTED

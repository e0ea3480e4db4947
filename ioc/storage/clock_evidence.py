"""Whether the clock may be believed where it decides what is old enough to be deleted for good.

A machine may start with a clock that is years ahead: all that the store holds would be older than it is kept. So the
store itself must show that the program ran about a day ago by that clock. Set ahead, the clock is believed once the
program has run by it for a day, in which somebody can set it right. One that is a day to four days ahead is believed
at once, as readings of the right days lie there: it deletes that much too early. `/readyz` and screens show what is
wrong with it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from ioc.domain.base.times import to_ms
from ioc.storage.access.schema import audit_entry
from ioc.storage.db.schema import rollups, series
from ioc.storage.timeseries.rollup_math import Level

SETTLING = timedelta(days=1)  # for which the program must have run by a clock
_LONGEST_PAUSE = timedelta(days=3)  # after a longer one the clock is believed a day after the next start


def has_run_by(conn: Connection, now: datetime) -> bool:
    """Whether readings or audit entries lie a day to four days before `now`, the moment that the clock shows."""
    begin, end = to_ms(now - SETTLING - _LONGEST_PAUSE), to_ms(now - SETTLING)
    hours = rollups[Level.HOUR].c
    has_hour = exists().where(hours.series_id == series.c.id, hours.bucket_ms.between(begin, end))
    if conn.execute(select(series.c.id).where(has_hour).limit(1)).first() is not None:
        return True
    entry = select(audit_entry.c.id).where(audit_entry.c.at_ms.between(begin, end))
    return conn.execute(entry.limit(1)).first() is not None

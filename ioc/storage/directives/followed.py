"""Tasks that people act on in the program, counted for the pages that everybody sees."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from ioc.domain.base.times import city_date
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.followed import FollowedPart, FollowedTasks
from ioc.domain.directives.statistics import AgencyView, collect_statistics
from ioc.storage.directives.instructions import late_instructions
from ioc.storage.directives.schema import directive_document
from ioc.storage.directives.statistics import open_groups


def followed_tasks(
    conn: Connection, at: datetime | None, now: datetime, agencies: Agencies, configured: Collection[str],
    soon_days: int, instruction_days: int,
) -> FollowedTasks:  # fmt: skip
    """The tasks at `at` (aware; None: by all acts, judged at `now`). `configured`: keys of the configuration.

    `instruction_days`: how many days after its own an instruction may wait for a number.
    Documents have the visibility that they have today, also at a past moment.
    """
    moment = at or now
    day = city_date(moment)

    def parts(*visibilities: str) -> Iterator[FollowedPart]:
        for is_simulated, groups in enumerate(open_groups(conn, at, day, visibilities, soon_days)):
            if groups:
                found = collect_statistics(groups, moment, day, AgencyView.HELD, agencies)
                yield FollowedPart(found, bool(is_simulated))

    columns = directive_document.c
    keys = select(columns.key).where(columns.key.in_(configured), columns.number != "")
    return FollowedTasks(
        tuple(parts(Visibility.PUBLIC, Visibility.INTERNAL)), tuple(parts(Visibility.PUBLIC)),
        frozenset(conn.execute(keys).scalars()), tuple(late_instructions(conn, at, day, instruction_days)), day,
    )  # fmt: skip

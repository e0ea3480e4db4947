"""What one poll brought."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.schema_drift import SchemaProfile
from ioc.domain.ingest.source import Source


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll brought, and the health of the source after it: one unit of a commit."""

    source: Source
    batch: Batch
    received: datetime
    health: SourceHealth
    message_ids: tuple[int, ...] = ()  # webhook messages that the batch was made from
    schema: SchemaProfile | None = None  # the new profile of the source's answers, None when it did not change
    is_countable: bool = False  # whether the source itself answered and its number of events is trusted
    on_committed: Callable[[], None] | None = None  # of the payload
    is_part: bool = False  # only some of its events: the rest follows with everything else
    recorded_keys: frozenset[str] = frozenset()  # of all events of an answer of which parts are recorded already
    set_back_by: timedelta = field(kw_only=True)  # the clock, when the answer was read: see ClockWatch


ResultSink = Callable[[PollResult], None]

"""A KPI: its definition, its value at a moment, and the inputs that its evaluation reads (see evaluation.py)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import RANK as RANK
from ioc.domain.base.severity import Severity as Severity
from ioc.domain.ingest.health import SourceHealth, is_outdated
from ioc.domain.ingest.source import Series, Source

SMALL_CELL_LIMIT = 5  # counts of fewer people by unit are not published: they could identify somebody


class SuppressionReason(StrEnum):
    """Why a count by unit is not published. The underscore keeps the values apart from the keys of sources."""

    SMALL_COUNT = "small_count"  # it counts fewer people than SMALL_CELL_LIMIT
    SECONDARY = "secondary_suppression"  # with the total it would disclose such a count


_SUPPRESSION_REASONS = frozenset(SuppressionReason)


class FigureState(StrEnum):
    """Whether a figure has a value at a moment, or why not. A value of zero is OK; simulated is a separate mark."""

    OK = "ok"
    NO_DATA = "no_data"
    STALE = "stale"
    ERROR = "error"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Target:
    """What the KPI should reach. `op` is ">=" or "<="; the target itself is met.

    Once missed it is met again only `deadband` beyond `value`. `severity`: of the KPI while it is missed.
    """

    op: str
    value: float
    deadband: float = 0.0
    severity: Severity = Severity.NORMAL

    @property
    def regained_at(self) -> float:
        """The value at which a missed target is met again."""
        beyond = self.deadband if self.op == ">=" else -self.deadband
        return round(self.value + beyond, 9)  # 0.2 + 0.1 is met at 0.3

    def is_met(self, value: float, was_missed: bool = False) -> bool:
        """Whether `value` reaches the target, given whether it `was_missed` before."""
        edge = self.regained_at if was_missed else self.value
        return value >= edge if self.op == ">=" else value <= edge


@dataclass(frozen=True, slots=True)
class Limit:
    """A named limit. It becomes active at `value` and inactive only `deadband` beyond it on the calm side."""

    key: str
    name: LocalizedText
    value: float
    is_upper: bool  # True: entered at or above; False: entered at or below
    severity: Severity
    deadband: float = 0.0

    def is_active(self, value: float, was_active: bool) -> bool:
        """Whether the limit is active at `value`, given whether it `was_active` before."""
        edge = (
            self.value
            if not was_active
            else self.value - self.deadband
            if self.is_upper
            else self.value + self.deadband
        )
        if was_active and self.deadband:
            return value > edge if self.is_upper else value < edge
        return value >= edge if self.is_upper else value <= edge


class FormulaOp(StrEnum):
    """What a formula does with its inputs."""

    LAST = "last"
    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    MIN = "min"
    COUNT = "count"
    RATIO = "ratio"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Formula:
    """`op` over `inputs`; over the latest values when `window` is None, else over the readings of the window.

    ratio: sum of `inputs` ÷ sum of `denominator`. change: latest − value one window ago, none where the latest is as
    old. `scale` multiplies the result. mean over a window: of the means of the inputs. `min_usable_share`: the share of
    inputs that must be usable, 1 = all. `pairs`: of a ratio, those of `inputs` with their part of `denominator`: all of
    a pair are used, or none.
    """

    op: FormulaOp
    inputs: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    window: timedelta | None = None
    scale: float = 1.0
    min_usable_share: float = 1.0
    pairs: tuple[tuple[str, ...], ...] = ()

    @property
    def span(self) -> timedelta | None:
        """How far back it reads: the window, of a change an hour unless it is stated; None: the latest values alone."""
        return self.window or (timedelta(hours=1) if self.op is FormulaOp.CHANGE else None)


@dataclass(frozen=True, slots=True)
class Kpi:
    """A validated row of kpis.yaml: everything that the definition card shows."""

    key: str
    name: LocalizedText
    short_name: LocalizedText  # as a tile shows it
    unit: str
    decimals: int
    formula: Formula
    domain: str  # one of the eleven fields of domain.md
    owner: str  # agency key
    definition: LocalizedText
    legal_basis: LocalizedText
    version: str
    cadence: timedelta
    target: Target | None = None
    limits: tuple[Limit, ...] = ()  # least serious first
    has_places: bool = False
    change_window: timedelta = timedelta(hours=1)  # what the tile's change is measured against
    # The unit as it is shown, where that differs from `unit`.
    unit_label: LocalizedText = field(default_factory=lambda: LocalizedText(""))
    has_small_cells: bool = False  # it counts people or what they sent: small counts by unit are suppressed


@dataclass(frozen=True, slots=True)
class KpiValue:
    """A KPI at a moment. `value` is set only when the state is OK; `last_value` is the last known one.

    `value` is rounded to the KPI's decimals: it is the number that is shown, logged and judged. `since`: when its
    state, level and verdict became what they are. `data_time`: of its oldest input. `age_limit`: of a value how long
    after `data_time` the first of its inputs passes its own limit, which is one of the source `expiring_source`.
    `severity`: of the active limit or of the missed target, whichever is worse. `reason`: of a state that is not OK the
    key of the source or a SuppressionReason; of OK the key of the source of a redundant series that it rests on, or "".
    """

    key: str
    state: FigureState
    since: datetime
    value: float | None = None
    place: str = ""
    level: str = ""  # key of the active limit, "" for none
    severity: Severity = Severity.NORMAL
    is_simulated: bool = False
    data_time: datetime | None = None
    last_value: float | None = None
    change: float | None = None
    age_limit: timedelta = timedelta(0)
    reason: str = ""
    is_phoned: bool = False  # an input that it rests on was reported by telephone
    is_target_met: bool | None = None  # None without a target or without a value
    expiring_source: str = ""

    @property
    def expires_at(self) -> datetime | None:
        """Until when the value stands; None when there is none, or when nothing is known of its age."""
        is_aging = self.state is FigureState.OK and self.data_time is not None and self.age_limit
        return self.data_time + self.age_limit if is_aging and self.data_time else None

    def is_expired(self, at: datetime) -> bool:
        """Whether the value does not stand any more at `at`."""
        if self.data_time is None or self.expires_at is None:
            return False
        return is_outdated(self.data_time, self.age_limit, at)

    @property
    def failover_source(self) -> str:
        """Key of the source whose series is read in place of a main one that is not good; "" for none."""
        return self.reason if self.state is FigureState.OK else ""

    @property
    def suppression(self) -> SuppressionReason | None:
        """Why the count of a unit is not published; None when it is, or has no value for another reason."""
        return SuppressionReason(self.reason) if self.reason in _SUPPRESSION_REASONS else None


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reading of a series."""

    observed: datetime
    value: float | None
    quality: str = "good"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The readings of one series in a window of time. `count`: of readings with a value."""

    count: int
    total: float
    low: float
    high: float
    first: float
    last: float


class KpiInputs(Protocol):
    """What the evaluation of a KPI reads."""

    def latest(self, series: str) -> Latest | None: ...

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """None when nothing was observed in (start, end]."""

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest reading at or before `moment`, at most two days older than it."""

    def series(self, key: str) -> Series: ...

    def source(self, series: str) -> Source:
        """The source that brings `series`."""

    def health(self, source: str) -> SourceHealth: ...

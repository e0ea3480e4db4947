"""A KPI: its definition card, its value at a moment, and what its arithmetic may ask (evaluation.py does it)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import RANK as RANK
from ioc.domain.base.severity import Severity as Severity
from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.source import Series, Source

SMALL_CELL_LIMIT = 5  # of fewer people than this a statistic by unit would tell who they are
PRIMARY_SUPPRESSION = "small"  # the reason of a value that is not told for that
SECONDARY_SUPPRESSION = "kept"  # of one that is not told because it would give such a value away
SUPPRESSION_REASONS = frozenset({PRIMARY_SUPPRESSION, SECONDARY_SUPPRESSION})


class FigureState(StrEnum):
    """What kind of thing a figure is at a moment. A value of zero is OK. `simulated` is a mark beside it."""

    OK = "ok"
    NO_DATA = "no_data"
    STALE = "stale"
    ERROR = "error"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Target:
    """`op` is ">=" or "<="."""

    op: str
    value: float

    def is_met(self, value: float) -> bool:
        """Whether `value` reaches the target."""
        return value >= self.value if self.op == ">=" else value <= self.value


@dataclass(frozen=True, slots=True)
class Limit:
    """A named level. Entered at `value`, left only `deadband` beyond it on the calm side."""

    key: str
    name: LocalizedText
    value: float
    is_upper: bool  # True: entered at or above; False: entered at or below
    severity: Severity
    deadband: float = 0.0

    def is_active(self, value: float, was_active: bool) -> bool:
        """Whether the level holds at `value`, given that it `held` before."""
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

    ratio: sum of `inputs` ÷ sum of `to`. change: latest − value one window ago. `scale` multiplies the result.
    `need`: the share of inputs that must be usable, 1 = all.
    """

    op: FormulaOp
    inputs: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    window: timedelta | None = None
    scale: float = 1.0
    min_usable_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Kpi:
    """A row of kpis.yaml, checked: everything that a definition card says."""

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
    unit_label: LocalizedText = field(
        default_factory=lambda: LocalizedText("")
    )  # the unit as it is read, where it differs from `unit`
    has_small_cells: bool = False  # it counts people or what they sent: by unit, fewer than FEW of them are not told


@dataclass(frozen=True, slots=True)
class KpiValue:
    """A KPI at a moment. `value` stands only when state is OK; `last_value` is the last one known, for small print.

    `value` is rounded to the KPI's decimals: it is the number that screens show, and the number that is logged.
    `since`: when its state and level became what they are. `data_time`: of its oldest input.
    """

    key: str
    state: FigureState
    since: datetime
    value: float | None = None
    place: str = ""
    level: str = ""  # key of the limit that holds, "" for none
    severity: Severity = Severity.NORMAL
    is_simulated: bool = False
    data_time: datetime | None = None
    last_value: float | None = None
    change: float | None = None
    age_limit: timedelta = timedelta(0)
    # Of a state that is not OK: key of a source, or a short word such as SMALL; of one that is: see `stand_in`.
    reason: str = ""
    is_phoned: bool = False  # whether an input that it rests on was told by telephone

    @property
    def failover_source(self) -> str:
        """Key of the source whose series stands in for a main one that is not good; "" where none does."""
        return self.reason if self.state is FigureState.OK else ""


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reading of a series."""

    observed: datetime
    value: float | None
    quality: str = "good"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a window of one series held. All times aware; `count` of readings with a value."""

    count: int
    total: float
    low: float
    high: float
    first: float
    last: float


class KpiInputs(Protocol):
    """What the arithmetic may ask of the store."""

    def latest(self, series: str) -> Latest | None: ...

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """None when nothing was observed in (start, end]."""

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest reading at or before `moment`, looked for at most two days back."""

    def series(self, key: str) -> Series: ...

    def source(self, series: str) -> Source:
        """The source that brings `series`."""

    def health(self, source: str) -> SourceHealth: ...

"""What a screen may show of a source at a moment, by how long its server has been dead or alive."""

from dataclasses import dataclass

EVERY, DEADLINE, AGE_LIMIT = 2.0, 3.0, 30.0  # seconds, of every row
MAX_BACK_OFF = 60.0  # a source that failed is asked after as long as it was lost, at most after this
TOLERANCE = 3.0  # a round of the writer, a snapshot, a second between two looks


@dataclass(slots=True)
class ServerLife:
    """Of one server. `fresh`: seconds after which its newest reading is stored, while all is well."""

    storage_delay: float
    is_up: bool = True
    since: float = 0.0  # when it was killed, or answered again
    down_since: float = 0.0  # when it was killed first, of the deaths that it has not recovered from

    def record_kill(self, now: float) -> None:
        """From now on it is dead."""
        if now > self.recovered_by or not self.down_since:
            self.down_since = now
        self.is_up, self.since = False, now

    def record_return(self, now: float) -> None:
        """It answers again."""
        self.is_up, self.since = True, now

    @property
    def recovered_by(self) -> float:
        """The latest moment at which it must be live again, once it is up."""
        lost = min(MAX_BACK_OFF, self.since - self.down_since) if self.down_since else 0.0
        return self.since + lost + EVERY + DEADLINE + self.storage_delay + TOLERANCE


@dataclass(frozen=True, slots=True)
class DisplayedState:
    """A source and its figure, by an answer that was asked for and came at these moments; `data`: the figure's time."""

    health: str
    kpi: str
    data_time: float
    requested_at: float
    answered_at: float


def violations(life: ServerLife, shown: DisplayedState) -> list[str]:
    """What is wrong with a source that is shown so."""
    young = shown.answered_at - shown.data_time < AGE_LIMIT - TOLERANCE
    wrong = (
        [f"its figure is {shown.kpi}, its data {shown.answered_at - shown.data_time:.1f} s old"]
        if young and shown.kpi != "ok"
        else []
    )
    passed = shown.requested_at - life.since
    if life.is_up and shown.requested_at > life.recovered_by:
        states = (("it", shown.health, "live"), ("its figure", shown.kpi, "ok"))
        wrong += [
            f"{what} is {now} {passed:.1f} s after its server was back" for what, now, due in states if now != due
        ]
    if not life.is_up and passed > EVERY + DEADLINE + TOLERANCE and shown.health == "live":
        wrong.append(f"it is live {passed:.1f} s after its server died")
    if not life.is_up and passed > AGE_LIMIT + EVERY + TOLERANCE and shown.kpi == "ok":
        wrong.append(f"its figure is ok {passed:.1f} s after its server died")
    return wrong
